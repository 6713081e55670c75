// Rules where finite differences cannot be trusted: at their edges, and with operands swapped.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "edge_rows.hpp"
#include "evaluate.hpp"
#include "points.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

// The same bits, except that any NaN equals any NaN.
bool same(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b && std::signbit(a) == std::signbit(b);
}

// "pow(0, -1)"
std::string call_text(const EdgeRow& row) {
  std::string operands;
  for (double x : row.operands) operands += fmt::format("{}{}", operands.empty() ? "" : ", ", x);
  return fmt::format("{}({})", info(row.op).name, operands);
}

Evaluated<double> evaluate_op(Op op, const std::vector<double>& x) {
  return with_rule(op, [&]<class Rule>() { return evaluate<Rule>(x); });
}

// Rules that say nothing of their edges are ordinary IEEE arithmetic there.
bool has_row(Op op) {
  return std::ranges::any_of(edge_rows(), [op](const EdgeRow& row) { return row.op == op; });
}

bool has_row_that_swallows_nan(Op op, std::size_t operand) {
  return std::ranges::any_of(edge_rows(), [&](const EdgeRow& row) {
    return row.op == op && operand < row.operands.size() && std::isnan(row.operands[operand]) &&
           !std::isnan(row.value);
  });
}

void check_nan_operand(Op op, std::vector<double> x, std::size_t k) {
  CAPTURE(info(op).name);
  CAPTURE(k);
  x[k] = std::numeric_limits<double>::quiet_NaN();
  const bool nan_or_row = std::isnan(evaluate_op(op, x).value) || has_row_that_swallows_nan(op, k);
  CHECK(nan_or_row);
}

bool commutes(Op op) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr std::array numbers = {0.0,    -0.0, 1.0,    -1.0,
                                  0.5,    -0.5, 1e-310, 1e300,
                                  -1e300, inf,  -inf,   std::numeric_limits<double>::quiet_NaN()};
  for (double a : numbers) {
    for (double b : numbers) {
      const Evaluated<double> ab = evaluate_op(op, {a, b}), ba = evaluate_op(op, {b, a});
      if (!same(ab.value, ba.value) || !same(ab.partials[0], ba.partials[1]) ||
          !same(ab.partials[1], ba.partials[0]))
        return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("every rule has exactly the values and partials of the edge table") {
  for (const EdgeRow& row : edge_rows()) {
    const Evaluated<double> at = evaluate_op(row.op, row.operands);
    const std::string call = call_text(row);
    CAPTURE(call);
    CAPTURE(row.value);
    CAPTURE(at.value);
    CHECK(same(at.value, row.value));
    REQUIRE(at.partials.size() == row.partials.size());
    for (std::size_t k = 0; k < row.partials.size(); ++k) {
      CAPTURE(k);
      CAPTURE(row.partials[k]);
      CAPTURE(at.partials[k]);
      CHECK(same(at.partials[k], row.partials[k]));
    }
  }
}

TEST_CASE("whatever a rule says of its edges has rows in the edge table") {
  for_each_rule([]<class Rule>() {
    CAPTURE(Rule::info.name);
    const bool silent_or_tested = Rule::info.edges.empty() || has_row(op_of<Rule>);
    CHECK(silent_or_tested);
  });
}

TEST_CASE("a NaN operand gives NaN, or the edge table says otherwise") {
  Points points;
  for_each_rule([&]<class Rule>() {
    for (std::size_t operands : operand_counts<Rule>())
      for (std::size_t k = 0; k < operands; ++k)
        check_nan_operand(op_of<Rule>, points.of(Rule::info, operands), k);
  });
}

TEST_CASE("a rule is marked commutative exactly if swapped operands give the same bits") {
  for_each_rule([]<class Rule>() {
    CAPTURE(Rule::info.name);
    if constexpr (Rule::info.arity == 2) CHECK(commutes(op_of<Rule>) == Rule::info.commutes);
    if constexpr (Rule::info.arity != 2) CHECK(!Rule::info.commutes);
  });
}
