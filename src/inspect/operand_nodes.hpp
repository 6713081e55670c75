// Which nodes a node was computed from, for walks over the graph that need no partials: those
// cost a rule's arithmetic each.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/node.hpp"
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

/// Are the node's partials unknown, since a user's operation has only a callback?
inline bool has_unknown_partials(Op op) { return op == Op::External || op == Op::Result; }

/// Does an adjoint stop at this operand, also an infinite one?
inline bool is_cut(Op op, const Operand& operand) { return operand.partial == 0 && info(op).cuts; }

/// @throws ArgumentError if the tape has no such node (any more)
inline void check_node(std::string_view function, const Node& node) {
  if (node.index() == 0 || node.index() > node.tape().size())
    throw ArgumentError(fmt::format(
        "{}: node {} is not on its tape, which has {} nodes; was it cleared or rewound since?",
        function, node.index(), node.tape().size()));
}

}  // namespace tapegrad
