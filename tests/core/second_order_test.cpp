// Hessian-vector products of what is on a tape, against the rules and closed forms.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "../ops/evaluate.hpp"
#include "../ops/points.hpp"
#include "functions.hpp"
#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Numbers = std::vector<double>;

// Σ_j ∂²y/∂x[i]∂x[j] v[j], for each direction after the other.
Numbers products(Tape& tape, Value y, std::span<const Value> x, std::span<const double> v) {
  Numbers out(v.size(), -1);
  const Seed seed{y};
  tape.hessian_vector_products(std::span(&seed, 1), x, v, out);
  return out;
}

Numbers identity(std::size_t n) {
  Numbers numbers(n * n);
  for (std::size_t i = 0; i < n; ++i) numbers[i * n + i] = 1;
  return numbers;
}

// Records the function with the operands of which bit k of `constants` is set as constants, and
// compares its Hessian with the second partials of the rule.
void check_operation(const Function& function, RuleAt<Dual<double>> rule, const Numbers& point,
                     unsigned constants) {
  Tape tape;
  std::vector<Value> operands, x;
  std::vector<std::size_t> place;  // of each input among the operands
  for (std::size_t k = 0; k < point.size(); ++k) {
    const bool is_constant = is_order(function.op, k) || (constants >> k & 1) != 0;
    operands.push_back(is_constant ? Value(point[k]) : tape.variable(point[k]));
    if (is_constant) continue;
    x.push_back(operands.back());
    place.push_back(k);
  }
  if (x.empty()) return;
  const Value y = function.record(operands);
  const Numbers hessian = products(tape, y, x, identity(x.size()));
  for (std::size_t j = 0; j < x.size(); ++j) {
    std::vector<Dual<double>> seeded(point.begin(), point.end());
    seeded[place[j]].tangent = 1;
    const std::vector<Dual<double>> partials = rule(seeded).partials;
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(info(function.op).name);
      CAPTURE(constants);
      CAPTURE(i);
      CAPTURE(j);
      CHECK(same_adjoint(hessian[j * x.size() + i], partials[place[i]].tangent));
    }
  }
}

// a²·b, with the derivatives that its kind gives.
class Cubic : public External {
 public:
  std::string_view name() const override { return "cubic"; }
  void pull_back(std::span<const double> x, std::span<const double> given,
                 std::span<double> taken) const override {
    taken[0] += 2 * x[0] * x[1] * given[0];
    taken[1] += x[0] * x[0] * given[0];
  }
};

class TwiceCubic : public Cubic {
 public:
  void pull_back_derivative(std::span<const double> x, std::span<const double> v,
                            std::span<const double> given, std::span<double> taken) const override {
    CHECK(taken[0] == 0);
    taken[0] += given[0] * (2 * x[1] * v[0] + 2 * x[0] * v[1]);
    taken[1] += given[0] * 2 * x[0] * v[0];
  }
};

}  // namespace

TEST_CASE("the Hessian of every operation is what its rule's second partials say, to the bit") {
  Points points;
  for_each_rule([&]<class Rule>() {
    for (const Function& function : functions()) {
      if (function.op != op_of<Rule>) continue;
      for (const std::size_t operands : operand_counts<Rule>())
        for (unsigned constants = 0; constants < 8; ++constants)
          check_operation(function, evaluate<Rule, Dual<double>>, points.of(Rule::info, operands),
                          constants);
    }
  });
}

TEST_CASE("the Hessian of a product of functions, in closed form") {
  Tape tape;
  const Value a = tape.variable(0.5), b = tape.variable(2);
  const Value y = sin(a) * exp(a * b);
  const Numbers h = products(tape, y, std::vector{a, b}, identity(2));
  const double s = std::sin(0.5), c = std::cos(0.5), e = std::exp(1.0);
  CHECK(h[0] == doctest::Approx(e * (-s + 2 * 2 * c + 2 * 2 * s)).epsilon(1e-14));
  CHECK(h[1] == doctest::Approx(e * (0.5 * c + s + 2 * 0.5 * s)).epsilon(1e-14));
  CHECK(h[2] == doctest::Approx(h[1]).epsilon(1e-14));
  CHECK(h[3] == doctest::Approx(e * 0.25 * s).epsilon(1e-14));
}

TEST_CASE("each direction equals a sweep of its own to the bit, however many there are") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{0.3, -1.2, 0.8});
  const auto cubic = std::make_shared<TwiceCubic>();
  Value y = x[0];
  for (int i = 0; i < 4; ++i) {
    y = sin(y * x[1]) / (1.5 + log_sum_exp(x)) + fma(y, x[2], x[0]) * max(y, x[1]);
    y = y + tape.external(cubic, std::vector{y, x[1]}, std::vector{y.value() * y.value()})[0];
  }
  for (const std::size_t directions : {1u, 2u, 7u, 8u, 9u, 16u, 17u, 43u}) {
    Numbers v(directions * 3), single;
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = i % 4 == 0 ? 0 : std::cos(double(i));
    for (std::size_t d = 0; d < directions; ++d)
      for (const double one : products(tape, y, x, std::span(v).subspan(d * 3, 3)))
        single.push_back(one);
    CHECK(all_same_adjoints(products(tape, y, x, v), single));
  }
}

TEST_CASE("inputs may be results of other inputs, in any order, and behind the output") {
  Tape tape;
  const Value x = tape.variable(3), a = x * 2.0, y = a * a * x, behind = y * y;
  const std::vector<Value> inputs{x, behind, a, x};
  // a moves by its own direction and by 2 of each x; ∂y/∂a = 2ax, and ∂y/∂x in all = a² + 4ax
  for (const std::size_t directions : {1u, 3u, 12u}) {
    Numbers v, expected;
    for (std::size_t d = 0; d < directions; ++d) {
      const double first = double(d), last = 2.0 * double(d) + 1, own = 5.0 - double(d);
      const double move_x = first + last, move_a = own + 2 * move_x;
      const double by_a = 2 * (move_a * 3 + 6 * move_x);
      const double by_x = 2 * 6 * move_a + 2 * by_a;
      for (const double one : {first, 1e3, own, last}) v.push_back(one);
      for (const double one : {by_x, 0.0, by_a, by_x}) expected.push_back(one);
    }
    CHECK(products(tape, y, inputs, v) == expected);
  }
}

TEST_CASE("several seeds give the second derivatives of their sum") {
  Tape tape;
  const Value x = tape.variable(3);
  const std::vector<Seed> seeds{{x * x, 10}, {x * x * x, 1}, {Value(5), 7}, {x * x, 1}};
  Numbers out(1);
  tape.hessian_vector_products(seeds, std::vector{x}, Numbers{1}, out);
  CHECK(out[0] == 20 + 18 + 2);
}

TEST_CASE("a derivative that is zero here still hands on its own derivative") {
  Tape tape;
  const Value x = tape.variable(0);
  CHECK(products(tape, sin(cos(x)), std::vector{x}, Numbers{1})[0] == -std::cos(1.0));
  CHECK(products(tape, x * x, std::vector{x}, Numbers{1})[0] == 2);
  const Value zero_adjoint = (x * x) * (x + 1.0) * 0.5;
  CHECK(products(tape, zero_adjoint, std::vector{x}, Numbers{1})[0] == 1);
}

TEST_CASE("second derivatives are 0 at kinks and of what was not chosen") {
  Tape tape;
  const Value x = tape.variable(0), one = tape.variable(1);
  CHECK(products(tape, abs(x), std::vector{x}, Numbers{1})[0] == 0);
  CHECK(products(tape, relu(x), std::vector{x}, Numbers{1})[0] == 0);
  CHECK(products(tape, max(x * x, x), std::vector{x}, Numbers{1})[0] == 1);  // half of each
  CHECK(products(tape, max(sqrt(one - 1.0), one * one), std::vector{one}, Numbers{1})[0] == 2);
  CHECK(products(tape, floor(x * 3.0), std::vector{x}, Numbers{1})[0] == 0);
}

TEST_CASE("what was not chosen gets nothing of an infinite adjoint and of its change") {
  Tape tape;
  const std::vector<Value> x{tape.variable(1), tape.variable(800)};
  const Numbers out = products(tape, exp(max(x[0], x[1])), x, identity(2));
  CHECK(out[0] == 0);
  CHECK(out[2] == 0);
  CHECK(out[3] == std::numeric_limits<double>::infinity());
}

TEST_CASE("what does not move has no second derivative, also below an infinite adjoint") {
  Tape tape;
  const std::vector<Value> x{tape.variable(0), tape.variable(1)};
  const Value square = x[1] * x[1];
  for (const Value y :
       {log(x[0] / 3.0), sqrt(x[0] / 2.0), sqrt(max(x[0], 0.0)), sqrt(x[0] * 0.5), log(tanh(x[0]))})
    CHECK(products(tape, y + square, x, Numbers{0, 1}) == Numbers{0, 2});
}

TEST_CASE("a user's operation gives its second-order product, or is named") {
  Tape tape;
  const std::vector<Value> x{tape.variable(2), tape.variable(3)};
  const Value a = x[0] * 2.0;
  const Value y = tape.external(std::make_shared<TwiceCubic>(), std::vector{a, x[1]}, {{48.0}})[0];
  const Value z = tape.external(std::make_shared<Cubic>(), std::vector{a, x[1]}, {{48.0}})[0];
  // y = (2 x0)² x1, and squared through its adjoint's change as well
  CHECK(products(tape, y, x, identity(2)) == Numbers{8 * 3, 8 * 2, 8 * 2, 0});
  const Numbers squared = products(tape, y * y, x, identity(2));  // 16 x0⁴ x1²
  CHECK(squared == Numbers{16 * 12 * 4 * 9, 16 * 8 * 8 * 3, 16 * 8 * 8 * 3, 16 * 2 * 16});
  CHECK_THROWS_WITH_AS(products(tape, z, x, identity(2)),
                       "cubic: this operation has no second derivatives; override "
                       "External::pull_back_derivative",
                       UnsupportedError);
  CHECK(products(tape, a * a, x, Numbers{1, 0})[0] == 8);  // it is not asked
}

TEST_CASE("an operation linear in its operands needs no second-order product where none moves") {
  Tape tape;
  const std::vector<Value> x{tape.variable(2)};
  const Value other = tape.variable(3);
  const Value z = tape.external(std::make_shared<Cubic>(), std::vector{other, other}, {{27.0}})[0];
  CHECK(products(tape, z * x[0] * x[0], x, Numbers{1})[0] == 54);
}

TEST_CASE("constants, and nothing to do") {
  Tape tape;
  const std::vector<Value> x{tape.variable(2)};
  CHECK(products(tape, 5.0, x, Numbers{1}) == Numbers{0});
  CHECK(products(tape, x[0], x, Numbers{1}) == Numbers{0});
  CHECK(products(tape, x[0], x, {}).empty());
  CHECK(products(tape, x[0], {}, {}).empty());
}

TEST_CASE("the adjoints of the last sweep stay, and what does not fit together is told") {
  Tape tape;
  const std::vector<Value> x{tape.variable(2)};
  const Value y = x[0] * x[0];
  tape.backward(y);
  CHECK(products(tape, y, x, Numbers{10})[0] == 20);
  CHECK(x[0].grad() == 4);
  Numbers out(2);
  const Seed seed{y};
  CHECK_THROWS_AS(tape.hessian_vector_products({&seed, 1}, x, Numbers{1}, out), ShapeError);
  CHECK_THROWS_AS(products(tape, y, std::vector<Value>{1.0}, Numbers{1}), NoAdjointError);
  tape.clear();
  CHECK_THROWS_AS(products(tape, y, x, Numbers{1}), StaleValueError);
}

TEST_CASE("with memory for few directions they go one by one; with none, an error") {
  Tape tape({.memory_limit = 20'000});
  const Value x = tape.variable(1);
  Value y = x;
  while (tape.size() < 200) y = y * x;  // 24 bytes of row, 8 of adjoint, 24 for one direction
  const Numbers eight(8, 1.0);
  const double n = 200;
  CHECK(products(tape, y, std::vector{x}, eight) == Numbers(8, n * (n - 1)));
  while (tape.size() < 500) y = y * x;
  CHECK_THROWS_AS(products(tape, y, std::vector{x}, eight), TapeFullError);
  tape.backward(y);
  CHECK(x.grad() == 500);
}
