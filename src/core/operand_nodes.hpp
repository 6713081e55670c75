// Which nodes a node was computed from, for walks over the graph that need no partials: those
// cost a rule's arithmetic each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tapegrad/core/recording.hpp"

namespace tapegrad {

/// Calls visit(index) for each operand that is a node, in order; twice for x * x.
template <class Visitor>
void for_each_operand_node(const Recording& recording, std::size_t node, Visitor&& visit) {
  if (recording.op(node) == Op::Leaf) return;
  const Row& row = recording.row(node);
  if (recording.has_side(node)) {
    for (const std::uint32_t operand : recording.side_operands(row))
      if (operand != 0) visit(operand);
    return;
  }
  visit(row.a);
  const bool has_two = recording.operand_count(node) == 2;
  if (has_two && form_of(row.opcode) == Form::variables) visit(row.b);
}

}  // namespace tapegrad
