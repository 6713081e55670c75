// Rules at their edges, as exact rows: kinks, poles, zeros of either sign, infinities, NaN, and
// operands whose squares overflow or underflow.
#pragma once

#include <vector>

#include "tapegrad/ops/op.hpp"

namespace tapegrad::testing {

struct EdgeRow {
  Op op;
  std::vector<double> operands;
  double value;
  std::vector<double> partials;
};

/// All rows, in the order of the list of rules. Every rule whose row states edges is there.
const std::vector<EdgeRow>& edge_rows();

}  // namespace tapegrad::testing
