// Derivatives left out, and put in.

#include "tapegrad/core/no_grad.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

TEST_CASE("within NoGrad operations of every arity are constants, and nothing is recorded") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{2.0, 3.0});
  std::vector<Value> results;
  {
    const NoGrad no_grad;
    results = {-x[0],
               x[0] + 1.0,
               1.0 - x[0],
               x[0] * x[1],
               fma(x[0], x[1], x[0]),
               sum(x),
               select(is_less(x[0], x[1]), x[0], x[1])};
    results.push_back(results[3] + x[0]);
  }
  CHECK(tape.size() == 2);
  const std::vector<double> expected{-2, 3, -1, 6, 8, 5, 2, 8};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(results[i].is_constant());
    CHECK(results[i].value() == expected[i]);
  }
  CHECK_FALSE((x[0] * x[1]).is_constant());
}

TEST_CASE("a user's operation within NoGrad is not recorded either") {
  class Never : public External {
   public:
    std::string_view name() const override { return "never"; }
    void pull_back(std::span<const double>, std::span<const double>,
                   std::span<double>) const override {
      FAIL("nothing to sweep");
    }
  };
  Tape tape;
  const Value x = tape.variable(2);
  const NoGrad no_grad;
  const Value y =
      tape.external(std::make_shared<Never>(), std::vector{x}, std::vector{4.0}).front();
  CHECK(y.is_constant());
  CHECK(y.value() == 4);
  CHECK(tape.size() == 1);
}

TEST_CASE("a tape keeps no guard of a comparison within NoGrad") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2);
  {
    const NoGrad no_grad;
    CHECK(x < 3.0);
    CHECK(tape.guards().empty());
  }
  CHECK(x < 3.0);
  CHECK(tape.guards().size() == 1);
}

TEST_CASE("scopes of NoGrad and of tapes nest") {
  Tape tape;
  const Value x = tape.variable(2);
  const NoGrad outer;
  {
    const NoGrad inner;
    CHECK((x * x).is_constant());
  }
  CHECK((x * x).is_constant());
  {
    Tape other;
    const Value y = other.variable(3);
    const Value square = y * y;
    other.backward(square);
    CHECK(y.grad() == 6);
    CHECK_THROWS_AS(x * y, StaleValueError);
  }
  CHECK((x * x).is_constant());
  {
    const ActiveScope again = tape.activate();
    CHECK_FALSE((x * x).is_constant());
  }
  CHECK((x * x).is_constant());
}

TEST_CASE("scopes may end in any order") {
  Tape tape;
  const Value x = tape.variable(2);
  auto first = std::make_unique<NoGrad>();
  std::optional<ActiveScope> second;
  second.emplace(tape);
  first.reset();
  CHECK_FALSE((x * x).is_constant());
  auto third = std::make_unique<NoGrad>();
  second.reset();
  CHECK((x * x).is_constant());
  third.reset();
  CHECK_FALSE((x * x).is_constant());
}

TEST_CASE("leaves, sweeps and adjoints go on within NoGrad") {
  Tape tape;
  const Value x = tape.variable(2);
  const Value y = x * x;
  const NoGrad no_grad;
  const Value leaf = tape.variable(5);
  CHECK(tape.holds(leaf));
  tape.backward(y);
  CHECK(x.grad() == 4);
  CHECK((y * leaf).value() == 20);
}

TEST_CASE("a stale value and one of no tape count as numbers within NoGrad") {
  Value gone;
  {
    Tape tape;
    gone = tape.variable(3);
  }
  {
    const NoGrad no_grad;
    CHECK((gone * 2.0).value() == 6);
  }
  CHECK_THROWS_AS(gone * 2.0, NoActiveTapeError);
}

TEST_CASE("NoGrad is of one thread") {
  const NoGrad no_grad;
  bool records = false;
  std::thread([&] {
    Tape tape;
    const Value x = tape.variable(2);
    records = !(x * x).is_constant();
  }).join();
  CHECK(records);
}

TEST_CASE("a thread may end with a NoGrad left over") {
  std::unique_ptr<NoGrad> left;
  std::thread([&] { left = std::make_unique<NoGrad>(); }).join();
  left.reset();
  Tape tape;
  const Value x = tape.variable(2);
  CHECK_FALSE((x * x).is_constant());
}

TEST_CASE("stop_gradient hands on the number alone") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * stop_gradient(x * x);
  tape.backward(y);
  CHECK(y.value() == 27);
  CHECK(x.grad() == 9);
  CHECK(stop_gradient(2.0).value() == 2);
}

TEST_CASE("straight_through has the value of one and the derivative of the other") {
  Tape tape;
  const Value x = tape.variable(0.7);
  const Value soft = tanh(3.0 * x);
  const Value y = straight_through(round(soft), soft);
  CHECK(y.value() == 1);
  tape.backward(y);
  const double t = std::tanh(3 * 0.7);
  CHECK(x.grad() == doctest::Approx(3 * (1 - t * t)).epsilon(1e-15));

  // The value exactly, also where their difference would have been rounded.
  CHECK(straight_through(1e-20, tape.variable(1)).value() == 1e-20);
  CHECK(straight_through(1e20, tape.variable(1)).value() == 1e20);
  CHECK(straight_through(2.0, 0.5).is_constant());
  CHECK(std::isnan(
      straight_through(1.0, tape.variable(std::numeric_limits<double>::infinity())).value()));
}
