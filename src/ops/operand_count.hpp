// How many operands an operation takes.
#pragma once

#include <cstddef>

#include "tapegrad/ops/op.hpp"

namespace tapegrad {

constexpr bool can_have(Op op, std::size_t operands) {
  if (op == Op::Dot) return operands % 2 == 0;          // all a, then all b
  if (op == Op::WeightedSum) return operands % 2 == 1;  // all w, then all x, then b
  const int arity = info(op).arity;
  return arity == variadic || operands == static_cast<std::size_t>(arity);
}

}  // namespace tapegrad
