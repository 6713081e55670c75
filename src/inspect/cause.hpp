// Why an operation gives NaN or infinity, or hands nothing on: a few words, from the operation and
// its operands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tapegrad/core/node.hpp"

namespace tapegrad {

/// Of a node whose value is not finite: "log of 0", "inf - inf", "exp of 800 overflows"; and where
/// a 0 came from, if nobody meant it: "log of 0 (#19: exp of -800 underflows)".
std::string cause_of_value(const Node& node);

/// Of a partial that is not finite, though the operands are: "derivative of sqrt at 0 is infinite".
std::string cause_of_partial(const Node& node, std::size_t k);

/// Of a partial of 0, to the operand in that place: "not chosen", "saturated". Empty where the
/// operation alone does not tell, as in pow(x, 0).
std::string_view cause_of_zero(Op op, std::size_t place);

inline constexpr std::string_view by_zero = "multiplied by 0";  // a cause_of_zero()

}  // namespace tapegrad
