// Every operation as a user writes it, in one table: to try each, and to build random graphs.
#pragma once

#include <span>

#include "tapegrad/core.hpp"

namespace tapegrad::testing {

struct Function {
  Op op;
  /// Records the operation with as many operands as the rule wants.
  Value (*record)(std::span<const Value> x);
};

/// A row for each rule but Chain, which is the sweep's own.
std::span<const Function> functions();

}  // namespace tapegrad::testing
