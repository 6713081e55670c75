#include "tapegrad/derivatives/check.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;

TEST_CASE("a right gradient agrees with finite differences to nine digits") {
  const auto f = [](std::span<const Value> x) {
    return exp(sin(x[0]) * x[1]) + log(x[2]) * pow(x[0], 3.0) - sqrt(x[1] + x[2]);
  };
  Random random(1);
  for (int k = 0; k < 50; ++k) {
    const double x[] = {random.uniform(-2, 2), random.uniform(0.5, 2), random.uniform(0.5, 2)};
    CAPTURE(k);
    const GradientCheck check = check_gradient(f, x);
    CHECK(check.worst < 1e-9);
    CHECK(check.agrees());
  }
}

TEST_CASE("a wrong gradient is found, with the input where it is wrong") {
  const double x[] = {1.0, 2.0, 3.0};
  const auto f = [](std::span<const Value> v) { return v[0] * v[1] * v[2]; };
  const PlainFunction plain = [](std::span<const double> v) { return v[0] * v[1] * v[2]; };
  ValueAndGradient wrong = gradient(f, x);
  wrong.gradient[1] = -wrong.gradient[1];
  const GradientCheck check = compare_with_differences(plain, x, wrong, 1e-6);
  CHECK_FALSE(check.agrees());
  CHECK(check.worst_index == 1);
  CHECK(check.worst == doctest::Approx(2.0));  // |-3 - 3| / 3
}

TEST_CASE("a gradient that drops a dependency is found") {
  const double x[] = {0.7};
  const auto f = [](std::span<const Value> v) { return v[0] * Value(v[0].value()); };
  const GradientCheck check = check_gradient(f, x);
  CHECK_FALSE(check.agrees());
  CHECK(check.gradient[0] == 0.7);
  CHECK(check.differences[0] == doctest::Approx(1.4));
}

TEST_CASE("a component that is not finite never agrees, and is named") {
  const double x[] = {1.0, 0.0};
  const auto f = [](std::span<const Value> v) { return v[0] + sqrt(v[1]); };
  const GradientCheck check = check_gradient(f, x);
  CHECK_FALSE(check.agrees());
  CHECK(check.worst_index == 1);
  CHECK(std::isnan(check.worst));
}

TEST_CASE("differences work for large and for tiny inputs") {
  const auto f = [](std::span<const Value> v) { return v[0] * v[0] + 1e-8 * v[1]; };
  const double x[] = {1e9, 1e-12};
  CHECK(check_gradient(f, x).worst < 1e-6);
}

TEST_CASE("a constant function and an empty input agree") {
  const auto constant = [](std::span<const Value>) { return Value(2.0); };
  const double x[] = {1.0};
  CHECK(check_gradient(constant, x).agrees());
  CHECK(check_gradient(constant, std::span<const double>()).agrees());
}

TEST_CASE("check_gradient records nothing on the active tape") {
  Tape tape;
  const double x[] = {1.0};
  check_gradient([](std::span<const Value> v) { return v[0] * v[0]; }, x);
  CHECK(tape.empty());
}

TEST_CASE("the report prints what agrees and what does not") {
  const double x[] = {2.0, 3.0};
  const auto f = [](std::span<const Value> v) { return v[0] * v[1]; };
  const GradientCheck good = check_gradient(f, x);
  CHECK(to_string(good).starts_with(
      "gradient of 2 inputs at value 6: agrees with finite differences; "));
  GradientCheck bad{.value = 6,
                    .gradient = {3, -2},
                    .differences = {3, 2},
                    .worst = 2,
                    .worst_index = 1,
                    .tolerance = 1e-6};
  CHECK(to_string(bad) ==
        "gradient of 2 inputs at value 6: DISAGREES; worst relative disagreement 2 at x[1]\n"
        "  x[1]: sweep -2, difference 2\n"
        "  x[0]: sweep 3, difference 3\n");
}
