// Where an instruction comes from, in words.
#pragma once

#include <cstdint>
#include <string>

#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// What the result of such an instruction is called: "pa" of what was recorded, "∂a/∂pa" and
/// "∂L/∂pa" of derivatives, where the nodes have names of their own; else, and on the way to it,
/// empty.
std::string label(const Program& program, const Origin& origin);

/// What a variable for it may be called: "pa", "da_dpa", "dL_dpa", or "d_pa" where the output has
/// no name, and "tangent_pa". Inputs without a name are "x[1]".
std::string plain_label(const Program& program, const Origin& origin);

/// Where the adjoint of a node is that of another one, handed on as it is, there is no instruction
/// for it: "∂L/∂p is ∂L/∂pa". Empty if it has one of its own.
/// @param step    a chain step of that node
/// @param factor  where the adjoint comes from that the step hands on
std::string borrowed_adjoint(const Program& program, const Origin& step, const Origin& factor);

/// What the instructions of an order are together: "Forward pass", "Chain rule: from L back to the
/// inputs".
std::string heading(const Program& program, std::uint8_t order);

}  // namespace tapegrad
