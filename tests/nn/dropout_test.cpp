#include "tapegrad/nn/dropout.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/nn/layer.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/replay.hpp"

using namespace tapegrad;

namespace {

// A network of 2 inputs, a layer of 3 neurons with dropout, and 1 output.
const Layer hidden(2, 3, Activation::tanh, 1);
const Layer output(3, 1, Activation::identity, 2);

std::vector<Value> forward(std::span<const Value> parameters, std::span<const Value> x,
                           std::span<const Value> mask) {
  const std::vector<Value> a = hidden(parameters.first(hidden.parameter_count()), x);
  return output(parameters.subspan(hidden.parameter_count()), dropout(a, mask));
}

std::vector<double> numbers(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> drawn(count);
  for (double& number : drawn) number = random.uniform(-1, 1);
  return drawn;
}

std::vector<std::size_t> from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), first);
  return indices;
}

}  // namespace

TEST_CASE("a mask is 0 as often as the rate says, and its mean is 1") {
  Random random(5);
  for (double rate : {0.1, 0.5, 0.75}) {
    CAPTURE(rate);
    std::vector<double> mask(20'000, -1);
    Dropout(rate).draw(random, mask);
    const double raised = 1 / (1 - rate);
    const auto zeros = std::ranges::count(mask, 0.0);
    CHECK(zeros + std::ranges::count(mask, raised) == 20'000);
    // The seed is fixed: 4 standard deviations are what a fair draw keeps within.
    const double deviation = std::sqrt(20'000 * rate * (1 - rate));
    CHECK(std::abs(static_cast<double>(zeros) - 20'000 * rate) < 4 * deviation);
    const double mean = std::accumulate(mask.begin(), mask.end(), 0.0) / 20'000;
    CHECK(std::abs(mean - 1) < 4 * deviation * raised / 20'000);
  }
}

TEST_CASE("the mean of an activation over many masks is the activation") {
  Random random(6);
  const std::vector<double> a{2, -3};
  std::vector<double> mask(2), sum(2);
  for (int k = 0; k < 20'000; ++k) {
    Dropout(0.2).draw(random, mask);
    const std::vector<double> kept = dropout(a, mask);
    for (std::size_t j = 0; j < 2; ++j) sum[j] += kept[j];
  }
  // The deviation of a mean: |a| · sqrt(rate / (1 - rate) / 20000) = |a| · 0.0035
  CHECK(std::abs(sum[0] / 20'000 - 2) < 4 * 2 * 0.0035);
  CHECK(std::abs(sum[1] / 20'000 + 3) < 4 * 3 * 0.0035);
}

TEST_CASE("a rate of 0 leaves out nothing and draws as many numbers as any other") {
  Random random(1), other(1);
  std::vector<double> mask(50);
  Dropout(0).draw(random, mask);
  CHECK(mask == std::vector<double>(50, 1.0));
  Dropout(0.5).draw(other, mask);
  CHECK(random.next() == other.next());
  const std::vector<double> a = numbers(50, 2);
  CHECK(dropout(a, std::vector<double>(50, 1.0)) == a);
}

TEST_CASE("the same seed draws the same masks") {
  Random one(3), two(3), three(4);
  std::vector<double> a(40), b(40), c(40);
  Dropout(0.5).draw(one, a);
  Dropout(0.5).draw(two, b);
  Dropout(0.5).draw(three, c);
  CHECK(a == b);
  CHECK(a != c);
}

TEST_CASE("the derivative by an activation is its mask") {
  Tape tape;
  const std::vector<Value> a = tape.variables(std::vector<double>{1, 2, 3});
  const std::vector<double> mask{2, 0, 2};
  const std::vector<Value> kept = dropout(a, mask);
  CHECK(tape.size() == 6);
  CHECK(kept[2].value() == 6);
  tape.backward(kept[0] + kept[1] * kept[1] + 5.0 * kept[2]);
  CHECK(a[0].grad() == 2);
  CHECK(a[1].grad() == 0);  // 2 · kept · mask
  CHECK(a[2].grad() == 10);
}

TEST_CASE("a network's gradient under a mask agrees with finite differences") {
  const std::size_t count = hidden.parameter_count() + output.parameter_count();
  const std::vector<Value> mask{2.0, 0.0, 2.0}, x{0.3, -0.8};
  const auto loss = [&](std::span<const Value> parameters) {
    return squared_error(forward(parameters, x, mask), std::vector<double>{0.4});
  };
  const std::vector<double> parameters = numbers(count, 8);
  CHECK(check_gradient(loss, parameters).agrees());
  // What is left out learns nothing from this sample.
  const std::vector<double> gradient = tapegrad::gradient(loss, parameters).gradient;
  CHECK(gradient[hidden.bias_index(1)] == 0);
  CHECK(gradient[hidden.weight_index(0, 1)] == 0);
  CHECK(gradient[hidden.bias_index(0)] != 0);
}

TEST_CASE("a Program takes the mask as inputs that vary from sample to sample") {
  constexpr std::size_t varying = 2 + 3 + 1;  // x, mask, target
  const std::size_t count = hidden.parameter_count() + output.parameter_count();
  const auto loss = [&](std::span<const Value> v) {
    const Value error = forward(v.subspan(varying), v.first(2), v.subspan(2, 3))[0] - v[5];
    return error * error;
  };
  const std::vector<double> parameters = numbers(count, 9);
  std::vector<double> at = numbers(varying, 10);
  at.insert(at.end(), parameters.begin(), parameters.end());
  std::vector<std::size_t> wanted = from(1 + varying, count);
  wanted.insert(wanted.begin(), 0);
  const Program program = keep_outputs(differentiate(compile(loss, at)), wanted);
  const Replay replay(program,
                      {.uniform_inputs = from(varying, count), .summed_outputs = from(1, count)});

  constexpr std::size_t points = 21;
  Random random(11);
  std::vector<double> inputs, losses(points), sums(count), expected(count);
  for (std::size_t k = 0; k < points; ++k) {
    std::vector<double> sample = numbers(varying, 100 + k);
    Dropout(0.5).draw(random, std::span(sample).subspan(2, 3));
    inputs.insert(inputs.end(), sample.begin(), sample.end());
  }
  replay.run(
      {.points = points, .inputs = inputs, .uniform = parameters, .outputs = losses, .sums = sums});

  // The tape, with each mask as constants.
  for (std::size_t k = 0; k < points; ++k) {
    CAPTURE(k);
    const std::span<const double> sample = std::span(inputs).subspan(k * varying, varying);
    Tape tape;
    const std::vector<Value> leaves = tape.variables(parameters);
    const std::vector<Value> x(sample.begin(), sample.begin() + 2);
    const std::span<const Value> of_output = std::span(leaves).subspan(hidden.parameter_count());
    const std::vector<Value> a = hidden(std::span(leaves).first(hidden.parameter_count()), x);
    const Value error = output(of_output, dropout(a, sample.subspan(2, 3)))[0] - sample[5];
    const Value squared = error * error;
    tape.backward(squared);
    CHECK(squared.value() == losses[k]);
    for (std::size_t i = 0; i < count; ++i) expected[i] += leaves[i].grad();
  }
  for (std::size_t i = 0; i < count; ++i) {
    CAPTURE(i);
    // Only the order of 21 summands of about 1 differs.
    CHECK(sums[i] == doctest::Approx(expected[i]).epsilon(1e-13));
  }
}

TEST_CASE("an infinite activation that is left out is NaN, not 0") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isnan(dropout(std::vector{infinity}, std::vector{0.0})[0]));
}

TEST_CASE("rates that are none, and masks of another length, are refused") {
  CHECK_THROWS_WITH_AS(Dropout(1), "Dropout: the rate is 1; pass a number from 0, below 1",
                       ArgumentError);
  for (double rate : {-0.1, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(Dropout{rate}, ArgumentError);
  }
  CHECK(Dropout(0.25).rate() == 0.25);
  CHECK_THROWS_WITH_AS(dropout(std::vector<double>(3), std::vector<double>(2)),
                       "dropout: 3 activations and a mask of 2; draw one for each", ShapeError);
  CHECK_THROWS_AS(dropout(std::vector<Value>(3), std::vector<Value>(4)), ShapeError);
  CHECK_THROWS_AS(dropout(std::vector<Value>(3), std::vector<double>(4)), ShapeError);
}
