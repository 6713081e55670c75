// Sweeping several directions at once.

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "closed.hpp"
#include "sweep.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {

struct Tape::Pull {
  std::span<const Value> outputs;
  std::span<const double> seeds;
  std::span<const Value> inputs;
  std::span<double> out;
  std::size_t directions;
  std::size_t last;  // node of an output
};

namespace {

std::size_t count_directions(std::size_t outputs, std::size_t seeds, std::size_t inputs,
                             std::size_t out) {
  const std::size_t directions = outputs == 0 ? 0 : seeds / outputs;
  if (directions * outputs != seeds || directions * inputs != out)
    throw ShapeError(
        fmt::format("pull_back: {} seeds for {} outputs, and room for {} adjoints of {} inputs; "
                    "for d directions there are d seeds to an output and d adjoints to an input",
                    seeds, outputs, out, inputs));
  return directions;
}

}  // namespace

void Tape::pull_back(std::span<const Value> outputs, std::span<const double> seeds,
                     std::span<const Value> inputs, std::span<double> out) {
  check_idle("pull_back");
  Pull pull{outputs, seeds, inputs, out, 0, 0};
  pull.directions = count_directions(outputs.size(), seeds.size(), inputs.size(), out.size());
  for (const Value& y : outputs) {
    if (y.is_constant()) continue;
    recording_.require(y, "pull_back");
    pull.last = std::max<std::size_t>(pull.last, y.node());
  }
  for (const Value& x : inputs) {
    if (x.is_constant())
      throw NoAdjointError(
          fmt::format("pull_back: the input {} is a constant; make it with variable()", x.value()));
    recording_.require(x, "pull_back");
  }
  for (std::size_t first = 0; first < pull.directions;) {
    const std::size_t lanes = reserve_lanes(pull.directions - first);
    pull_lanes(pull, first, lanes);
    first += lanes;
  }
}

// How many lanes go next: no more than there is use for, and memory.
std::size_t Tape::reserve_lanes(std::size_t directions) {
  std::size_t lanes = directions > 8 ? 16 : directions > 4 ? 8 : 4;
  const std::size_t rows = size() + 1;
  const std::size_t used = recording_.memory_bytes();
  for (; lanes >= 4; lanes /= 2) {
    if (used + rows * lanes * sizeof(double) > recording_.memory_limit_) continue;
    try {
      if (lanes_.size() < rows * lanes) {
        lanes_ = {};  // first, so that both are never there together
        lanes_ = std::vector<double>(rows * lanes);
      }
      return lanes;
    } catch (const std::bad_alloc&) {
    }
  }
  throw TapeFullError(
      fmt::format("pull_back: no memory for the adjoints of {} nodes in four directions "
                  "(Tape::Options::memory_limit is {} bytes)",
                  size(), recording_.memory_limit_));
}

void Tape::pull_lanes(const Pull& pull, std::size_t first, std::size_t lanes) {
  const std::size_t directions = std::min(lanes, pull.directions - first);
  const std::span<double> adjoints = std::span(lanes_).first((size() + 1) * lanes);
  std::ranges::fill(adjoints, 0.0);
  for (std::size_t d = 0; d < directions; ++d)
    for (std::size_t k = 0; k < pull.outputs.size(); ++k)
      adjoints[pull.outputs[k].node() * lanes + d] +=
          pull.seeds[(first + d) * pull.outputs.size() + k];
  {
    const Recording::Closed closed(recording_);
    sweep_lanes(recording_, externals_, adjoints, lanes, pull.last);
  }
  for (std::size_t d = 0; d < directions; ++d)
    for (std::size_t i = 0; i < pull.inputs.size(); ++i)
      pull.out[(first + d) * pull.inputs.size() + i] = adjoints[pull.inputs[i].node() * lanes + d];
}

}  // namespace tapegrad
