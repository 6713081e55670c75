#include "tapegrad/nn/target_loss.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;

namespace {

std::vector<Value> constants(const std::vector<double>& numbers) {
  return {numbers.begin(), numbers.end()};
}

std::vector<double> draw(Random& random, std::size_t count, double size) {
  std::vector<double> numbers(count);
  for (double& number : numbers) number = random.uniform(-size, size);
  return numbers;
}

}  // namespace

TEST_CASE("one-hot targets give the value and gradient of the label, to the last bit") {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    const std::size_t classes = 1 + random.below(6);
    const std::size_t label = random.below(classes);
    const std::vector<double> pa = draw(random, classes, round < 100 ? 3 : 300);
    const std::vector<Value> y = constants(one_hot(label, classes));
    const auto by_label =
        gradient([&](std::span<const Value> x) { return softmax_cross_entropy(x, label); }, pa);
    const auto by_targets =
        gradient([&](std::span<const Value> x) { return softmax_cross_entropy(x, y); }, pa);
    CAPTURE(round);
    CHECK(by_targets.value == by_label.value);
    CHECK(by_targets.gradient == by_label.gradient);
  }
}

TEST_CASE(
    "targets that share the probability have the closed form softmax - y, as differences do") {
  const std::vector<double> pa{0.3, -1.2, 2.0, 0.1};
  const std::vector<double> y{0.125, 0.5, 0.25, 0.125};
  const auto loss = [&](std::span<const Value> x) {
    return softmax_cross_entropy(x, constants(y));
  };
  const auto [value, slopes] = gradient(loss, pa);
  double total = 0;
  for (double x : pa) total += std::exp(x);
  double expected = 0;
  for (std::size_t k = 0; k < pa.size(); ++k) {
    expected -= y[k] * std::log(std::exp(pa[k]) / total);
    CHECK(slopes[k] == doctest::Approx(std::exp(pa[k]) / total - y[k]).epsilon(1e-14));
  }
  CHECK(value == doctest::Approx(expected).epsilon(1e-14));
  CHECK(check_gradient(loss, pa).agrees());
}

TEST_CASE("squares against targets are those against numbers, to the last bit") {
  Random random(2);
  for (int round = 0; round < 50; ++round) {
    const std::size_t outputs = 1 + random.below(4);
    const std::vector<double> a = draw(random, outputs, 2), y = draw(random, outputs, 2);
    const auto of_numbers = gradient(
        [&](std::span<const Value> x) { return squared_error(x, std::span<const double>(y)); }, a);
    const auto of_values =
        gradient([&](std::span<const Value> x) { return squared_error(x, constants(y)); }, a);
    CHECK(of_values.value == of_numbers.value);
    CHECK(of_values.gradient == of_numbers.gradient);
    CHECK(mean_squared_error(constants(a), constants(y)).value() ==
          mean_squared_error(std::span<const double>(a), std::span<const double>(y)));
  }
}

TEST_CASE("of constants, losses need no tape") {
  CHECK(active_recording->tape() == nullptr);
  const Value loss = softmax_cross_entropy(constants({0, 0}), constants({0, 1}));
  CHECK(loss.is_constant());
  CHECK(loss.value() == std::log(2.0));
}

TEST_CASE("targets can be differentiated by as well") {
  Tape tape;
  const std::vector<Value> y = tape.variables(std::vector{0.25, 0.75});
  tape.backward(softmax_cross_entropy(constants({1, 2}), y));
  const double log_total = std::log(std::exp(1.0) + std::exp(2.0));
  CHECK(y[0].grad() == doctest::Approx(log_total - 1).epsilon(1e-14));
  CHECK(y[1].grad() == doctest::Approx(log_total - 2).epsilon(1e-14));
}

TEST_CASE("an infinite pre-activation makes the cross-entropy NaN, also where its target is 0") {
  CHECK(std::isnan(softmax_cross_entropy(constants({-HUGE_VAL, 1}), constants({0, 1})).value()));
}

TEST_CASE("outputs and targets of different numbers, or none, are refused") {
  CHECK_THROWS_AS(softmax_cross_entropy(constants({1, 2}), constants({1})), ShapeError);
  CHECK_THROWS_AS(softmax_cross_entropy(constants({}), constants({})), ShapeError);
  CHECK_THROWS_AS(squared_error(constants({1}), constants({1, 2})), ShapeError);
  CHECK_THROWS_WITH_AS(
      mean_squared_error(constants({}), constants({})),
      "mean_squared_error: 0 outputs and 0 targets; it needs as many, at least one", ShapeError);
}
