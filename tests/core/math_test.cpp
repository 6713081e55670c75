#include "tapegrad/core/math.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "../ops/evaluate.hpp"
#include "../ops/points.hpp"
#include "functions.hpp"
#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

const Function* find_function(Op op) {
  const auto found = std::ranges::find(functions(), op, &Function::op);
  return found == functions().end() ? nullptr : &*found;
}

// Records the function with the operands of which bit k of `constants` is set as constants, and
// compares the node with the rule.
void check_node(const Function& function, const Evaluated<double>& rule,
                const std::vector<double>& x, unsigned constants) {
  Tape tape;
  std::vector<Value> operands;
  bool constant = true;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const bool is_constant = is_order(function.op, k) || (constants >> k & 1) != 0;
    operands.push_back(is_constant ? Value(x[k]) : tape.variable(x[k]));
    constant = constant && is_constant;
  }
  const std::size_t leaves = tape.size();
  CAPTURE(info(function.op).name);
  CAPTURE(constants);
  CAPTURE(x[0]);
  const Value y = function.record(operands);
  CHECK(same_bits(y.value(), rule.value));
  CHECK(y.is_constant() == constant);
  REQUIRE(tape.size() == leaves + (constant ? 0 : 1));
  if (constant) return;

  const Node node = tape.node(y);
  CHECK(node.op() == function.op);
  CHECK(same_bits(node.value(), rule.value));
  REQUIRE(node.operands().size() == x.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    CAPTURE(k);
    const Operand operand = node.operands()[k];
    CHECK(operand.node == operands[k].node());
    if (operands[k].is_constant())
      CHECK(same_bits(operand.constant, x[k]));
    else
      CHECK(same_bits(operand.partial, rule.partials[k]));
  }
}

template <class Rule> void check_rule(const Function& function, const std::vector<double>& x) {
  const Evaluated<double> rule = evaluate<Rule, double>(x);
  if constexpr (Rule::info.arity == variadic) {
    for (const unsigned constants : {0x0u, 0x1u, 0x2u, 0x15u, 0x2Au, 0x3F0u, ~0u})
      check_node(function, rule, x, constants);
  } else {
    for (unsigned constants = 0; constants < 1u << Rule::info.arity; ++constants)
      check_node(function, rule, x, constants);
  }
}

}  // namespace

TEST_CASE("every rule is recorded by a function or an operator of Value") {
  for_each_rule([]<class Rule>() {
    if (op_of<Rule> == Op::Chain) return;  // the sweep's own step
    const std::string rule_without_a_function(
        find_function(op_of<Rule>) == nullptr ? Rule::info.name : "");
    CHECK(rule_without_a_function == "");
  });
}

TEST_CASE("every function records one node with the rule's value and partials, to the bit") {
  Points points;
  for_each_rule([&]<class Rule>() {
    const Function* const function = find_function(op_of<Rule>);
    if (function == nullptr) return;
    for (const std::size_t operands : operand_counts<Rule>())
      for (int i = 0; i < 20; ++i) check_rule<Rule>(*function, points.of(Rule::info, operands));
  });
}

TEST_CASE("functions record the rule's value and partials also at 0, infinity and NaN") {
  for_each_rule([&]<class Rule>() {
    const Function* const function = find_function(op_of<Rule>);
    if (function == nullptr) return;
    for (const std::size_t operands : operand_counts<Rule>()) {
      for (const double edge : {0.0, -0.0, 1.0, inf, -inf, not_a_number}) {
        std::vector<double> x(operands, edge);
        if (op_of<Rule> == Op::Polygamma) x[0] = 1;
        check_rule<Rule>(*function, x);
      }
    }
  });
}

TEST_CASE("functions under a second name record the same node as under the first") {
  Tape tape;
  const Value x = tape.variable(-1.5), y = tape.variable(2);
  const std::vector<Value> pairs = {abs(x), fabs(x), max(x, y), fmax(x, y), min(x, y), fmin(x, y)};
  for (std::size_t k = 0; k < pairs.size(); k += 2) {
    CAPTURE(k);
    CHECK(tape.node(pairs[k]).op() == tape.node(pairs[k + 1]).op());
    CHECK(pairs[k].value() == pairs[k + 1].value());
  }
}

TEST_CASE("functions of two take numbers of any type on either side") {
  Tape tape;
  const Value x = tape.variable(2);
  CHECK(pow(x, 3).value() == 8);
  CHECK(pow(2, x).value() == 4);
  CHECK(pow(x, 0.5f).value() == std::pow(2.0, 0.5));
  CHECK(max(x, 3).value() == 3);
  CHECK(min(1.5f, x).value() == 1.5);
  CHECK(hypot(x, 0).value() == 2);
  CHECK(atan2(0u, x).value() == 0);
  CHECK(fma(x, 2, 1).value() == 5);
  CHECK(fma(1, 2, x).value() == 4);
  for (std::size_t k = 2; k <= tape.size(); ++k) {
    CAPTURE(to_string(tape.node(k)));
    std::size_t variables = 0;
    for (const Operand& operand : tape.node(k).operands()) variables += operand.node != 0;
    CHECK(variables == 1);
  }
}

TEST_CASE("the parameters of leaky_relu and elu have defaults, and may be variables") {
  Tape tape;
  const Value x = tape.variable(-2), a = tape.variable(0.5);
  CHECK(leaky_relu(x).value() == -0.02);
  CHECK(elu(x).value() == std::expm1(-2.0));
  tape.backward(leaky_relu(x, a) + elu(x, a));
  CHECK(a.grad() == -2 + std::expm1(-2.0));
  CHECK(leaky_relu(-2.0) == -0.02);
  CHECK(elu(-2.0) == std::expm1(-2.0));
}

TEST_CASE("functions of double agree with those of Value to the last bit") {
  Points points;
  for (int i = 0; i < 200; ++i) {
    const double x = points.in({-6, 6});
    const Value v = x;
    CAPTURE(x);
    CHECK(same_bits(digamma(x), digamma(v).value()));
    CHECK(same_bits(polygamma(1, x), polygamma(1, v).value()));
    CHECK(same_bits(normal_pdf(x), normal_pdf(v).value()));
    CHECK(same_bits(normal_cdf(x), normal_cdf(v).value()));
    CHECK(same_bits(sigmoid(x), sigmoid(v).value()));
    CHECK(same_bits(relu(x), relu(v).value()));
    CHECK(same_bits(leaky_relu(x, 0.2), leaky_relu(v, 0.2).value()));
    CHECK(same_bits(elu(x, 0.7), elu(v, 0.7).value()));
    CHECK(same_bits(softplus(x), softplus(v).value()));
    CHECK(same_bits(gelu(x), gelu(v).value()));
    CHECK(same_bits(silu(x), silu(v).value()));
  }
}

TEST_CASE("isnan, isinf, isfinite and signbit look at the value and record nothing") {
  using std::isfinite, std::isinf, std::isnan, std::signbit;
  Tape tape;
  const Value zero = tape.variable(-0.0);
  const Value infinite = tape.variable(std::numeric_limits<double>::infinity());
  const Value nan = tape.variable(std::numeric_limits<double>::quiet_NaN());
  CHECK((isfinite(zero) && !isfinite(infinite) && !isfinite(nan)));
  CHECK((isinf(infinite) && !isinf(zero) && !isinf(nan)));
  CHECK((isnan(nan) && !isnan(zero) && !isnan(infinite)));
  CHECK((signbit(zero) && !signbit(infinite)));
  CHECK(tape.size() == 3);
}
