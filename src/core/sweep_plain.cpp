// The reverse sweep as the chain rule states it: one node per turn of the outer loop, one factor
// of the chain rule per turn of the inner one. This is the place to step through a gradient.

#include "sweep.hpp"

namespace tapegrad {

void sweep_plain(const Recording& recording, const Externals& externals, std::span<double> adjoints,
                 std::size_t last, const SweepObservers* observers) {
  for (std::size_t node = last; node > 0; --node) {
    if (observers != nullptr) observers->ready(node, adjoints[node]);
    const Op op = recording.op(node);
    if (op == Op::External) sweep_external(recording, externals, adjoints, node);
    if (op == Op::External || op == Op::Result) continue;

    const double adjoint = adjoints[node];
    if (adjoint == 0) continue;  // hands nothing on: 0 · ∞ would be NaN
    for (std::size_t k = 0; k < recording.operand_count(node); ++k) {
      const Operand operand = recording.operand(node, k);
      if (operand.node == 0) continue;                      // a constant
      if (operand.partial == 0 && info(op).cuts) continue;  // cut off: nothing, not 0 · ∞
      adjoints[operand.node] += rule::Chain::value(adjoint, operand.partial);
    }
  }
}

}  // namespace tapegrad
