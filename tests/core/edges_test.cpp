// What the edge table says, seen from a user's side: recorded and swept.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using tapegrad::testing::same_bits;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// f(x) and f'(x), as recorded and swept.
struct Result {
  double value;
  double derivative;
};
template <class F> Result at(double x, F f) {
  Tape tape;
  const Value leaf = tape.variable(x);
  const Value y = f(leaf);
  tape.backward(y);
  return {y.value(), leaf.grad()};
}

void check(const Result& result, double value, double derivative) {
  CHECK(same_bits(result.value, value));
  CHECK(same_bits(result.derivative, derivative));
}

}  // namespace

TEST_CASE("at a kink the derivative is PyTorch's subgradient") {
  check(at(0, [](Value x) { return abs(x); }), 0, 0);
  check(at(0, [](Value x) { return relu(x); }), 0, 0);
  check(at(0, [](Value x) { return leaky_relu(x, 0.25); }), 0, 0.25);
  check(at(3, [](Value x) { return max(x, x); }), 3, 1);
  check(at(3, [](Value x) { return max(x, 3); }), 3, 0.5);
  check(at(3, [](Value x) { return min(3, x); }), 3, 0.5);
  check(at(2.5, [](Value x) { return floor(x) + round(x); }), 5, 0);
}

TEST_CASE("roots and logarithms at zero have infinite derivatives, left of it NaN") {
  check(at(0, [](Value x) { return sqrt(x); }), 0, inf);
  check(at(0, [](Value x) { return log(x); }), -inf, inf);
  check(at(-1, [](Value x) { return log(x); }), not_a_number, not_a_number);
  check(at(-1, [](Value x) { return sqrt(x); }), not_a_number, not_a_number);
  check(at(0, [](Value x) { return hypot(x, 0); }), 0, 0);
  check(at(0, [](Value x) { return norm(std::vector<Value>{x, 0, x}); }), 0, 0);
  check(at(0, [](Value x) { return atan2(x, 0); }), 0, 0);
}

TEST_CASE("powers at zero and of negative bases") {
  check(at(0, [](Value x) { return pow(x, 0); }), 1, 0);
  check(at(0, [](Value x) { return pow(0, x); }), 1, 0);
  check(at(-2, [](Value x) { return pow(x, 3); }), -8, 12);
  check(at(-2, [](Value x) { return pow(x, 2); }), 4, -4);
  check(at(-2, [](Value x) { return pow(x, -1); }), -0.5, -0.25);
  // With a variable exponent only that one's derivative is NaN.
  Tape tape;
  const Value a = tape.variable(-2), b = tape.variable(3);
  tape.backward(pow(a, b));
  CHECK(a.grad() == 12);
  CHECK(std::isnan(b.grad()));
}

TEST_CASE("division by zero gives what IEEE arithmetic gives, and 0 times it is NaN") {
  check(at(2, [](Value x) { return x / 0; }), inf, inf);
  check(at(-2, [](Value x) { return x / 0.0; }), -inf, inf);
  check(at(0, [](Value x) { return 1 / x; }), inf, -inf);
  check(at(0, [](Value x) { return x / x; }), not_a_number, not_a_number);
}

TEST_CASE("NaN in gives NaN out, and infinities saturate") {
  check(at(not_a_number, [](Value x) { return x * 2; }), not_a_number, 2);
  check(at(not_a_number, [](Value x) { return exp(x); }), not_a_number, not_a_number);
  check(at(not_a_number, [](Value x) { return max(x, 1); }), not_a_number, 0.5);
  check(at(inf, [](Value x) { return tanh(x); }), 1, 0);
  check(at(-inf, [](Value x) { return exp(x); }), 0, 0);
  check(at(inf, [](Value x) { return sigmoid(x); }), 1, 0);
}

TEST_CASE("an unused infinite branch does not spoil a gradient") {
  const auto safe = [](Value x) { return select(is_equal(x, 0), 1, sin(x) / x); };
  check(at(0, safe), 1, 0);
  CHECK(at(2, safe).derivative ==
        doctest::Approx((2 * std::cos(2.0) - std::sin(2.0)) / 4).epsilon(1e-15));
}

TEST_CASE("a side that was not chosen gets nothing, also of an infinite adjoint") {
  Tape tape;
  const Value x = tape.variable(2);
  const Value z = tape.variable(3);
  // Each is 0, and its square root sends back an infinite adjoint.
  const auto gradient_of = [&](Value y) {
    tape.backward(sqrt(y));
    return x.grad();
  };
  CHECK(gradient_of(select(is_less(x, 1), exp(x), 0)) == 0);
  CHECK(gradient_of(max(x - 5, z - 3)) == 0);
  CHECK(gradient_of(min(x + 5, z - 3)) == 0);
  CHECK(gradient_of(relu(x - 3)) == 0);
  CHECK(gradient_of(floor(x / 4)) == 0);
  CHECK(gradient_of(x * 0.0) != gradient_of(x * 0.0));  // 0 · ∞, where nothing was chosen
}
