// Batches in parts: what a process has of a batch, and in what order parts are added.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "small_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/score.hpp"
#include "tapegrad/nn/trainer.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

const Samples samples = one_hot(three_blobs(30, 1));

/// What is summed in the first epoch, for a network that does not learn from it.
struct Sums {
  std::vector<std::size_t> samples;
  std::vector<double> losses;
  std::vector<std::vector<double>> gradients;
  ScoreSum scores;
};

Sums sums_of(const BatchShare& share, std::size_t batch, Engine engine = Engine::program) {
  Sums sums;
  MLP net({2, 5, 3}, Activation::tanh, Activation::identity, 1);
  GradientDescent descent(std::numeric_limits<double>::min());
  TrainerOptions options{
      .epochs = 1, .batch = batch, .gradient = {.engine = engine}, .share = share};
  options.combine = [&](BatchSum& sum) {
    sums.samples.push_back(sum.samples);
    sums.losses.push_back(sum.loss);
    sums.gradients.emplace_back(sum.gradient.begin(), sum.gradient.end());
    sum.samples = batch;  // a part of the last batch may have none
  };
  options.combine_scores = [&](ScoreSum& sum) {
    sums.scores = sum;
    sum.samples = samples.size();
  };
  Trainer({.network = net, .optimizer = descent, .objective = classification(), .train = samples},
          std::move(options))
      .run();
  return sums;
}

/// Σ |g_p| over all samples, for each parameter.
std::vector<double> sizes_of_gradients() {
  const MLP net({2, 5, 3}, Activation::tanh, Activation::identity, 1);
  std::vector<double> sizes(net.parameters().size()), gradient(sizes.size());
  LossGradient of_sample(
      [&](std::span<const Value> parameters, const SampleValues& sample) {
        return classification().loss(net.forward(parameters, sample.inputs), sample.targets);
      },
      {.parameters = sizes.size(), .inputs = 2, .targets = 3});
  for (std::size_t i = 0; i < samples.size(); ++i) {
    std::vector<double> row(samples.row(i).begin(), samples.row(i).end());
    row.insert(row.end(), samples.target(i).begin(), samples.target(i).end());
    of_sample.run({.parameters = net.parameters(), .rows = row, .gradient = gradient});
    for (std::size_t k = 0; k < sizes.size(); ++k) sizes[k] += std::abs(gradient[k]);
  }
  return sizes;
}

}  // namespace

TEST_CASE("parts are as even as can be, and leave out no sample") {
  std::vector<std::vector<std::size_t>> counts;
  for (std::size_t part = 0; part < 4; ++part)
    counts.push_back(sums_of({.parts = 4, .begin = part, .end = part + 1}, 14).samples);
  // Batches of 14, 14 and 2.
  CHECK(counts[0] == std::vector<std::size_t>{3, 3, 0});
  CHECK(counts[1] == std::vector<std::size_t>{4, 4, 1});
  CHECK(counts[2] == std::vector<std::size_t>{3, 3, 0});
  CHECK(counts[3] == std::vector<std::size_t>{4, 4, 1});
}

TEST_CASE("parts are added as a binary tree, to the last bit") {
  for (const Engine engine : {Engine::program, Engine::tape}) {
    std::vector<Sums> part;
    for (std::size_t k = 0; k < 5; ++k)
      part.push_back(sums_of({.parts = 5, .begin = k, .end = k + 1}, 15, engine));
    const auto tree = [&](const auto& of) {
      return ((of(part[0]) + of(part[1])) + (of(part[2]) + of(part[3]))) + of(part[4]);
    };
    const Sums all = sums_of({.parts = 5, .begin = 0, .end = 5}, 15, engine);
    const Sums upper = sums_of({.parts = 5, .begin = 2, .end = 5}, 15, engine);
    CHECK(all.scores.loss == tree([](const Sums& sums) { return sums.scores.loss; }));
    CHECK(all.scores.right == tree([](const Sums& sums) { return sums.scores.right; }));
    CHECK(all.scores.samples == 30);
    CHECK(upper.scores.samples == 18);
    for (std::size_t step = 0; step < 2; ++step) {
      CHECK(all.samples[step] == 15);
      CHECK(all.losses[step] == tree([&](const Sums& sums) { return sums.losses[step]; }));
      for (std::size_t k = 0; k < all.gradients[step].size(); ++k) {
        const auto derivative = [&](const Sums& sums) { return sums.gradients[step][k]; };
        CHECK(derivative(all) == tree(derivative));
        CHECK(derivative(upper) ==
              (derivative(part[2]) + derivative(part[3])) + derivative(part[4]));
      }
    }
  }
}

TEST_CASE("sums in parts differ from those at once by rounding alone") {
  const Sums at_once = sums_of({}, 30);
  const std::vector<double> sizes = sizes_of_gradients();
  for (const std::size_t parts : {2u, 3u, 8u, 30u}) {
    const Sums sums = sums_of({.parts = parts, .begin = 0, .end = parts}, 30);
    for (std::size_t k = 0; k < sizes.size(); ++k) {
      const double bound = 29 * std::numeric_limits<double>::epsilon() * sizes[k];
      CHECK(std::abs(sums.gradients[0][k] - at_once.gradients[0][k]) <= bound);
    }
  }
}

TEST_CASE("shares that make no sense are refused") {
  constexpr std::array wrong{
      BatchShare{.parts = 0, .begin = 0, .end = 0}, BatchShare{.parts = 4, .begin = 2, .end = 2},
      BatchShare{.parts = 4, .begin = 3, .end = 2}, BatchShare{.parts = 4, .begin = 3, .end = 5},
      BatchShare{.parts = 11, .begin = 0, .end = 11}};
  for (const BatchShare& share : wrong) CHECK_THROWS_AS(sums_of(share, 10), ArgumentError);
}

TEST_CASE("a share that nobody completes is refused") {
  MLP net({2, 5, 3}, Activation::tanh, Activation::identity, 1);
  Adam adam(0.01);
  const Training training{
      .network = net, .optimizer = adam, .objective = classification(), .train = samples};
  TrainerOptions options{.batch = 10};
  options.share = {.parts = 4, .begin = 0, .end = 3};
  CHECK_THROWS_AS(Trainer(training, options), ArgumentError);
  options.combine = [](BatchSum&) {};
  CHECK_THROWS_AS(Trainer(training, options), ArgumentError);
  options.combine_scores = [](ScoreSum&) {};
  CHECK_NOTHROW(Trainer(training, options));
  options = {.batch = 10};
  options.share = {.parts = 4, .begin = 0, .end = 4};
  CHECK_NOTHROW(Trainer(training, options));
}

TEST_CASE("scores can be summed over any part of a set, but no further") {
  const MLP net({2, 5, 3}, Activation::tanh, Activation::identity, 1);
  const auto sum = [&](std::size_t begin, std::size_t end) {
    return sum_scores(net, classification(), samples, begin, end);
  };
  std::size_t right = 0;
  double loss = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    right += sum(i, i + 1).right;
    loss += sum(i, i + 1).loss;
  }
  CHECK(sum(0, 30).right == right);
  CHECK(sum(0, 30).loss == loss);
  CHECK(sum(7, 7).samples == 0);
  CHECK(sum(7, 7).loss == 0);
  const Score score = evaluate(net, classification(), samples);
  CHECK(score_of(classification(), sum(0, 30)).loss == score.loss);
  CHECK(score.loss == loss / 30);
  CHECK(score.accuracy == static_cast<double>(right) / 30);
  CHECK_THROWS_AS(sum(29, 31), ArgumentError);
  CHECK_THROWS_AS(sum(2, 1), ArgumentError);
  CHECK_THROWS_AS(score_of(classification(), sum(7, 7)), ArgumentError);
}
