// Why an operation gives NaN or infinity: a sentence from the operation and its operands.
#pragma once

#include <cstddef>
#include <string>

#include "tapegrad/core/node.hpp"

namespace tapegrad {

/// Of a node whose value is not finite: "log of 0", "inf - inf", "exp of 800 overflows".
std::string cause_of_value(const Node& node);

/// Of a partial that is not finite, though the operands are: "derivative of sqrt at 0 is infinite".
std::string cause_of_partial(const Node& node, std::size_t k);

}  // namespace tapegrad
