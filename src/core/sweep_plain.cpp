// The reverse sweep as the chain rule states it: one node per turn of the outer loop, one factor
// of the chain rule per turn of the inner one. This is the place to step through a gradient: the
// file is always compiled without optimisation and with debug information.

#include <string>

#include "partials.hpp"
#include "sweep.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/ops/text.hpp"

namespace tapegrad {
namespace {

// Step in, and on: to the formula of the operation's partial derivatives.
void find_links(Op op, const Recording& recording, const Row& row, Links& links) {
  switch (op) {
#define TAPEGRAD_FIND_LINKS(Rule, function)        \
  case Op::Rule:                                   \
    find_links<rule::Rule>(recording, row, links); \
    break;
    TAPEGRAD_RULES(TAPEGRAD_FIND_LINKS)
#undef TAPEGRAD_FIND_LINKS
    default:
      break;  // a leaf
  }
}

}  // namespace

void sweep_plain(const Recording& recording, const Externals& externals, double* adjoints,
                 std::size_t last, const SweepObservers* observers) {
  const Row* const rows = &recording.row(0);
  for (std::size_t node = last; node > 0; --node) {
    if (observers != nullptr) observers->ready(node, adjoints[node]);
    const Op op = op_of_opcode(rows[node].opcode);
    if (op == Op::External)
      sweep_external(recording, externals, {adjoints, recording.size() + 1}, node);
    if (op == Op::External || op == Op::Result) continue;

    const double adjoint = adjoints[node];
    if (adjoint == 0) continue;  // hands nothing on: 0 · ∞ would be NaN

    // To be read in a debugger: formula.value is "tanh(x)", formula.partials[0] is "1 - y * y".
    [[maybe_unused]] const std::string name = recording.tape()->name(node);
    [[maybe_unused]] const OpText& formula = op_text(op);

    Links links;
    find_links(op, recording, rows[node], links);
    for (std::size_t k = 0; k < links.count; ++k) {
      const std::size_t operand = links.operands[k];
      const double partial = links.partials[k];
      if (operand == 0) continue;                // a constant
      if (partial == 0 && links.cuts) continue;  // cut off: nothing, not 0 · ∞
      adjoints[operand] += rule::Chain::value(adjoint, partial);
    }
  }
}

}  // namespace tapegrad
