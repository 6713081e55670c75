// The op table's formulas for a certain operand of a certain node.
#pragma once

#include <cstddef>
#include <string>

#include "tapegrad/core/node.hpp"

namespace tapegrad {

/// How an operand is called in its operation's formulas, and the formula of the partial to it:
/// "a" and "b" for the left side of a * b, "w[3]" and "x[3]" in a weighted_sum. Empty for an
/// operation without a rule.
struct OperandFormula {
  std::string name;
  std::string partial;
};
OperandFormula operand_formula(const Node& node, std::size_t k);

}  // namespace tapegrad
