#include "replay_contest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

namespace tapegrad::bench {
namespace {

// Of the value, and of the largest derivative: contestants add in orders of their own, and vector
// functions are right to a few units in the last place.
constexpr double tolerance = 1e-9;

// Written so that a NaN does not agree.
bool agree(double a, double b, double scale) { return std::abs(a - b) <= tolerance * scale; }

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What is wrong with a row, if anything is.
std::optional<std::string> fault(std::span<const double> row, std::span<const double> expected) {
  if (!agree(row[0], expected[0], std::abs(expected[0])))
    return fmt::format("value {}, expected {}", row[0], expected[0]);
  double largest = 0;
  for (const double derivative : expected.subspan(1))
    largest = std::max(largest, std::abs(derivative));
  for (std::size_t i = 1; i < row.size(); ++i)
    if (!agree(row[i], expected[i], largest))
      return fmt::format("gradient[{}] {}, expected {}", i - 1, row[i], expected[i]);
  return std::nullopt;
}

}  // namespace

ReplayContest::ReplayContest(std::size_t points, std::size_t inputs)
    : width_(inputs + 1), outputs_(points * width_) {}

void ReplayContest::enter(std::string name, std::size_t points,
                          std::function<void(std::size_t)> run) {
  enter(std::move(name), points, std::move(run), outputs_);
}

void ReplayContest::enter_values(std::string name, std::size_t points,
                                 std::function<void(std::size_t)> run) {
  enter(std::move(name), points, std::move(run), outputs_);
  contestants_.back().numbers = 1;
}

void ReplayContest::enter(std::string name, std::size_t points,
                          std::function<void(std::size_t)> run, std::span<const double> outputs) {
  contestants_.push_back({.name = std::move(name),
                          .points = points,
                          .run = std::move(run),
                          .outputs = outputs,
                          .numbers = width_});
}

const ReplayContest::Contestant* ReplayContest::find(std::string_view name) const {
  const auto found = std::ranges::find(contestants_, name, &Contestant::name);
  return found == contestants_.end() ? nullptr : &*found;
}

std::vector<std::string> ReplayContest::disagreements(std::string_view reference) {
  find(reference)->run(1);
  const std::size_t points = find(reference)->points;
  const std::vector<double> expected = outputs_;
  std::vector<std::string> all;
  for (const Contestant& contestant : contestants_) {
    std::ranges::fill(outputs_, std::nan(""));  // what is not written agrees with nothing
    contestant.run(1);
    for (std::size_t p = 0; p < std::min(points, contestant.points); ++p) {
      const auto found = fault(contestant.outputs.subspan(p * width_, contestant.numbers),
                               std::span(expected).subspan(p * width_, width_));
      if (!found) continue;
      all.push_back(fmt::format("{}, point {}: {}", contestant.name, p, *found));
      break;
    }
  }
  return all;
}

void ReplayContest::time_once(Contestant& contestant) {
  const double start = now();
  contestant.run(contestant.turns);
  const double seconds = (now() - start) / static_cast<double>(contestant.turns);
  contestant.least = std::min(contestant.least, seconds / static_cast<double>(contestant.points));
}

void ReplayContest::time(double seconds) {
  constexpr double enough = 4e-3;  // for a contestant in a round
  for (Contestant& contestant : contestants_) {
    time_once(contestant);
    const double turn = contestant.least * static_cast<double>(contestant.points);
    contestant.turns = static_cast<std::size_t>(std::clamp(enough / turn, 1.0, 1e6));
  }
  const double start = now();
  for (int round = 0; round < 3 || now() - start < seconds; ++round)
    for (Contestant& contestant : contestants_) time_once(contestant);
}

double ReplayContest::seconds(std::string_view name) const {
  const Contestant* const found = find(name);
  return found == nullptr ? std::nan("") : found->least;
}

}  // namespace tapegrad::bench
