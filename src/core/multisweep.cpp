#include "multisweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "tapegrad/core/error.hpp"

namespace tapegrad {

Tape::Multisweep::Multisweep(Tape& tape, const char* operation)
    : tape_(tape), operation_(operation) {
  tape.check_idle(operation);
}

void Tape::Multisweep::require_inputs(std::span<const Value> inputs) const {
  for (const Value& x : inputs) {
    if (x.is_constant())
      throw NoAdjointError(
          fmt::format("{}: an input, of value {}, is a constant; make it with variable()",
                      operation_, x.value()));
    tape_.recording_.require(x, operation_);
  }
}

std::size_t Tape::Multisweep::require_outputs(std::span<const Value> outputs) const {
  std::size_t last = 0;
  for (const Value& y : outputs) {
    if (y.is_constant()) continue;
    tape_.recording_.require(y, operation_);
    last = std::max<std::size_t>(last, y.node());
  }
  return last;
}

bool Tape::Multisweep::fits(std::size_t numbers) const {
  const Recording& recording = tape_.recording_;
  std::vector<double>& lanes = tape_.lanes_;
  if (recording.memory_bytes() + numbers * sizeof(double) > recording.memory_limit_) return false;
  if (lanes.size() >= numbers) return true;
  try {
    lanes = {};  // first, so that both are never there together
    lanes = std::vector<double>(numbers);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

Tape::Multisweep::Lent Tape::Multisweep::lend(std::size_t directions,
                                              std::span<const std::size_t> widths,
                                              std::size_t per_lane, std::size_t more) const {
  const std::size_t rows = tape_.size() + 1;
  std::size_t w = 0;
  while (w + 1 < widths.size() && widths[w] < directions) ++w;
  for (;; --w) {
    const std::size_t numbers = rows * (widths[w] * per_lane + more);
    if (fits(numbers)) {
      const std::span<double> lent = std::span(tape_.lanes_).first(numbers);
      std::ranges::fill(lent, 0.0);
      return {widths[w], lent};
    }
    if (w == 0) break;
  }
  throw TapeFullError(fmt::format(
      "{}: no memory to sweep {} nodes in one direction (Tape::Options::memory_limit is {} bytes)",
      operation_, tape_.size(), tape_.recording_.memory_limit_));
}

}  // namespace tapegrad
