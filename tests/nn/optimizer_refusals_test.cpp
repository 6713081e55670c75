#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <vector>

#include "nn/optimizers.hpp"
#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("a rate that is not positive and finite is refused by the constructor") {
  for (double rate : {0.0, -0.1, not_a_number, infinity}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(GradientDescent{rate}, ArgumentError);
    CHECK_THROWS_AS(Momentum(rate, 0.5), ArgumentError);
    CHECK_THROWS_AS(Nesterov(rate, 0.5), ArgumentError);
    CHECK_THROWS_AS(RMSprop{rate}, ArgumentError);
    CHECK_THROWS_AS(Adam{rate}, ArgumentError);
    CHECK_THROWS_AS(AdamW{rate}, ArgumentError);
  }
  CHECK_THROWS_WITH_AS(GradientDescent{-0.1},
                       "optimizer: rate is -0.1; pass a finite number above 0", ArgumentError);
}

TEST_CASE("set_rate takes 0, at which parameters stay, and nothing below") {
  GradientDescent optimizer(0.5);
  for (double rate : {-0.1, not_a_number, infinity}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(optimizer.set_rate(rate), ArgumentError);
    CHECK(optimizer.rate() == 0.5);
  }
  optimizer.set_rate(0);
  std::vector<double> p = {1};
  optimizer.step(p, std::array{2.0});
  CHECK(p[0] == 1);
  CHECK_THROWS_WITH_AS(optimizer.set_rate(-1),
                       "optimizer: rate is -1; pass a finite number, 0 or above", ArgumentError);
}

TEST_CASE("a memory outside [0, 1) is refused") {
  for (double memory : {-0.1, 1.0, 1.5, not_a_number}) {
    CAPTURE(memory);
    CHECK_THROWS_AS(Momentum(0.1, memory), ArgumentError);
    CHECK_THROWS_AS(Nesterov(0.1, memory), ArgumentError);
    CHECK_THROWS_AS(RMSprop(RMSpropOptions{.memory = memory}), ArgumentError);
    CHECK_THROWS_AS(AdamW(AdamWOptions{.beta1 = memory}), ArgumentError);
    CHECK_THROWS_AS(Adam(AdamOptions{.beta1 = memory}), ArgumentError);
    CHECK_THROWS_AS(Adam(AdamOptions{.beta2 = memory}), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(Momentum(0.1, 1), "optimizer: momentum is 1; pass 0 <= momentum < 1",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(Adam(AdamOptions{.beta2 = 2}), "optimizer: beta2 is 2; pass 0 <= beta2 < 1",
                       ArgumentError);
}

TEST_CASE("an epsilon that is not positive and finite is refused") {
  for (double epsilon : {0.0, -1e-8, not_a_number, infinity}) {
    CAPTURE(epsilon);
    CHECK_THROWS_AS(Adam(AdamOptions{.epsilon = epsilon}), ArgumentError);
    CHECK_THROWS_AS(AdamW(AdamWOptions{.epsilon = epsilon}), ArgumentError);
    CHECK_THROWS_AS(RMSprop(RMSpropOptions{.epsilon = epsilon}), ArgumentError);
  }
}

TEST_CASE("a negative or infinite weight decay is refused") {
  for (double decay : {-0.1, not_a_number, infinity}) {
    CAPTURE(decay);
    CHECK_THROWS_AS(AdamW(AdamWOptions{.decay = decay}), ArgumentError);
  }
  CHECK_NOTHROW(AdamW(AdamWOptions{.decay = 0}));
}

TEST_CASE("a gradient of another size than the parameters is refused") {
  for (const OptimizerMaker& optimizer : every_optimizer) {
    CAPTURE(optimizer.name);
    std::vector<double> p = {1, 2, 3};
    CHECK_THROWS_WITH_AS(
        optimizer.make()->step(p, std::array{1.0, 2.0}),
        "Optimizer::step: 2 derivatives for 3 parameters; pass one for each parameter", ShapeError);
    CHECK(p == std::vector<double>{1, 2, 3});
  }
}

TEST_CASE("a step of another size than the first one is refused") {
  for (const OptimizerMaker& named : every_optimizer) {
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
  for (const OptimizerMaker& named : every_optimizer) {
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

TEST_CASE("a derivative whose square overflows is refused, and leaves no trace") {
  AdamW disturbed(0.1);
  AdamW undisturbed(0.1);
  RMSprop other(0.1);
  std::vector<double> a = {1, 2};
  std::vector<double> b = a;
  CHECK_THROWS_AS(other.step(a, std::array{1.0, -1e200}), ArgumentError);
  CHECK_THROWS_WITH_AS(
      disturbed.step(a, std::array{1.0, -1e200}),
      "Optimizer::step: the derivative by parameter 1 is -1e+200, above 1e+154, and "
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
  for (const OptimizerMaker& named : every_optimizer) {
    CAPTURE(named.name);
    std::vector<double> none;
    CHECK_NOTHROW(named.make()->step(none, none));
  }
}
