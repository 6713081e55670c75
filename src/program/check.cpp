// A program beside its function: each point is run by both, then compared, and then told in words.

#include "tapegrad/program/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include "core/number.hpp"
#include "core/same_number.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double disagreement(double a, double b, double scale) {
  if (is_same(a, b)) return 0;
  if (!std::isfinite(a) || !std::isfinite(b)) return infinity;
  return std::abs(a - b) / scale;
}

// What the derivatives of a point are measured by.
double largest_finite(std::span<const double> a, std::span<const double> b) {
  double largest = 0;
  for (const std::span<const double> numbers : {a, b})
    for (const double x : numbers)
      if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  return largest;
}

void check_points(const Program& program, std::span<const std::span<const double>> points) {
  for (std::size_t p = 0; p < points.size(); ++p)
    if (points[p].size() != program.input_count())
      throw ShapeError(
          fmt::format("check_program: point {} is of {} numbers; the program has {} "
                      "inputs",
                      p, points[p].size(), program.input_count()));
}

class Checker {
 public:
  Checker(const Program& program, const RecordedAnew& f, std::size_t values, double tolerance)
      : program_(program), f_(f), values_(values), tolerance_(tolerance) {}

  PointCheck check(std::size_t index, std::span<const double> x) {
    PointCheck check;
    const std::vector<double> by_function = f_(x);
    if (by_function.size() != program_.output_count())
      throw ShapeError(fmt::format(
          "check_program: the program has {} outputs; the function has {} results and derivatives "
          "at point {}",
          program_.output_count(), by_function.size(), index));
    try {
      const std::vector<double> by_program = program_.run(x);
      compare(by_program, by_function, check);
    } catch (const GuardError& error) {
      check.verdict = ProgramVerdict::branches;
      check.guard = error.what();
      return check;
    }
    if (check.disagreement > tolerance_) {
      const bool is_itself = std::ranges::equal(f_(x), by_function, is_same);
      check.verdict = is_itself ? ProgramVerdict::differs : ProgramVerdict::changes;
    }
    return check;
  }

 private:
  // Finds the output that is furthest off.
  void compare(std::span<const double> by_program, std::span<const double> by_function,
               PointCheck& check) const {
    const std::size_t values = std::min(values_, by_program.size());
    const double derivative_scale =
        largest_finite(by_program.subspan(values), by_function.subspan(values));
    for (std::size_t k = 0; k < by_program.size(); ++k) {
      const double a = by_program[k], b = by_function[k];
      const double scale = k < values ? std::max(std::abs(a), std::abs(b)) : derivative_scale;
      const double off = disagreement(a, b, scale);
      if (k > 0 && off <= check.disagreement) continue;
      check.output = program_.output_name(k);
      check.by_program = a;
      check.by_function = b;
      check.disagreement = off;
    }
  }

  const Program& program_;
  const RecordedAnew& f_;
  std::size_t values_;
  double tolerance_;
};

}  // namespace

void throw_no_points_to_check() {
  throw ArgumentError("check_program: there are no points; pass some from wherever it is to run");
}

ProgramCheck compare_with_function(const Program& program,
                                   std::span<const std::span<const double>> points,
                                   const RecordedAnew& f, std::size_t values, double tolerance) {
  if (points.empty()) throw_no_points_to_check();
  if (!(tolerance >= 0) || tolerance == infinity)
    throw ArgumentError(
        fmt::format("check_program: tolerance is {}; pass a finite number, 0 or above", tolerance));
  check_points(program, points);
  ProgramCheck check{.points = {}, .outputs = program.output_count(), .tolerance = tolerance};
  Checker checker(program, f, values, tolerance);
  for (std::size_t p = 0; p < points.size(); ++p)
    check.points.push_back(checker.check(p, points[p]));
  return check;
}

std::size_t ProgramCheck::count(ProgramVerdict verdict) const {
  return static_cast<std::size_t>(std::ranges::count(points, verdict, &PointCheck::verdict));
}

// ---- As text ----

std::string to_string(ProgramVerdict verdict) {
  switch (verdict) {
    case ProgramVerdict::agrees:
      return "agrees";
    case ProgramVerdict::branches:
      return "branches otherwise";
    case ProgramVerdict::differs:
      return "DIFFERS";
    case ProgramVerdict::changes:
      break;
  }
  return "CHANGES from call to call";
}

namespace {

constexpr std::size_t shown_at_most = 5;

constexpr std::pair<ProgramVerdict, const char*> advice[] = {
    {ProgramVerdict::changes,
     "changes: the function is not the same each time; a Program keeps one of its ways\n"},
    {ProgramVerdict::differs,
     "differs: something decides that no guard sees, a value() in a condition or in a formula; "
     "compare Values, or choose with select()\n"},
    {ProgramVerdict::branches,
     "branches: Program and Replay say so; ProgramCache compiles the other ways as well\n"},
};

// The bad ones, worst first.
std::vector<std::size_t> bad_points(const ProgramCheck& check) {
  std::vector<std::size_t> order;
  for (std::size_t p = 0; p < check.points.size(); ++p)
    if (check.points[p].verdict != ProgramVerdict::agrees) order.push_back(p);
  const auto badness = [&](std::size_t p) {
    const PointCheck& one = check.points[p];
    return std::pair(one.verdict, std::isnan(one.disagreement) ? 0 : one.disagreement);
  };
  std::ranges::stable_sort(order, std::greater<>(), badness);
  return order;
}

std::string row(std::size_t p, const PointCheck& one) {
  if (one.verdict == ProgramVerdict::branches) return fmt::format("  point {}: {}\n", p, one.guard);
  return fmt::format("  point {}: {} is {} by the program, {} by the function: {}\n", p, one.output,
                     number(one.by_program), number(one.by_function), to_string(one.verdict));
}

}  // namespace

std::string to_string(const ProgramCheck& check) {
  std::string text = fmt::format("program of {} at {}:", counted(check.outputs, "output"),
                                 counted(check.points.size(), "point"));
  const char* separator = " ";
  for (const ProgramVerdict verdict : {ProgramVerdict::changes, ProgramVerdict::differs,
                                       ProgramVerdict::branches, ProgramVerdict::agrees}) {
    if (check.count(verdict) == 0) continue;
    text += fmt::format("{}{} at {}", separator, to_string(verdict), check.count(verdict));
    separator = ", ";
  }
  text += "\n";
  const std::vector<std::size_t> bad = bad_points(check);
  for (std::size_t k = 0; k < std::min(bad.size(), shown_at_most); ++k)
    text += row(bad[k], check.points[bad[k]]);
  if (bad.size() > shown_at_most)
    text += fmt::format("  and {} more\n", bad.size() - shown_at_most);
  for (const auto& [verdict, words] : advice)
    if (check.count(verdict) > 0) text += words;
  return text;
}

}  // namespace tapegrad
