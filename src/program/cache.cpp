// Points go to the first program, those that it turns away to the next; behind the last one a new
// program is compiled at the first point that is left.

#include "tapegrad/program/cache.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "tapegrad/core/error.hpp"

namespace tapegrad {

// Those of a batch that no program has run yet.
struct ProgramCache::Points {
  std::vector<std::size_t> left;
  std::size_t width;  // inputs of a point
  std::span<const double> inputs;
  std::span<double> outputs;

  std::span<const double> point(std::size_t p) const { return inputs.subspan(p * width, width); }
};

ProgramCache::ProgramCache(Compile compile, Math math, std::size_t most)
    : compile_(std::move(compile)), math_(math), most_(most) {}

void ProgramCache::run_with(const Replay& replay, Points& points) const {
  const std::size_t count = points.left.size(), width = replay.outputs();
  std::vector<double> inputs, outputs(count * width);
  std::vector<std::uint8_t> off(count);
  for (const std::size_t p : points.left) {
    const std::span<const double> x = points.point(p);
    inputs.insert(inputs.end(), x.begin(), x.end());
  }
  replay.run({.points = count, .inputs = inputs, .outputs = outputs, .off = off});
  std::vector<std::size_t> left;
  for (std::size_t k = 0; k < count; ++k) {
    if (off[k] != 0)
      left.push_back(points.left[k]);
    else
      std::ranges::copy(std::span(outputs).subspan(k * width, width),
                        points.outputs.subspan(points.left[k] * width, width).begin());
  }
  points.left = std::move(left);
}

void ProgramCache::run(std::size_t points, std::span<const double> inputs,
                       std::span<double> outputs) {
  if (points == 0) return;
  if (inputs.size() % points != 0)
    throw ShapeError(fmt::format("ProgramCache: {} numbers for {} points; each takes as many",
                                 inputs.size(), points));
  Points all{std::vector<std::size_t>(points), inputs.size() / points, inputs, outputs};
  std::iota(all.left.begin(), all.left.end(), std::size_t{0});
  std::size_t next = 0;
  while (!all.left.empty()) {
    const bool is_new = next == replays_.size();
    if (is_new) {
      if (next == most_)
        throw UnsupportedError(fmt::format(
            "ProgramCache: the function branches in more than {} ways; run it on a tape, or record "
            "choices with select()",
            most_));
      replays_.emplace_back(compile_(all.point(all.left.front())), ReplayOptions{.math = math_});
    }
    const Replay& replay = replays_[next++];
    if (outputs.size() != points * replay.outputs())
      throw ShapeError(fmt::format("ProgramCache: room for {} outputs of {} points; each has {}",
                                   outputs.size(), points, replay.outputs()));
    const std::size_t before = all.left.size(), first = all.left.front();
    run_with(replay, all);
    const bool did_first =
        all.left.size() < before && (all.left.empty() || all.left.front() != first);
    if (is_new && !did_first) {
      replays_.pop_back();
      throw UnsupportedError(
          "ProgramCache: a program branches otherwise at the very point where it was recorded; the "
          "function must compute the same each time");
    }
  }
}

}  // namespace tapegrad
