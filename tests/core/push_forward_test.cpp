// Tangent sweeps of several directions, against reverse sweeps.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "same.hpp"
#include "tapegrad/core.hpp"
#include "waves.hpp"

using namespace tapegrad;
using tapegrad::testing::all_same_adjoints;
using tapegrad::testing::waves;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// a·b and a + b. What of it is asked is counted.
class ProductAndSum : public External {
 public:
  std::string_view name() const override { return "product and sum"; }
  void pull_back(std::span<const double> x, std::span<const double> y_adjoint,
                 std::span<double> x_adjoint) const override {
    ++pulls;
    x_adjoint[0] += x[1] * y_adjoint[0] + y_adjoint[1];
    x_adjoint[1] += x[0] * y_adjoint[0] + y_adjoint[1];
  }
  mutable int pulls = 0;
};

class WithTangent : public ProductAndSum {
 public:
  void push_forward(std::span<const double> x, std::span<const double> x_tangent,
                    std::span<double> y_tangent) const override {
    ++pushes;
    y_tangent[0] += x_tangent[0] * x[1] + x[0] * x_tangent[1];
    y_tangent[1] += x_tangent[0] + x_tangent[1];
  }
  mutable int pushes = 0;
};

std::vector<Value> outputs_of(std::span<const Value> x) {
  std::vector<Value> y(x.begin(), x.end());
  for (std::size_t k = 0; y.size() < 12; ++k) {
    const Value a = y[k], b = y[(k * 7 + 3) % y.size()];
    y.push_back(sin(a) * b + 0.25 * a / (1.5 + b * b) - pow(abs(b) + 0.5, 1.5));
    y.push_back(fma(a, b, sum(x)) + max(a, b) + relu(b) - select(is_less(a, b), a, b * b));
  }
  return y;
}

}  // namespace

TEST_CASE("the identity as tangents gives the Jacobian that reverse sweeps give") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{0.3, -1.2, 0.8});
  const std::vector<Value> y = outputs_of(x);
  const std::size_t m = y.size();
  std::vector<double> columns(3 * m), rows(3 * m), seeds(m * m);
  tape.push_forward(x, std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1}, y, columns);
  for (std::size_t k = 0; k < m; ++k) seeds[k * m + k] = 1;
  tape.pull_back(y, seeds, x, rows);
  for (std::size_t k = 0; k < m; ++k)
    for (std::size_t i = 0; i < 3; ++i)  // sums in another order: a few roundings
      CHECK(columns[i * m + k] == doctest::Approx(rows[k * 3 + i]).epsilon(1e-13));
}

TEST_CASE("each direction equals a sweep of its own to the bit, however many there are") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{0.3, -1.2, 0.8});
  std::vector<Value> y = outputs_of(x);
  y.push_back(
      tape.external(std::make_shared<WithTangent>(), std::vector{y[4], y[5]}, std::vector{1.0, 2.0})
          .front());
  for (const std::size_t directions : {1u, 2u, 4u, 5u, 8u, 9u, 16u, 17u, 21u, 40u}) {
    CAPTURE(directions);
    const std::vector<double> tangents = waves(directions * 3);
    std::vector<double> together(directions * y.size(), -1), single(directions * y.size(), -1);
    tape.push_forward(x, tangents, y, together);
    for (std::size_t d = 0; d < directions; ++d)
      tape.push_forward(x, std::span(tangents).subspan(d * 3, 3), y,
                        std::span(single).subspan(d * y.size(), y.size()));
    CHECK(all_same_adjoints(together, single));
  }
}

TEST_CASE("a tangent of 0 gets nothing of an infinite partial, and others do") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{0.0, 2.0});
  const std::vector<Value> y{sqrt(x[0]) + 3.0 * x[1], max(x[0] * infinity, 5.0 * x[1])};
  std::vector<double> out(4);
  tape.push_forward(x, std::vector<double>{0, 1, 1, 0}, y, out);
  CHECK(out[0] == 3);
  CHECK(out[2] == infinity);
}

TEST_CASE("what was not chosen hands on no tangent, also an infinite one") {
  Tape tape;
  const Value x = tape.variable(1);
  const Value y = max(sqrt(x - 1.0), 2.0 * x);
  std::vector<double> out(1);
  tape.push_forward(std::vector{x}, std::vector{1.0}, std::vector{y}, out);
  CHECK(out[0] == 2);
}

TEST_CASE("inputs may be results of other inputs: tangents add up, as adjoints do") {
  Tape tape;
  const Value a = tape.variable(3), b = a * 2.0, c = b * a;
  const std::vector<Value> x{a, b, a}, y{c};
  std::vector<double> forward(1), reverse(3);
  tape.push_forward(x, std::vector{1.0, 10.0, 100.0}, y, forward);
  tape.pull_back(y, std::vector{1.0}, x, reverse);
  CHECK(forward[0] == reverse[0] + 10 * reverse[1] + 100 * reverse[2]);
}

TEST_CASE("inputs in any order, results of users' operations too; what none of them reaches is 0") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{0.3, -1.2, 0.8, 0.1});
  const std::vector<Value> both = tape.external(std::make_shared<WithTangent>(),
                                                std::vector{x[0], x[1]}, std::vector{-0.36, -0.9});
  const Value late = tape.variable(2.5);
  const std::vector<Value> y{both[0] * late, both[1] * x[3], x[2] * x[2], both[1] - late, x[0]};
  for (const std::vector<Value>& inputs :
       {std::vector{both[1], late}, std::vector{both[0]}, std::vector{late, both[1], x[1]},
        std::vector{x[3], x[3], x[0]}, std::vector{x[2]}, std::vector{late}}) {
    CAPTURE(inputs.front().node());
    for (const std::size_t directions : {1u, 4u, 9u}) {
      // Forward and then by the outputs' seeds, or the other way round: the same number.
      const std::vector<double> tangents(directions * inputs.size(), 1.0);
      std::vector<double> forward(directions * y.size(), -1), reverse(y.size() * inputs.size());
      tape.push_forward(inputs, tangents, y, forward);
      std::vector<double> unit(y.size() * y.size());
      for (std::size_t k = 0; k < y.size(); ++k) unit[k * y.size() + k] = 1;
      tape.pull_back(y, unit, inputs, reverse);
      for (std::size_t k = 0; k < forward.size(); ++k) {
        const std::size_t row = k % y.size();
        double sum = 0;
        for (std::size_t i = 0; i < inputs.size(); ++i) sum += reverse[row * inputs.size() + i];
        CHECK(forward[k] == doctest::Approx(sum).epsilon(1e-14));
      }
    }
  }
}

TEST_CASE("a user's operation without a tangent of its own is pulled back for each result") {
  Tape tape;
  const Value a = tape.variable(2), b = tape.variable(5);
  const auto plain = std::make_shared<ProductAndSum>();
  const auto tangent = std::make_shared<WithTangent>();
  const std::vector<Value> x{a, b}, operands{a, b};
  const auto y = tape.external(plain, operands, std::vector{10.0, 7.0});
  const auto z = tape.external(tangent, operands, std::vector{10.0, 7.0});
  std::vector<double> out(4);
  tape.push_forward(x, std::vector{1.0, 100.0}, std::vector{y[0], y[1], z[0], z[1]}, out);
  CHECK(out == std::vector<double>{205, 101, 205, 101});
  CHECK(plain->pulls == 2);
  CHECK(tangent->pulls == 0);
  CHECK(tangent->pushes == 1);
}

TEST_CASE("outputs that are constants have tangent 0; no outputs, inputs, directions: nothing") {
  Tape tape;
  const std::vector<Value> x{tape.variable(2)};
  std::vector<double> out{-1}, none;
  tape.push_forward(x, std::vector{1.0}, std::vector<Value>{3.0}, out);
  CHECK(out[0] == 0);
  tape.push_forward({}, {}, x, none);
  tape.push_forward(x, {}, x, none);
  tape.push_forward(x, std::vector{1.0}, {}, none);
}

TEST_CASE("a tangent sweep leaves the adjoints of the last sweep, and the tape records on") {
  Tape tape;
  const Value x = tape.variable(2), y = x * x;
  tape.backward(y);
  std::vector<double> out(1);
  tape.push_forward(std::vector{x}, std::vector{10.0}, std::vector{y}, out);
  CHECK(out[0] == 40);
  CHECK(x.grad() == 4);
  tape.backward(y * x);
  CHECK(x.grad() == 12);
}

TEST_CASE("what does not fit together is told") {
  Tape tape;
  const std::vector<Value> x{tape.variable(2)}, y{x[0] * x[0], x[0] + 1.0};
  std::vector<double> out{-1, -1};
  CHECK_THROWS_WITH_AS(
      tape.push_forward(x, std::vector<double>(2), y, out),
      "push_forward: 2 tangents for 1 inputs, and room for 2 tangents of 2 outputs; for d "
      "directions there are d tangents to each of the inputs and d tangents to each of the outputs",
      ShapeError);
  CHECK_THROWS_AS(tape.push_forward(std::vector<Value>{1.0}, std::vector{1.0}, y, out),
                  NoAdjointError);
  tape.clear();
  CHECK_THROWS_AS(tape.push_forward(x, std::vector{1.0}, y, out), StaleValueError);
  CHECK(out == std::vector<double>{-1, -1});
}

TEST_CASE("a callback must not record on the tape that is swept forward") {
  class Recording : public ProductAndSum {
   public:
    explicit Recording(Tape& tape) : tape_(tape) {}
    void push_forward(std::span<const double>, std::span<const double>,
                      std::span<double>) const override {
      static_cast<void>(tape_.variable(1));
    }
    Tape& tape_;
  };
  Tape tape;
  const std::vector<Value> x{tape.variable(2)};
  const auto y = tape.external(std::make_shared<Recording>(tape), x, std::vector{1.0});
  std::vector<double> out(1);
  CHECK_THROWS_AS(tape.push_forward(x, std::vector{1.0}, y, out), UnsupportedError);
  static_cast<void>(tape.variable(1));
}
