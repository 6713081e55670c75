#include "tapegrad/derivatives/check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
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
  CHECK(check.partials[0].sweep == 0.7);
  CHECK(check.partials[0].difference == doctest::Approx(1.4));
}

TEST_CASE("a wrong derivative is found beside a large value") {
  const double x[] = {1.0};
  const auto half = [](std::span<const Value> v) { return 1e7 + v[0] * Value(v[0].value()); };
  CHECK_FALSE(check_gradient(half, x).agrees());
  const auto none = [](std::span<const Value> v) { return 1e7 + Value(v[0].value()); };
  CHECK_FALSE(check_gradient(none, x).agrees());
  const auto right = [](std::span<const Value> v) { return 1e7 + v[0] * v[0]; };
  CHECK(check_gradient(right, x).agrees());
}

TEST_CASE("partials that are wrong in each of many large terms are found") {
  const std::vector<double> x(2000, 1.0);
  const auto half = [](std::span<const Value> v) {
    Value total = 0;
    for (const Value one : v) total += 1000 + one * Value(one.value());
    return total;
  };
  CHECK_FALSE(check_gradient(half, x).agrees());
  const auto right = [](std::span<const Value> v) {
    Value total = 0;
    for (const Value one : v) total += 1000 + one * one;
    return total;
  };
  CHECK(check_gradient(right, x).agrees());
}

TEST_CASE("functions that change fast near 0 agree by the smaller step") {
  const double small[] = {1e-4};
  const GradientCheck log_check =
      check_gradient([](std::span<const Value> v) { return log(v[0]); }, small);
  CHECK(log_check.worst < 1e-9);
  CHECK(log_check.partials[0].difference == doctest::Approx(1e4).epsilon(1e-9));
  const double near_pole[] = {-1e-3};
  CHECK(check_gradient([](std::span<const Value> v) { return 1 / v[0]; }, near_pole).worst < 1e-9);
}

TEST_CASE("where the smaller step is lost in rounding the larger one counts") {
  const double tiny[] = {1e-12};
  CHECK(check_gradient([](std::span<const Value> v) { return sin(v[0]); }, tiny).worst < 1e-9);
  CHECK(check_gradient([](std::span<const Value> v) { return 1 + sin(v[0]); }, tiny).worst < 1e-9);
  const double least[] = {std::numeric_limits<double>::denorm_min()};
  CHECK(check_gradient([](std::span<const Value> v) { return sin(v[0]); }, least).worst < 1e-9);
}

TEST_CASE("a wrong gradient at a small input is found") {
  // Value(x.value()) hides the dependency from the sweep, not from the differences.
  const auto no_pole = [](std::span<const Value> v) {
    return v[0] * Value(1 / v[0].value()) / v[0];
  };
  const auto half = [](std::span<const Value> v) { return v[0] * Value(v[0].value()); };
  const auto lost = [](std::span<const Value> v) { return 1 + Value(v[0].value()); };
  for (const double x : {1e-15, 1e-12, 1e-8, 1e-4, 1e-2, 0.5}) {
    CAPTURE(x);
    const double point[] = {x};
    CHECK_FALSE(check_gradient(no_pole, point).agrees());
    CHECK_FALSE(check_gradient(half, point).agrees());
    CHECK_FALSE(check_gradient(lost, point).agrees());  // by the smaller step it is 0 as well
  }
}

TEST_CASE("a tolerance that nothing or everything would meet is refused") {
  const double x[] = {1.0};
  const auto f = [](std::span<const Value> v) { return v[0] * v[0]; };
  CHECK_THROWS_WITH_AS(check_gradient(f, x, 0.0),
                       "check_gradient: tolerance is 0; pass a number above 0", ArgumentError);
  CHECK_THROWS_AS(check_gradient(f, x, -1e-6), ArgumentError);
  CHECK_THROWS_AS(check_gradient(f, x, std::nan("")), ArgumentError);
}

TEST_CASE("check_gradient takes arrays, spans and vectors, and generic functions") {
  const auto f = [](auto x) { return x[0] * x[1]; };
  double raw[] = {1.0, 2.0};
  std::vector<double> vector{1.0, 2.0};
  CHECK(check_gradient(f, raw).agrees());
  CHECK(check_gradient(f, std::array{1.0, 2.0}).agrees());
  CHECK(check_gradient(f, vector, 1e-8).agrees());
  CHECK(check_gradient(f, std::span(vector)).agrees());
}

TEST_CASE("an infinite value says nothing, whatever its derivative") {
  const auto f = [](std::span<const Value> v) {
    return v[0].value() == 0 ? Value(std::numeric_limits<double>::infinity()) : v[0];
  };
  const double x[] = {0.0};
  CHECK_FALSE(check_gradient(f, x).agrees());
}

TEST_CASE("a component that is not finite never agrees, and is named") {
  const double x[] = {1.0, 0.0};
  const auto f = [](std::span<const Value> v) { return v[0] + sqrt(v[1]); };
  const GradientCheck check = check_gradient(f, x);
  CHECK_FALSE(check.agrees());
  CHECK(check.worst_index == 1);
  CHECK(std::isnan(check.worst));
}

TEST_CASE("of partials that are not finite the first one is the worst") {
  const double x[] = {0.5, 0.0, 0.0, 0.5};
  const auto f = [](std::span<const Value> v) {
    return v[0] + sqrt(v[1]) + sqrt(v[2]) + v[3] * Value(v[3].value());
  };
  const GradientCheck check = check_gradient(f, x);
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
  GradientCheck bad;
  bad.value = 6;
  bad.partials = {{.sweep = 3,
                   .difference = 3,
                   .error = 2e-15,
                   .step = 0.125,
                   .disagreement = 0,
                   .verdict = Verdict::agrees},
                  {.sweep = -2,
                   .difference = 2,
                   .error = 4e-15,
                   .step = 0.25,
                   .disagreement = 2,
                   .verdict = Verdict::disagrees}};
  bad.tolerance = 1e-6;
  bad.worst = 2;
  bad.worst_index = 1;
  CHECK(to_string(bad) ==
        "gradient of 2 inputs at value 6: DISAGREES; worst relative disagreement 2 at x[1]\n"
        "                   sweep        difference     error      step\n"
        "  x[1]                -2                 2     4e-15      0.25  DISAGREES\n"
        "  x[0]                 3                 3     2e-15      0.12  agrees\n");
}

TEST_CASE("a gradient of another length than the inputs is a ShapeError") {
  const double x[] = {1.0, 2.0};
  const PlainFunction plain = [](std::span<const double> v) { return v[0] + v[1]; };
  CHECK_THROWS_WITH_AS(compare_with_differences(plain, x, {3.0, {1.0}}, 1e-6),
                       "check_gradient: a gradient of 1 partial derivatives by 2 inputs",
                       ShapeError);
}
