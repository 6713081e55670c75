// What walks over the graph ask of a node and its operands.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "core/operand_nodes.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/node.hpp"

namespace tapegrad {

/// Are the node's partials unknown, since a user's operation has only a callback?
inline bool has_unknown_partials(Op op) { return op == Op::External || op == Op::Result; }

/// Less, LessEqual, ... NotEqual, which stand together in TAPEGRAD_RULES.
constexpr bool is_comparison(Op op) { return op >= Op::Less && op <= Op::NotEqual; }
static_assert(static_cast<int>(Op::NotEqual) - static_cast<int>(Op::Less) == 5);

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
