#include "sweeping.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tapegrad/core/error.hpp"

namespace tapegrad {

Tape::Sweeping::Sweeping(Tape& tape, const Seed* first, std::size_t count, bool keep_leaves)
    : observers(tape), tape_(tape) {
  const char* const operation = keep_leaves ? "accumulate" : "backward";
  tape.check_idle(operation);
  const std::span<const Seed> seeds(first, count);
  Recording& recording = tape.recording_;
  for (const Seed& seed : seeds) {
    if (seed.output.is_constant()) continue;
    recording.require(seed.output, operation);
    last = std::max<std::size_t>(last, seed.output.node());
  }
  if (last == 0)
    throw UnsupportedError(fmt::format(
        "{}: the output depends on no variable of the tape: it is a constant; make the inputs with "
        "variable() before computing it",
        operation));

  recording.reserve_adjoints();
  adjoints = recording.adjoints_;
  const std::size_t covered = tape.covered_;
  if (!tape.externals_.empty() || !observers.empty())  // only they can throw
    before_.assign(adjoints, adjoints + covered + 1);
  const std::size_t kept = keep_leaves ? covered : 0;
  for (std::size_t node = 0; node <= kept; ++node)
    if (node == 0 || recording.op(node) != Op::Leaf) adjoints[node] = 0;
  std::fill(adjoints + kept + 1, adjoints + recording.next(), 0.0);
  for (const Seed& seed : seeds)
    if (!seed.output.is_constant()) adjoints[seed.output.node()] += seed.adjoint;
  closed_.emplace(recording);
}

Tape::Sweeping::~Sweeping() { std::ranges::copy(before_, adjoints); }

void Tape::Sweeping::done() {
  before_.clear();
  tape_.covered_ = tape_.size();
}

}  // namespace tapegrad
