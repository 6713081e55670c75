// Is a user's operation right? What a check finds, and what it does not blame.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "agreement.hpp"
#include "operations_to_check.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/user_operation.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Functions = UserOperation::Functions;

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("a check of right functions agrees, with all three of them given") {
  const OperationCheck check = check_operation(UserOperation(both()), somewhere);
  CHECK(check.agrees());
  CHECK(check.pull_back.is_given);
  CHECK(check.push_forward.is_given);
  CHECK(check.pull_back_derivative.is_given);
  CHECK(check.pull_back.worst < 1e-8);
  CHECK(check.push_forward.worst < 1e-15);
  CHECK(check.pull_back_derivative.worst < 1e-8);
}

TEST_CASE("a check finds what is wrong in pull_back, and where") {
  Functions functions = both();
  functions.pull_back = [](auto x, auto y, auto adjoints) {
    return std::vector{adjoints[0] * x[1], adjoints[0] * x[0] + adjoints[1] * y[1],
                       adjoints[1] * y[1] / x[2]};  // 2 is missing
  };
  const OperationCheck check = check_operation(UserOperation(functions), somewhere);
  CHECK_FALSE(check.agrees());
  CHECK(check.pull_back.worst == doctest::Approx(0.5));
  CHECK(check.pull_back.result == 1);
  CHECK(check.pull_back.operand == 2);
  CHECK(check.pull_back.expected == doctest::Approx(2 * std::exp(-0.4) * 0.8));
  CHECK(check.push_forward.worst == doctest::Approx(0.5));  // it disagrees with pull_back
  CHECK(to_string(check).find("pull_back: DISAGREES, worst relative disagreement 0.5 at "
                              "∂y[1]/∂x[2]: given 0.5362") != std::string::npos);
}

TEST_CASE("a check finds an adjoint that is squared or forgotten") {
  for (const bool is_squared : {true, false}) {
    Functions functions{.name = "line",
                        .value = [](auto x) { return std::vector{3 * x[0]}; },
                        .pull_back =
                            [=](auto, auto, auto adjoints) {
                              return std::vector{3 * (is_squared ? adjoints[0] * adjoints[0] : 1)};
                            }};
    CHECK_FALSE(check_operation(UserOperation(functions), Numbers{0.5}).agrees());
  }
}

TEST_CASE("a check finds what is wrong in push_forward and pull_back_derivative") {
  Functions functions = both();
  functions.push_forward = [](auto x, auto y, auto t) {
    return std::vector{t[0] * x[1] - x[0] * t[1], y[1] * t[1] + 2 * y[1] / x[2] * t[2]};
  };
  OperationCheck check = check_operation(UserOperation(functions), somewhere);
  CHECK_FALSE(check.agrees());
  CHECK(check.push_forward.worst == 2);
  CHECK(check.push_forward.result == 0);
  CHECK(check.push_forward.operand == 1);
  CHECK(check.pull_back.worst <= check.tolerance);

  functions = both();
  functions.pull_back_derivative = [](auto, auto, auto t, auto adjoints) {
    return std::vector{adjoints[0] * t[1], adjoints[0] * t[0], 0.0};
  };
  check = check_operation(UserOperation(functions), somewhere);
  CHECK_FALSE(check.agrees());
  CHECK(check.pull_back_derivative.worst == 1);
  CHECK(check.pull_back_derivative.result == 1);
  CHECK(to_string(check).find("∂²y[1]/∂x[") != std::string::npos);
}

TEST_CASE("a check resolves functions that change fast near 0") {
  const UserOperation logarithm{
      {.name = "logarithm",
       .value = [](auto x) { return std::vector{std::log(x[0])}; },
       .pull_back = [](auto x, auto, auto adjoints) { return std::vector{adjoints[0] / x[0]}; },
       .pull_back_derivative =
           [](auto x, auto, auto t, auto adjoints) {
             return std::vector{-adjoints[0] / (x[0] * x[0]) * t[0]};
           }}};
  const OperationCheck check = check_operation(logarithm, Numbers{1e-4});
  CHECK(check.agrees());
  CHECK(to_string(check).find("push_forward: not given") != std::string::npos);
}

TEST_CASE("a check says NaN, wants a tolerance, and passes an operation of nothing") {
  CHECK_FALSE(check_operation(told(no_number, false), Numbers{1}).agrees());
  const UserOperation first_is_nan{{.name = "sum",
                                    .value = [](auto x) { return std::vector{x[0] + x[1]}; },
                                    .pull_back =
                                        [](auto, auto, auto a) {
                                          return Numbers{no_number, a[0]};
                                        }}};
  CHECK_FALSE(check_operation(first_is_nan, Numbers{1, 2}).agrees());
  CHECK_THROWS_AS(check_operation(told(1, false), Numbers{1}, 0), ArgumentError);
  CHECK(check_operation(told(1, false), Numbers{1}).agrees());
  const UserOperation nothing{{.name = "nothing",
                               .value = [](auto) { return Numbers{}; },
                               .pull_back = [](auto, auto, auto) { return Numbers{}; }}};
  CHECK(to_string(check_operation(nothing, Numbers{})) ==
        "nothing: agrees\n"
        "  pull_back: agrees, worst relative disagreement 0\n"
        "  push_forward: not given\n"
        "  pull_back_derivative: not given\n");
}

TEST_CASE("an operation whose number of results depends on x cannot be checked there") {
  const UserOperation positive{{.name = "positive",
                                .value = [](auto x) { return Numbers(x[0] > 1 ? 2 : 1, x[0]); },
                                .pull_back = [](auto, auto, auto a) { return Numbers{a[0]}; }}};
  CHECK(check_operation(positive, Numbers{0.5}).agrees());
  CHECK_THROWS_WITH_AS(check_operation(positive, Numbers{1}),
                       "check_operation: value returned 2 results at one x and 1 at another; for a "
                       "check they have to be as many",
                       ShapeError);
}
