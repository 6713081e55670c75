#include "tapegrad/nn/optimizer.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "tapegrad/core/error.hpp"

using tapegrad::Adam;
using tapegrad::AdamOptions;
using tapegrad::ArgumentError;
using tapegrad::GradientDescent;
using tapegrad::Momentum;
using tapegrad::Optimizer;
using tapegrad::ShapeError;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Named {
  std::string name;
  std::function<std::unique_ptr<Optimizer>()> make;
};

const std::array every_optimizer = {
    Named{"GradientDescent", [] { return std::make_unique<GradientDescent>(0.1); }},
    Named{"Momentum", [] { return std::make_unique<Momentum>(0.1, 0.9); }},
    Named{"Adam", [] { return std::make_unique<Adam>(0.1); }},
};

/// (1 - x)² + 100 (y - x²)², Rosenbrock 1960: a curved valley with its floor at (1, 1).
std::array<double, 2> rosenbrock_gradient(const std::vector<double>& p) {
  const double x = p[0];
  const double y = p[1];
  return {-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)};
}

double distance_to_minimum_after(Optimizer& optimizer, int steps) {
  std::vector<double> p = {-1.2, 1};
  for (int i = 0; i < steps; ++i) optimizer.step(p, rosenbrock_gradient(p));
  return std::hypot(p[0] - 1, p[1] - 1);
}

}  // namespace

TEST_CASE("gradient descent subtracts rate times gradient") {
  GradientDescent optimizer(0.25);
  std::vector<double> p = {1, -2};
  optimizer.step(p, std::array{2.0, -4.0});
  CHECK(p == std::vector<double>{0.5, -1});
  optimizer.step(p, std::array{-1.0, 0.0});
  CHECK(p == std::vector<double>{0.75, -1});
}

TEST_CASE("momentum follows the heavy ball's published rule") {
  // Powers of two: every intermediate result is exact.
  //   v: -0.25·2 = -0.5,  0.5·-0.5 - 0.25·4 = -1.25,  0.5·-1.25 - 0.25·-2 = -0.125
  //   x: 1 → 0.5 → -0.75 → -0.875
  Momentum optimizer(0.25, 0.5);
  std::vector<double> p = {1};
  optimizer.step(p, std::array{2.0});
  CHECK(p[0] == 0.5);
  optimizer.step(p, std::array{4.0});
  CHECK(p[0] == -0.75);
  optimizer.step(p, std::array{-2.0});
  CHECK(p[0] == -0.875);
}

TEST_CASE("momentum 0 is gradient descent") {
  Momentum momentum(0.1, 0);
  GradientDescent descent(0.1);
  std::vector<double> a = {0.3, -0.7};
  std::vector<double> b = a;
  for (double g : {0.5, -1.25, 3.0}) {
    momentum.step(a, std::array{g, -g});
    descent.step(b, std::array{g, -g});
    CHECK(a == b);
  }
}

TEST_CASE("Adam follows the published algorithm") {
  // Algorithm 1 written out as sums: after t steps,
  //   m = (1 - beta1) Σ beta1^(t-i) g_i,  v = (1 - beta2) Σ beta2^(t-i) g_i².
  const AdamOptions options{.rate = 0.1, .beta1 = 0.75, .beta2 = 0.875, .epsilon = 0.01};
  const std::vector<double> gradients = {3, -1, 0.5, 0, 2};
  Adam optimizer(options);
  std::vector<double> p = {1};
  double expected = 1;
  for (std::size_t t = 1; t <= gradients.size(); ++t) {
    optimizer.step(p, std::array{gradients[t - 1]});
    double m = 0;
    double v = 0;
    for (std::size_t i = 1; i <= t; ++i) {
      const double g = gradients[i - 1];
      const auto age = static_cast<double>(t - i);
      m += 0.25 * std::pow(0.75, age) * g;
      v += 0.125 * std::pow(0.875, age) * g * g;
    }
    const auto steps = static_cast<double>(t);
    const double m_hat = m / (1 - std::pow(0.75, steps));
    const double v_hat = v / (1 - std::pow(0.875, steps));
    expected -= 0.1 * m_hat / (std::sqrt(v_hat) + 0.01);
    CAPTURE(t);
    CHECK(p[0] == doctest::Approx(expected).epsilon(1e-14));  // another order of summation
  }
}

TEST_CASE("Adam's first step is about the rate, whatever the gradient's scale") {
  // m̂ = g and v̂ = g², so that the step is rate · g / (|g| + 1e-8).
  Adam optimizer(0.5);
  std::vector<double> p = {0, 0, 0, 0};
  optimizer.step(p, std::array{1e-4, -1.0, 1e6, 0.0});
  CHECK(p[0] == doctest::Approx(-0.5 * 1e-4 / (1e-4 + 1e-8)).epsilon(1e-12));
  CHECK(p[1] == doctest::Approx(0.5 / (1 + 1e-8)).epsilon(1e-12));
  CHECK(p[2] == doctest::Approx(-0.5).epsilon(1e-12));
  CHECK(p[3] == 0);
}

TEST_CASE("Adam's options have the paper's defaults") {
  const AdamOptions options;
  CHECK(options.rate == 0.001);
  CHECK(options.beta1 == 0.9);
  CHECK(options.beta2 == 0.999);
  CHECK(options.epsilon == 1e-8);
}

TEST_CASE("every optimizer finds the minimum of Rosenbrock's valley") {
  // The curvatures there are 0.4 and 1001.6: a rate above 2 / 1001.6 diverges, and at 0.001 the
  // slow direction needs thousands of steps.
  GradientDescent descent(0.001);
  CHECK(distance_to_minimum_after(descent, 30'000) < 1e-3);
  Momentum momentum(0.001, 0.9);
  CHECK(distance_to_minimum_after(momentum, 10'000) < 1e-3);
  Adam adam(0.02);
  CHECK(distance_to_minimum_after(adam, 10'000) < 1e-3);
}

TEST_CASE("momentum is far ahead of gradient descent at the same rate") {
  GradientDescent descent(0.001);
  Momentum momentum(0.001, 0.9);
  CHECK(10 * distance_to_minimum_after(momentum, 5'000) <
        distance_to_minimum_after(descent, 5'000));
}

TEST_CASE("a new rate holds from the next step on and keeps the velocity") {
  Momentum optimizer(0.25, 0.5);
  std::vector<double> p = {0};
  optimizer.step(p, std::array{2.0});  // v = -0.5
  optimizer.set_rate(0.5);
  CHECK(optimizer.rate() == 0.5);
  optimizer.step(p, std::array{2.0});  // v = -0.25 - 1
  CHECK(p[0] == -1.75);
}

TEST_CASE("a rate that is not positive and finite is refused by constructor and set_rate") {
  for (double rate : {0.0, -0.1, not_a_number, infinity}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(GradientDescent{rate}, ArgumentError);
    CHECK_THROWS_AS(Momentum(rate, 0.5), ArgumentError);
    CHECK_THROWS_AS(Adam{rate}, ArgumentError);
    GradientDescent optimizer(0.5);
    CHECK_THROWS_AS(optimizer.set_rate(rate), ArgumentError);
    CHECK(optimizer.rate() == 0.5);
  }
  CHECK_THROWS_WITH_AS(GradientDescent{-0.1},
                       "optimizer: rate is -0.1; pass a finite number above 0", ArgumentError);
}

TEST_CASE("a memory outside [0, 1) is refused") {
  for (double memory : {-0.1, 1.0, 1.5, not_a_number}) {
    CAPTURE(memory);
    CHECK_THROWS_AS(Momentum(0.1, memory), ArgumentError);
    CHECK_THROWS_AS(Adam(AdamOptions{.beta1 = memory}), ArgumentError);
    CHECK_THROWS_AS(Adam(AdamOptions{.beta2 = memory}), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(Momentum(0.1, 1), "optimizer: momentum is 1; pass 0 <= momentum < 1",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(Adam(AdamOptions{.beta2 = 2}), "optimizer: beta2 is 2; pass 0 <= beta2 < 1",
                       ArgumentError);
}

TEST_CASE("Adam refuses an epsilon that is not positive and finite") {
  for (double epsilon : {0.0, -1e-8, not_a_number, infinity}) {
    CAPTURE(epsilon);
    CHECK_THROWS_AS(Adam(AdamOptions{.epsilon = epsilon}), ArgumentError);
  }
}

TEST_CASE("a gradient of another size than the parameters is refused") {
  for (const Named& optimizer : every_optimizer) {
    CAPTURE(optimizer.name);
    std::vector<double> p = {1, 2, 3};
    CHECK_THROWS_WITH_AS(
        optimizer.make()->step(p, std::array{1.0, 2.0}),
        "Optimizer::step: 2 derivatives for 3 parameters; pass one for each parameter", ShapeError);
    CHECK(p == std::vector<double>{1, 2, 3});
  }
}

TEST_CASE("a step of another size than the first one is refused") {
  for (const Named& named : every_optimizer) {
    CAPTURE(named.name);
    const auto optimizer = named.make();
    std::vector<double> p = {1, 2, 3};
    optimizer->step(p, std::array{1.0, 1.0, 1.0});
    std::vector<double> other = {1, 2};
    CHECK_THROWS_WITH_AS(optimizer->step(other, std::array{1.0, 1.0}),
                         "Optimizer::step: 2 parameters after steps with 3; use one optimizer for "
                         "each block of parameters",
                         ShapeError);
    CHECK(other == std::vector<double>{1, 2});
  }
}

TEST_CASE("a gradient that is not finite is refused and leaves parameters and state alone") {
  for (const Named& named : every_optimizer) {
    CAPTURE(named.name);
    const auto disturbed = named.make();
    const auto undisturbed = named.make();
    std::vector<double> a = {1, 2};
    std::vector<double> b = a;
    disturbed->step(a, std::array{0.5, -0.5});
    undisturbed->step(b, std::array{0.5, -0.5});

    CHECK_THROWS_WITH_AS(disturbed->step(a, std::array{1.0, not_a_number}),
                         "Optimizer::step: the derivative by parameter 1 is nan; nothing was "
                         "changed, try a smaller rate or look for the operation that made it",
                         ArgumentError);
    CHECK_THROWS_AS(disturbed->step(a, std::array{infinity, 1.0}), ArgumentError);
    CHECK_THROWS_AS(disturbed->step(a, std::array{1.0, -infinity}), ArgumentError);
    CHECK(a == b);

    disturbed->step(a, std::array{0.25, 1.0});
    undisturbed->step(b, std::array{0.25, 1.0});
    CHECK(a == b);
  }
}

TEST_CASE("Adam refuses a derivative whose square overflows, and goes on without a trace of it") {
  Adam disturbed(0.1);
  Adam undisturbed(0.1);
  std::vector<double> a = {1, 2};
  std::vector<double> b = a;
  CHECK_THROWS_WITH_AS(disturbed.step(a, std::array{1.0, -1e200}),
                       "Adam::step: the derivative by parameter 1 is -1e+200, above 1e+154, and "
                       "its square would overflow; nothing was changed, try a smaller rate or "
                       "scale the loss down",
                       ArgumentError);
  CHECK(a == b);
  for (int i = 0; i < 3; ++i) {
    disturbed.step(a, std::array{1.0, -0.5});
    undisturbed.step(b, std::array{1.0, -0.5});
  }
  CHECK(a == b);
}

TEST_CASE("Adam's parameter moves on after the largest derivative that it takes") {
  Adam optimizer({.rate = 0.1, .beta1 = 0, .beta2 = 0});
  std::vector<double> p = {1};
  optimizer.step(p, std::array{1e154});
  CHECK(p[0] == doctest::Approx(0.9));
  optimizer.step(p, std::array{1.0});
  CHECK(p[0] == doctest::Approx(0.8));
}

TEST_CASE("a refused first step does not fix the size") {
  Adam optimizer(0.1);
  std::vector<double> two = {1, 2};
  CHECK_THROWS_AS(optimizer.step(two, std::array{not_a_number, not_a_number}), ArgumentError);
  std::vector<double> one = {1};
  optimizer.step(one, std::array{1.0});
  CHECK(one[0] == doctest::Approx(0.9));
}

TEST_CASE("no parameters are no error") {
  for (const Named& named : every_optimizer) {
    CAPTURE(named.name);
    std::vector<double> none;
    CHECK_NOTHROW(named.make()->step(none, none));
  }
}
