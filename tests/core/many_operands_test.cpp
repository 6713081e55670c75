// Operations of any number of operands, and choices.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using tapegrad::testing::same_bits;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

std::vector<double> values_of(std::span<const Value> x) {
  std::vector<double> values;
  for (const Value xi : x) values.push_back(xi.value());
  return values;
}

}  // namespace

TEST_CASE("without operands sum, dot and norm are the constant 0, and log_sum_exp is -infinity") {
  Tape tape;
  const std::vector<Value> none;
  CHECK(sum(none).value() == 0);
  CHECK(dot(none, none).value() == 0);
  CHECK(norm(none).value() == 0);
  CHECK(log_sum_exp(none).value() == -inf);
  CHECK(softmax(none).empty());
  CHECK(weighted_sum(none, none, 2).value() == 2);
  CHECK(tape.empty());
  const Value b = tape.variable(3);
  const Value y = weighted_sum(none, none, b);
  CHECK(tape.node(y).operands().size() == 1);
  tape.backward(y);
  CHECK(b.grad() == 1);
}

TEST_CASE("constants among the operands keep their places and take no adjoint") {
  Tape tape;
  const Value w = tape.variable(2), x = tape.variable(5), b = tape.variable(-1);
  const std::vector<Value> weights = {w, 3, w}, inputs = {x, x, 7};
  const Value y = weighted_sum(weights, inputs, b);
  CHECK(y.value() == 2 * 5 + 3 * 5 + 2 * 7 - 1);
  CHECK(tape.size() == 4);
  tape.backward(y);
  CHECK(w.grad() == 5 + 7);
  CHECK(x.grad() == 2 + 3);
  CHECK(b.grad() == 1);
}

TEST_CASE("an operand that occurs twice takes both contributions") {
  Tape tape;
  const Value x = tape.variable(3);
  const std::vector<Value> twice = {x, x};
  tape.backward(dot(twice, twice));  // 2x²
  CHECK(x.grad() == 12);
  tape.backward(sum(twice));
  CHECK(x.grad() == 2);
  tape.backward(norm(twice));
  CHECK(x.grad() == doctest::Approx(std::sqrt(2.0)).epsilon(1e-15));
}

TEST_CASE("lists of different lengths are refused") {
  const std::vector<Value> two(2), three(3);
  const std::vector<double> two_numbers(2), three_numbers(3);
  CHECK_THROWS_WITH_AS(dot(two, three), "dot: the two lists have 2 and 3 numbers", ShapeError);
  CHECK_THROWS_WITH_AS(dot(three_numbers, two_numbers), "dot: the two lists have 3 and 2 numbers",
                       ShapeError);
  CHECK_THROWS_WITH_AS(weighted_sum(two, three, 1),
                       "weighted_sum: the two lists have 2 and 3 numbers", ShapeError);
  CHECK_THROWS_WITH_AS(weighted_sum(three_numbers, two_numbers, 1.0),
                       "weighted_sum: the two lists have 3 and 2 numbers", ShapeError);
}

TEST_CASE("reductions of doubles agree with those of Values to the last bit") {
  Tape tape;
  const std::vector<double> a = {0.1, 0.2, 0.3, -0.7}, b = {1e16, 1, -1e16, 3};
  const std::vector<Value> av = tape.variables(a), bv = tape.variables(b);
  CHECK(same_bits(sum(b), sum(bv).value()));
  CHECK(same_bits(dot(a, b), dot(av, bv).value()));
  CHECK(same_bits(weighted_sum(a, b, 0.3), weighted_sum(av, bv, 0.3).value()));
  CHECK(same_bits(norm(a), norm(av).value()));
  CHECK(same_bits(log_sum_exp(a), log_sum_exp(av).value()));
  CHECK(softmax(a) == values_of(softmax(av)));
}

TEST_CASE("softmax sums to 1, records 2n + 1 nodes, and its gradient is y (1 - y) and -y y") {
  Tape tape;
  const std::vector<double> x = {1, -2, 3, 800, 799};  // exp(800) overflows
  const std::vector<Value> leaves = tape.variables(x);
  const std::vector<Value> y = softmax(leaves);
  CHECK(tape.size() == x.size() + 2 * x.size() + 1);
  const std::vector<double> p = values_of(y);
  // The rounding of log_sum_exp, 800 epsilon, is the relative error of every part.
  CHECK(std::accumulate(p.begin(), p.end(), 0.0) == doctest::Approx(1).epsilon(2e-13));
  tape.backward(y[3]);
  for (std::size_t k = 0; k < x.size(); ++k) {
    CAPTURE(k);
    const double expected = p[3] * ((k == 3 ? 1 : 0) - p[k]);
    CHECK(leaves[k].grad() == doctest::Approx(expected).epsilon(1e-14));
  }
}

TEST_CASE("a condition is a node of value 1 or 0") {
  Tape tape;
  const Value x = tape.variable(2);
  const Condition yes = is_greater(x, 1), no = is_less(x, 1);
  CHECK(yes.holds());
  CHECK(yes.indicator().value() == 1);
  CHECK(!no.holds());
  CHECK(no.indicator().value() == 0);
  CHECK(tape.size() == 3);
  CHECK(is_equal(Value(1), Value(1)).holds());
  CHECK(tape.size() == 3);
}

TEST_CASE("select records both sides and hands its adjoint to the chosen one alone") {
  Tape tape;
  const Value x = tape.variable(3), y = tape.variable(5);
  const Value larger = select(is_greater(x, y), x * x, y * y);
  CHECK(tape.size() == 6);
  CHECK(larger.value() == 25);
  tape.backward(larger);
  CHECK(x.grad() == 0);
  CHECK(y.grad() == 10);
}

TEST_CASE("the side that select does not choose hands no NaN on") {
  Tape tape;
  const Value x = tape.variable(0);
  const Value y = select(is_greater(x, 0), log(x), 0);
  CHECK(y.value() == 0);
  tape.backward(y);
  CHECK(same_bits(x.grad(), 0));
}

TEST_CASE("a condition of plain numbers is what the operator says, also where both are equal") {
  constexpr double b = 2;
  for (const double a : {1.0, b, 3.0, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(a);
    CHECK(is_less(a, b) == (a < b));
    CHECK(is_less_equal(a, b) == (a <= b));
    CHECK(is_greater(a, b) == (a > b));
    CHECK(is_greater_equal(a, b) == (a >= b));
    CHECK(is_equal(a, b) == (a == b));
    CHECK(is_not_equal(a, b) == (a != b));
  }
}

TEST_CASE("conditions and choices work for plain numbers, too") {
  const auto larger = [](auto a, auto b) { return select(is_greater(a, b), a, b); };
  CHECK(larger(1.0, 2.0) == 2.0);
  CHECK(larger(Value(3.0), Value(2.0)).value() == 3.0);
  CHECK((is_less(1, 2) && is_less_equal(2, 2) && is_greater_equal(2, 2)));
  CHECK((is_equal(2.0, 2.0) && is_not_equal(1.0, 2.0) && !is_greater(1.0, 2.0)));
}
