#include "tapegrad/nn/optimizer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "nn/optimizers.hpp"
#include "tapegrad/nn/schedule.hpp"

using namespace tapegrad;

namespace {

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
  Nesterov nesterov(0.1, 0);
  GradientDescent descent(0.1);
  std::vector<double> a = {0.3, -0.7};
  std::vector<double> b = a;
  std::vector<double> c = a;
  for (double g : {0.5, -1.25, 3.0}) {
    momentum.step(a, std::array{g, -g});
    nesterov.step(b, std::array{g, -g});
    descent.step(c, std::array{g, -g});
    CHECK(a == c);
    CHECK(b == c);
  }
}

TEST_CASE("Nesterov's velocity is the heavy ball's, and its parameters are ahead by it") {
  // Powers of two: every intermediate result is exact.
  //   v: -0.25·2 = -0.5,  0.5·-0.5 - 0.25·4 = -1.25,  0.5·-1.25 - 0.25·-2 = -0.125
  //   x: 1 - 0.25 - 0.5 = 0.25,  0.25 - 0.625 - 1 = -1.375,  -1.375 - 0.0625 + 0.5 = -0.9375
  Nesterov optimizer(0.25, 0.5);
  std::vector<double> p = {1};
  optimizer.step(p, std::array{2.0});
  CHECK(p[0] == 0.25);
  optimizer.step(p, std::array{4.0});
  CHECK(p[0] == -1.375);
  optimizer.step(p, std::array{-2.0});
  CHECK(p[0] == -0.9375);
}

TEST_CASE("Nesterov is Sutskever's rule seen from the place where it takes the gradient") {
  // v ← μ v − rate · ∇f(θ + μ v),  θ ← θ + v  with a rate that changes; x is θ + μ v.
  Nesterov optimizer(0.001, 0.9);
  std::vector<double> x = {-1.2, 1};
  std::vector<double> theta = x;
  std::vector<double> v = {0, 0};
  for (int t = 0; t < 200; ++t) {
    const double rate = t < 100 ? 0.001 : 0.0004;
    optimizer.set_rate(rate);
    optimizer.step(x, rosenbrock_gradient(x));
    const auto g = rosenbrock_gradient({theta[0] + 0.9 * v[0], theta[1] + 0.9 * v[1]});
    for (std::size_t i = 0; i < 2; ++i) {
      v[i] = 0.9 * v[i] - rate * g[i];
      theta[i] += v[i];
      CAPTURE(t);
      CHECK(x[i] == doctest::Approx(theta[i] + 0.9 * v[i]).epsilon(1e-10));  // rounds otherwise
    }
  }
}

TEST_CASE("Nesterov makes PyTorch's steps at a constant rate") {
  // b ← μ b + g,  x ← x − rate · (g + μ b)
  Nesterov optimizer(0.001, 0.9);
  std::vector<double> x = {-1.2, 1};
  std::vector<double> y = x;
  std::vector<double> b = {0, 0};
  for (int t = 0; t < 200; ++t) {
    optimizer.step(x, rosenbrock_gradient(x));
    const auto g = rosenbrock_gradient(y);
    for (std::size_t i = 0; i < 2; ++i) {
      b[i] = 0.9 * b[i] + g[i];
      y[i] -= 0.001 * (g[i] + 0.9 * b[i]);
      CAPTURE(t);
      CHECK(x[i] == doctest::Approx(y[i]).epsilon(1e-10));  // rounds otherwise
    }
  }
}

TEST_CASE("RMSprop follows the published rule") {
  //   v: 0.25·4 = 1,  0.75·1 + 0.25·7.5625 = 2.640625; roots 1 and 1.625
  //   x: 1 - 0.5·2 / (1 + 0.375) = 3/11,  3/11 + 0.5·2.75 / (1.625 + 0.375) = 3/11 + 11/16
  RMSprop optimizer({.rate = 0.5, .memory = 0.75, .epsilon = 0.375});
  std::vector<double> p = {1};
  optimizer.step(p, std::array{2.0});
  CHECK(p[0] == doctest::Approx(3.0 / 11).epsilon(1e-15));
  optimizer.step(p, std::array{-2.75});
  CHECK(p[0] == doctest::Approx(169.0 / 176).epsilon(1e-15));
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

TEST_CASE("AdamW's parameters decay by rate times decay before Adam's step") {
  //   t = 1: m̂ = 3, v̂ = 9:   x = 2 · (1 - 0.5·0.25) - 0.5·3 / (3 + 1) = 1.75 - 0.375
  //   t = 2: m = 0.75·0.75 + 0.25·1 = 13/16, divided by 1 - 0.75² = 7/16
  //          v = 0.875·1.125 + 0.125·1 = 71/64, divided by 1 - 0.875² = 15/64
  AdamW optimizer({.rate = 0.5, .beta1 = 0.75, .beta2 = 0.875, .epsilon = 1, .decay = 0.25});
  std::vector<double> p = {2};
  optimizer.step(p, std::array{3.0});
  CHECK(p[0] == 1.375);
  optimizer.step(p, std::array{1.0});
  const double expected = 1.375 * 0.875 - 0.5 * (13.0 / 7) / (std::sqrt(71.0 / 15) + 1);
  CHECK(p[0] == doctest::Approx(expected).epsilon(1e-15));
}

TEST_CASE("AdamW without decay is Adam, and decay leaves Adam's memory alone") {
  Adam adam(0.1);
  AdamW none({.rate = 0.1, .decay = 0});
  AdamW some({.rate = 0.1, .decay = 0.5});
  std::vector<double> a = {0.3, -0.7};
  std::vector<double> b = a;
  std::vector<double> c = a;
  for (double g : {0.5, -1.25, 3.0}) {
    adam.step(a, std::array{g, -g});
    none.step(b, std::array{g, -g});
    some.step(c, std::array{g, -g});
    CHECK(a == b);
    CHECK(a != c);
    CHECK(adam.state() == some.state());
  }
}

TEST_CASE("the options' defaults are those of the papers") {
  const AdamOptions adam;
  CHECK(adam.rate == 0.001);
  CHECK(adam.beta1 == 0.9);
  CHECK(adam.beta2 == 0.999);
  CHECK(adam.epsilon == 1e-8);
  const AdamWOptions adam_w;
  CHECK(adam_w.rate == adam.rate);
  CHECK(adam_w.beta1 == adam.beta1);
  CHECK(adam_w.beta2 == adam.beta2);
  CHECK(adam_w.epsilon == adam.epsilon);
  CHECK(RMSpropOptions().memory == 0.9);
}

TEST_CASE("every optimizer finds the minimum of Rosenbrock's valley") {
  // The curvatures there are 0.4 and 1001.6: a rate above 2 / 1001.6 diverges, and at 0.001 the
  // slow direction needs thousands of steps.
  GradientDescent descent(0.001);
  CHECK(distance_to_minimum_after(descent, 30'000) < 1e-3);
  Momentum momentum(0.001, 0.9);
  CHECK(distance_to_minimum_after(momentum, 10'000) < 1e-3);
  Nesterov nesterov(0.0005, 0.9);
  CHECK(distance_to_minimum_after(nesterov, 10'000) < 1e-3);
  Adam adam(0.02);
  CHECK(distance_to_minimum_after(adam, 10'000) < 1e-3);
  AdamW adam_w({.rate = 0.02, .decay = 1e-6});  // moves the minimum, by about decay / 0.4
  CHECK(distance_to_minimum_after(adam_w, 10'000) < 1e-3);
}

TEST_CASE("RMSprop comes as near to a minimum as its rate, and much nearer when that falls") {
  RMSprop constant(0.01);
  const double distance = distance_to_minimum_after(constant, 10'000);
  CHECK(distance < 0.05);
  RMSprop falling(0.01);
  const Schedule schedule = cosine_decay(0.01, 10'000);
  std::vector<double> p = {-1.2, 1};
  while (falling.steps() < 10'000) {
    falling.set_rate(schedule(falling.steps()));
    falling.step(p, rosenbrock_gradient(p));
  }
  CHECK(std::hypot(p[0] - 1, p[1] - 1) < distance / 10);
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

TEST_CASE("a rule of one's own gets zeros as long as the parameters, and its count of steps") {
  // Each parameter takes the largest derivative so far, once per step made.
  struct Largest final : Optimizer {
    Largest() : Optimizer(1, {{.name = "largest"}}) {}
    void update(std::span<double> parameters, std::span<const double> gradient) override {
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        memory(0)[i] = std::max(memory(0)[i], gradient[i]);
        parameters[i] -= memory(0)[i] * static_cast<double>(steps());
      }
    }
  };
  Largest optimizer;
  std::vector<double> p = {0, 0};
  optimizer.step(p, std::array{2.0, -1.0});
  CHECK(p == std::vector<double>{-2, 0});
  optimizer.step(p, std::array{1.0, 3.0});
  CHECK(p == std::vector<double>{-6, -6});
  CHECK(optimizer.steps() == 2);
}
