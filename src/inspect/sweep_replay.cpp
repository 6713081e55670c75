#include "sweep_replay.hpp"

#include <algorithm>
#include <cmath>

#include "../core/sweep.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

OperandRange inputs_of(const Node& node) {
  if (node.op() != Op::Result) return node.operands();
  return Node(node.tape(), node.operands()[0].node).operands();
}

SweepReplay::SweepReplay(const Node& last, std::span<const double> known, std::size_t first_known)
    : tape_(last.tape()),
      output_(last.index()),
      adjoints_(tape_.size() + 1),
      users_(tape_.size() + 1),
      open_users_(tape_.size() + 1) {
  if (first_known > output_) adjoints_[output_] = 1;
  for (std::size_t node = output_; node > 0; --node) {
    // Where an adjoint came from nowhere, there was a seed.
    const bool is_seed = node >= first_known && known[node] != 0 && users_[node] == 0;
    if (node >= first_known) adjoints_[node] = known[node];
    if (node == output_ || is_seed) join(node, node, true);
    if (!is_connected(node)) continue;
    if (recording().op(node) == Op::External) {
      sweep_external(node);
    } else if (recording().op(node) == Op::Result) {
      join(recording().row(node).a, node, is_open(node));
    } else {
      sweep_rule(node);
    }
  }
}

void SweepReplay::join(std::size_t operand, std::size_t user, bool open) {
  if (operand == 0) return;
  const auto by = static_cast<std::uint32_t>(user);
  if (users_[operand] == 0) users_[operand] = by;
  if (open && open_users_[operand] == 0) open_users_[operand] = by;
}

void SweepReplay::sweep_rule(std::size_t node) {
  const Op op = recording().op(node);
  const double adjoint = adjoints_[node];
  for (std::size_t k = 0; k < recording().operand_count(node); ++k) {
    const Operand operand = recording().operand(node, k);
    if (operand.node == 0) continue;
    const bool cut = is_cut(op, operand);
    join(operand.node, node, is_open(node) && !cut);
    if (adjoint != 0 && !cut)
      adjoints_[operand.node] += rule::Chain::value(adjoint, operand.partial);
  }
}

// Its own copies of all numbers: should the callback record, the tape's may move.
void SweepReplay::sweep_external(std::size_t node) {
  const OperandRange operands = Node(tape_, node).operands();
  const std::size_t results = result_count(recording(), node, adjoints_.size());
  const auto first = adjoints_.begin() + static_cast<std::ptrdiff_t>(node) + 1;
  const std::vector<double> result_adjoints(first, first + static_cast<std::ptrdiff_t>(results));
  std::vector<double> values, adjoints(operands.size());
  for (const Operand& operand : operands) {
    values.push_back(operand.node == 0 ? operand.constant : recording().value(operand.node));
    join(operand.node, node, is_open(node));
  }
  if (std::ranges::all_of(result_adjoints, [](double a) { return a == 0; })) return;
  try {
    tape_.external_of(node).pull_back(values, result_adjoints, adjoints);
  } catch (const Error&) {
    return;
  }
  bool spoilt = false;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const std::size_t operand = operands[k].node;
    if (operand == 0) continue;
    adjoints_[operand] += adjoints[k];
    spoilt = spoilt || !std::isfinite(adjoints[k]);
  }
  if (spoilt) spoilt_.push_back(static_cast<std::uint32_t>(node));
}

}  // namespace tapegrad
