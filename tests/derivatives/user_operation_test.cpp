// Operations made of functions: on the tape, in every kind of sweep, and when they are wrong.

#include "tapegrad/derivatives/user_operation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "agreement.hpp"
#include "operations_to_check.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Values = std::span<const Value>;
using Functions = UserOperation::Functions;

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<Value> recorded_both(Values x) { return {x[0] * x[1], exp(x[1]) * x[2] * x[2]}; }

}  // namespace

TEST_CASE("an operation of functions has the derivatives of its arithmetic, recorded") {
  const UserOperation operation(both());
  check_agreement([&](Values x) { return operation(x); }, recorded_both, somewhere, 1e-14);
}

TEST_CASE("the example of the header is right") {
  const UserOperation softclip{{
      .name = "softclip",
      .value = [](auto x) { return std::vector{x[0] / (1 + std::abs(x[0]))}; },
      .pull_back =
          [](auto x, auto, auto y_adjoints) {
            const double d = 1 + std::abs(x[0]);
            return std::vector{y_adjoints[0] / (d * d)};
          },
  }};
  Tape tape;
  const Value x = tape.variable(-1, "x");
  const Value y = softclip({x})[0];
  CHECK(y.value() == -0.5);
  tape.backward(y);
  CHECK(x.grad() == 0.25);
  CHECK(check_operation(softclip, Numbers{-1}).agrees());
}

TEST_CASE("without push_forward, tangents come from pull_back") {
  Functions functions = both();
  functions.push_forward = nullptr;
  const UserOperation operation(functions);
  check_agreement([&](Values x) { return operation(x); }, recorded_both, somewhere, 1e-14);
}

TEST_CASE("without pull_back_derivative there are gradients, and a Hessian is an error") {
  Functions functions = both();
  functions.pull_back_derivative = nullptr;
  const UserOperation operation(functions);
  const auto f = [&](Values x) { return mixed(operation(x)); };
  CHECK(gradient(f, somewhere).gradient.size() == 3);
  CHECK_THROWS_AS(hessian(f, somewhere), UnsupportedError);
  try {
    hessian(f, somewhere);
  } catch (const UnsupportedError& error) {
    CHECK(std::string(error.what()).find("both") != std::string::npos);
  }
}

TEST_CASE("an operation is one node with its operands, followed by its results") {
  Tape tape;
  const Value a = tape.variable(2), c = tape.variable(3);
  const UserOperation operation(both());
  const std::vector<Value> y = operation({a, 0.0, c});
  REQUIRE(y.size() == 2);
  CHECK(tape.size() == 2 + 1 + 2);
  CHECK(tape.node(3).operation() == "both");
  CHECK(tape.node(3).operands().size() == 3);
  CHECK(tape.node(y[1]).op() == Op::Result);
  CHECK(y[1].value() == 9);
  tape.backward(y[1]);
  CHECK(c.grad() == 6);
  CHECK(a.grad() == 0);
}

TEST_CASE("constants give constants, with no tape and on one") {
  const UserOperation operation(both());
  CHECK(operation({1.0, 0.0, 2.0})[1].is_constant());
  Tape tape;
  CHECK(operation({1.0, 0.0, 2.0})[1].value() == 4);
  CHECK(tape.empty());
  CHECK(operation(Numbers{1, 0, 2}) == Numbers{0, 4});
}

TEST_CASE("Values without their tape are an error before anything is computed") {
  int calls = 0;
  Functions functions = both();
  functions.value = [&](auto) { return ++calls, Numbers{1, 2}; };
  const UserOperation operation(functions);
  std::vector<Value> x(3);
  {
    Tape tape;
    x[0] = tape.variable(1);
  }
  CHECK_THROWS_AS(operation(x), NoActiveTapeError);
  Tape tape;
  CHECK_THROWS_AS(operation(x), StaleValueError);
  CHECK(calls == 0);
  CHECK(tape.empty());
}

TEST_CASE("the functions live as long as the recording needs them") {
  Tape tape;
  const Value x = tape.variable(3);
  Value y;
  {
    const auto factor = std::make_shared<double>(7);
    const UserOperation scaled{
        {.name = "scaled",
         .value = [factor](auto v) { return std::vector{*factor * v[0]}; },
         .pull_back = [factor](auto, auto,
                               auto adjoints) { return std::vector{*factor * adjoints[0]}; }}};
    const UserOperation copy = scaled;
    y = copy({x})[0] * x;
  }
  tape.backward(y);
  CHECK(x.grad() == 2 * 7 * 3);
}

TEST_CASE("an elementwise operation takes any number of operands, also none") {
  const UserOperation square{{.name = "square",
                              .value =
                                  [](auto x) {
                                    Numbers y;
                                    for (double xi : x) y.push_back(xi * xi);
                                    return y;
                                  },
                              .pull_back =
                                  [](auto x, auto, auto adjoints) {
                                    Numbers back;
                                    for (std::size_t i = 0; i < x.size(); ++i)
                                      back.push_back(2 * x[i] * adjoints[i]);
                                    return back;
                                  }}};
  Tape tape;
  CHECK(square({}).empty());
  CHECK(tape.empty());
  const Value x = tape.variable(3);
  const std::vector<Value> y = square({x, x, 5.0});
  tape.backward({{y[0], 1}, {y[1], 10}, {y[2], 100}});
  CHECK(x.grad() == 66);
}

TEST_CASE("an operation within an operation, each on a tape of its own") {
  // sin(x)² by a gradient that is taken in the callback: 2 sin(x) cos(x) = sin(2x)
  const auto f = [](Values v) { return sin(v[0]) * sin(v[0]); };
  const UserOperation inner{{.name = "inner",
                             .value = [&](auto x) { return std::vector{gradient(f, x).value}; },
                             .pull_back =
                                 [&](auto x, auto, auto adjoints) {
                                   return std::vector{adjoints[0] * gradient(f, x).gradient[0]};
                                 }}};
  const auto outer = [&](Values x) { return inner({inner(x)[0] * 2.0})[0]; };
  const auto plain = [](Values x) { return pow(sin(2.0 * pow(sin(x[0]), 2)), 2); };
  CHECK(gradient(outer, Numbers{0.7}).gradient[0] ==
        doctest::Approx(gradient(plain, Numbers{0.7}).gradient[0]).epsilon(1e-14));
}

// ---- Wrong functions ----

TEST_CASE("an operation without a name, a value or a pull_back can't be made") {
  Functions functions = both();
  functions.pull_back = nullptr;
  CHECK_THROWS_WITH_AS(UserOperation{functions},
                       "UserOperation: 'both' has no pull_back; it needs value and pull_back",
                       ArgumentError);
  functions.value = nullptr;
  CHECK_THROWS_WITH_AS(UserOperation{functions},
                       "UserOperation: 'both' has no value; it needs value and pull_back",
                       ArgumentError);
  functions.name = "";
  CHECK_THROWS_AS(UserOperation{functions}, ArgumentError);
}

TEST_CASE("functions that return the wrong number of numbers are named, with both numbers") {
  Tape tape;
  const std::vector<Value> x = tape.variables(somewhere);
  Functions functions = both();
  functions.results = 3;
  CHECK_THROWS_WITH_AS(UserOperation{functions}(x),
                       "both: value returned 2 results; the operation is said to have 3",
                       ShapeError);
  CHECK(tape.size() == 3);

  functions.results = 2;
  functions.pull_back = [](auto, auto, auto) { return Numbers{1, 2}; };
  functions.push_forward = [](auto, auto, auto) { return Numbers{1, 2, 3}; };
  functions.pull_back_derivative = [](auto, auto, auto, auto) { return Numbers{}; };
  const std::vector<Value> y = UserOperation{functions}(x);
  CHECK_THROWS_WITH_AS(
      tape.backward(y[0]),
      "both: pull_back returned 2 numbers; it has to return 3, one for each operand", ShapeError);
  CHECK_THROWS_WITH_AS(
      directional(y[0], x, somewhere),
      "both: push_forward returned 3 numbers; it has to return 2, one for each result", ShapeError);
  functions.push_forward = both().push_forward;
  functions.pull_back = both().pull_back;
  const auto f = [&](Values v) { return UserOperation{functions}(v)[0]; };
  CHECK_THROWS_WITH_AS(
      hessian(f, somewhere),
      "both: pull_back_derivative returned 0 numbers; it has to return 3, one for each operand",
      ShapeError);
}

TEST_CASE("what a function throws comes out, and the tape is as before") {
  Tape tape;
  const Value x = tape.variable(2);
  bool fails = true;
  const UserOperation moody{{.name = "moody",
                             .value =
                                 [&](auto v) {
                                   if (fails) throw std::runtime_error("no value today");
                                   return std::vector{v[0]};
                                 },
                             .pull_back = [&](auto, auto, auto adjoints) -> Numbers {
                               if (fails) throw std::runtime_error("no adjoint today");
                               return {adjoints[0]};
                             }}};
  CHECK_THROWS_WITH(moody({x}), "no value today");
  CHECK(tape.size() == 1);
  fails = false;
  const Value y = moody({x})[0] * 2.0;
  fails = true;
  CHECK_THROWS_WITH(tape.backward(y), "no adjoint today");
  fails = false;
  tape.backward(y);
  CHECK(x.grad() == 2);
}

TEST_CASE("NaN and infinity pass like those of any other operation") {
  Tape tape;
  const Value x = tape.variable(1);
  tape.backward(told(no_number, false)({x})[0]);
  CHECK(std::isnan(x.grad()));
  tape.backward(told(infinity, true)({x})[0]);
  CHECK(x.grad() == infinity);
}

TEST_CASE("where NaN is refused, one that the function made itself is an error with its name") {
  Tape tape;
  const Value x = tape.variable(1), bad = tape.variable(no_number);
  const UserOperation operation = told(no_number, true);
  CHECK_THROWS_WITH_AS(
      tape.backward(operation({0.0, x})[0]),
      "told: pull_back returned nan for operand 1, and all that it was given is finite; find out "
      "with check_operation(), or let it pass without refuses_nan",
      AnomalyError);
  tape.backward(operation({bad})[0]);  // it was given one
  CHECK(std::isnan(bad.grad()));
  tape.backward(operation({x})[0] * infinity);
  CHECK(std::isnan(x.grad()));
}

TEST_CASE("NaN is refused in tangents and second derivatives as well, and not for constants") {
  Functions functions{.name = "told",
                      .value = [](auto x) { return std::vector{x[0]}; },
                      .pull_back =
                          [](auto, auto, auto) {
                            return Numbers{1, no_number};
                          },
                      .push_forward = [](auto, auto, auto) { return Numbers{no_number}; },
                      .pull_back_derivative =
                          [](auto, auto, auto, auto) {
                            return Numbers{no_number, 1};
                          },
                      .refuses_nan = true};
  Tape tape;
  const Value x = tape.variable(1);
  const Value y = UserOperation{functions}({x, 2.0})[0];
  tape.backward(y);
  CHECK(x.grad() == 1);
  CHECK_THROWS_AS(directional(y, std::vector{x}, Numbers{1}), AnomalyError);
  functions.push_forward = [](auto, auto, auto) { return Numbers{1}; };
  const Value z = UserOperation{functions}({x, 2.0})[0];
  CHECK_THROWS_AS(hessian(z, std::vector{x}), AnomalyError);
}

// ---- Operations that are classes ----

TEST_CASE("record_operation gives constants for constants, and says that it was given nothing") {
  struct Twice : External {
    std::string_view name() const override { return "twice"; }
    void pull_back(std::span<const double>, std::span<const double> in,
                   std::span<double> out) const override {
      out[0] += 2 * in[0];
    }
  };
  const auto twice = std::make_shared<Twice>();
  const Numbers result{6};
  CHECK(record_operation(twice, std::vector<Value>{3.0}, result)[0].is_constant());
  CHECK_FALSE(are_recorded(std::vector<Value>{3.0}, "twice"));
  CHECK_THROWS_AS(record_operation(nullptr, {}, {}), ArgumentError);
  Tape tape;
  const Value x = tape.variable(3);
  CHECK(are_recorded(std::vector{Value(1.0), x}, "twice"));
  tape.backward(record_operation(twice, std::vector{x}, result)[0]);
  CHECK(x.grad() == 2);
}
