// Several directions in one sweep, against sweeps of one.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <numeric>
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

// Operations of every shape: one operand, two, a constant at either side, many, and some that cut.
std::vector<Value> outputs_of(std::span<const Value> x, std::size_t count) {
  std::vector<Value> y(x.begin(), x.end());
  for (std::size_t k = 0; y.size() < count + x.size(); ++k) {
    const Value a = y[k], b = y[(k * 7 + 3) % y.size()];
    y.push_back(sin(a) * b + 0.25 * a / (1.5 + b * b) - pow(abs(b) + 0.5, 1.5));
    y.push_back(fma(a, b, sum(x)) + max(a, b) + relu(b) - select(is_less(a, b), a, b * b));
  }
  return {y.begin() + static_cast<std::ptrdiff_t>(x.size()), y.end()};
}

// The same by a sweep for each direction.
std::vector<double> one_by_one(Tape& tape, std::span<const Value> y, std::span<const double> seeds,
                               std::span<const Value> x) {
  std::vector<double> all;
  for (std::size_t d = 0; d * y.size() < seeds.size(); ++d) {
    std::vector<Seed> seeded;
    for (std::size_t k = 0; k < y.size(); ++k) seeded.push_back({y[k], seeds[d * y.size() + k]});
    tape.backward(seeded);
    for (const Value& xi : x) all.push_back(tape.adjoint(xi));
  }
  return all;
}

class Square : public External {
 public:
  std::string_view name() const override { return "square"; }
  void pull_back(std::span<const double> x, std::span<const double> y_adjoint,
                 std::span<double> x_adjoint) const override {
    x_adjoint[0] = 2 * x[0] * y_adjoint[0];
  }
};

}  // namespace

TEST_CASE("each direction equals a sweep of its own to the bit, however many there are") {
  for (const std::size_t directions : {1u, 2u, 4u, 5u, 8u, 9u, 16u, 17u, 21u, 40u}) {
    CAPTURE(directions);
    Tape tape;
    const std::vector<Value> x = tape.variables(std::vector{0.3, -1.2, 0.8});
    const std::vector<Value> y = outputs_of(x, 6);
    const std::vector<double> seeds = waves(directions * y.size());
    std::vector<double> out(directions * x.size(), -1);
    tape.pull_back(y, seeds, x, out);
    CHECK(all_same_adjoints(out, one_by_one(tape, y, seeds, x)));
  }
}

TEST_CASE("the identity as seeds gives the Jacobian") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{2.0, 3.0});
  const std::vector<Value> y{x[0] * x[1], x[0] - 4.0 * x[1], Value(5.0)};
  std::vector<double> jacobian(6);
  tape.pull_back(y, std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1}, x, jacobian);
  CHECK(jacobian == std::vector<double>{3, 2, 1, -4, 0, 0});
}

TEST_CASE("a lane that is 0 stays 0 where a partial is infinite, and the others don't") {
  Tape tape;
  const Value x = tape.variable(0);
  const std::vector<Value> y{sqrt(x), 2.0 * x};
  std::vector<double> out(2);
  tape.pull_back(y, std::vector<double>{0, 1, 1, 0}, std::vector{x}, out);
  CHECK(out == std::vector<double>{2, infinity});
}

TEST_CASE("user operations are asked for each direction") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value square =
      tape.external(std::make_shared<Square>(), std::vector{x}, std::vector{9.0}).front();
  const std::vector<Value> y{square * 2.0, square + x};
  std::vector<double> out(2);
  tape.pull_back(y, std::vector<double>{1, 0, 0, 1}, std::vector{x}, out);
  CHECK(out == std::vector<double>{12, 7});
}

TEST_CASE("user operations of two operands and results, one operand twice, in every lane") {
  class Products : public External {
   public:
    std::string_view name() const override { return "products"; }
    void pull_back(std::span<const double> x, std::span<const double> y_adjoint,
                   std::span<double> x_adjoint) const override {  // x0·x1 and x0 + x1
      x_adjoint[0] = x[1] * y_adjoint[0] + y_adjoint[1];
      x_adjoint[1] = x[0] * y_adjoint[0] + y_adjoint[1];
    }
  };
  Tape tape;
  const Value a = tape.variable(3), b = a * 2.0;
  const auto products = std::make_shared<Products>();
  const auto ab = tape.external(products, std::vector{a, b}, std::vector{18.0, 9.0});
  const auto bb = tape.external(products, std::vector{b, b}, std::vector{36.0, 12.0});
  const std::vector<Value> y{ab[0] * bb[1], ab[1] + bb[0], a};
  const std::vector<double> seeds{1, 0, 0, 0, 1, 0, 0, 0, 1, 0.1, 0.2, 0.3, 0, 0, 0};
  std::vector<double> out(10);
  const std::vector<Value> x{a, b};
  tape.pull_back(y, seeds, x, out);
  CHECK(all_same_adjoints(out, one_by_one(tape, y, seeds, x)));
}

TEST_CASE("inputs may stand anywhere: twice, in any order, behind others, behind the outputs") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{0.3, -1.2, 0.8});
  const std::vector<Value> all = outputs_of(x, 20);
  const auto squares = tape.external(std::make_shared<Square>(), std::vector{all[3]},
                                     std::vector{std::pow(all[3].value(), 2)});
  const std::vector<Value> y{all[12], squares[0] * all[7], all[9]};
  const std::vector<Value> inputs{all[3], x[1], all[19], all[3], squares[0], all[10], x[0], y[1]};
  for (const std::size_t directions : {1u, 2u, 7u, 16u, 19u}) {
    CAPTURE(directions);
    const std::vector<double> seeds = waves(directions * y.size());
    std::vector<double> out(directions * inputs.size(), -1);
    tape.pull_back(y, seeds, inputs, out);
    CHECK(all_same_adjoints(out, one_by_one(tape, y, seeds, inputs)));
  }
}

TEST_CASE("however many adjoints are under way at once, on tapes of any size after each other") {
  class Total : public External {
   public:
    std::string_view name() const override { return "total"; }
    void pull_back(std::span<const double> x, std::span<const double> y_adjoint,
                   std::span<double> x_adjoint) const override {
      for (std::size_t k = 0; k < x.size(); ++k)
        x_adjoint[k] = static_cast<double>(k + 1) * y_adjoint[0];
    }
  };
  Tape tape;
  for (const std::size_t size : {3u, 100u, 700u, 5u, 300u}) {
    CAPTURE(size);
    tape.clear();
    const std::vector<Value> x = tape.variables(std::vector<double>(size, 0.5));
    std::vector<Value> waiting, results;
    for (const Value& xi : x) waiting.push_back(sin(xi) * xi);
    Value last_used_first = 0.0;
    for (const Value& one : waiting) last_used_first += one;
    results.push_back(last_used_first);
    results.push_back(tape.external(std::make_shared<Total>(), waiting, std::vector{1.0}).front());
    results.push_back(sum(waiting));
    for (const std::size_t directions : {2u, 16u, 5u}) {
      CAPTURE(directions);
      const std::vector<double> seeds = waves(directions * results.size());
      std::vector<double> out(directions * size, -1);
      tape.pull_back(results, seeds, x, out);
      CHECK(all_same_adjoints(out, one_by_one(tape, results, seeds, x)));
      tape.pull_back(waiting, std::vector<double>(directions * size, 2.0), x, out);
      CHECK(all_same_adjoints(out,
                              one_by_one(tape, waiting, std::vector(directions * size, 2.0), x)));
    }
  }
}

TEST_CASE("the adjoints of the last sweep stay, and the tape records on") {
  Tape tape;
  const Value x = tape.variable(2);
  const Value y = x * x;
  tape.backward(y);
  std::vector<double> out(1);
  tape.pull_back(std::vector{y}, std::vector{10.0}, std::vector{x}, out);
  CHECK(out[0] == 40);
  CHECK(x.grad() == 4);
  tape.backward(y * x);
  CHECK(x.grad() == 12);
}

TEST_CASE("no directions, no outputs, no inputs: nothing to do") {
  Tape tape;
  const Value x = tape.variable(2);
  std::vector<double> none;
  tape.pull_back({}, {}, std::vector{x}, none);
  tape.pull_back(std::vector{x}, {}, std::vector{x}, none);
  tape.pull_back(std::vector{x}, std::vector{1.0}, {}, none);
  CHECK(tape.size() == 1);
}

TEST_CASE("what does not fit together is told, and nothing has changed") {
  Tape tape;
  const Value x = tape.variable(2);
  const std::vector<Value> y{x * x, x + 1.0};
  std::vector<double> out{-1, -1};
  CHECK_THROWS_AS(tape.pull_back(y, std::vector<double>(3), std::vector{x}, out), ShapeError);
  CHECK_THROWS_WITH_AS(
      tape.pull_back(y, std::vector<double>(2), std::vector{x}, out),
      "pull_back: 2 seeds for 2 outputs, and room for 2 adjoints of 1 inputs; for d directions "
      "there are d seeds to each of the outputs and d adjoints to each of the inputs",
      ShapeError);
  CHECK_THROWS_AS(tape.pull_back(y, std::vector<double>(4), std::vector<Value>{1.0}, out),
                  NoAdjointError);
  const Value before = x;
  tape.clear();
  const std::vector<Value> now{tape.variable(1)};
  std::vector<double> one(1);
  CHECK_THROWS_AS(tape.pull_back(now, std::vector<double>(1), std::vector{before}, one),
                  StaleValueError);
  CHECK(out == std::vector<double>{-1, -1});
}

TEST_CASE("with memory for few directions they go a few at a time; with none, an error") {
  constexpr std::size_t size = 300;
  const auto record = [](const Value& x) {
    std::vector<Value> waiting;  // for their adjoints, all at once
    for (std::size_t k = 0; k < size; ++k) waiting.push_back(2.0 * x);
    Value y = waiting[0];
    for (std::size_t k = 1; k < size; ++k) y = y + waiting[k];
    return y;
  };
  Tape unlimited;
  record(unlimited.variable(1));
  const std::size_t recorded = (unlimited.size() + 2) * 32;  // with adjoints
  std::size_t full = 0, enough = 0;
  for (std::size_t more = 0; more <= 200'000; more += 2'000) {
    Tape tape({.memory_limit = recorded + more});
    const Value x = tape.variable(1), y = record(x);
    std::vector<double> seeds(20), out(20), expected(20);
    std::iota(seeds.begin(), seeds.end(), -3.0);
    for (std::size_t d = 0; d < 20; ++d) expected[d] = 2.0 * size * seeds[d];
    try {
      for (int again = 0; again < 2; ++again) {
        tape.push_forward(std::vector{x}, seeds, std::vector{y}, out);
        CHECK(out == expected);
        tape.pull_back(std::vector{y}, seeds, std::vector{x}, out);
        CHECK(out == expected);
      }
      ++enough;
    } catch (const TapeFullError&) {
      CHECK(enough == 0);  // once it is enough, more is
      ++full;
    }
    tape.clear();
    const Value z = tape.variable(3);
    tape.backward(z * z);
    CHECK(z.grad() == 6);
  }
  CHECK(full > 0);
  CHECK(enough > 50);
}

TEST_CASE("outputs that are all constants have no adjoints to hand on, on an empty tape, too") {
  Tape tape;
  const std::vector<Value> y{1.0};
  std::vector<double> none;
  tape.pull_back(y, std::vector{1.0}, {}, none);
  const std::vector<Value> x{tape.variable(2)};
  for (const std::size_t directions : {1u, 3u}) {
    std::vector<double> out(directions, -1);
    tape.pull_back(y, std::vector(directions, 1.0), x, out);
    CHECK(out == std::vector<double>(directions, 0.0));
  }
}
