// Objectives, and how good a network is at them.
#include "tapegrad/nn/score.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "small_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/loss.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

TEST_CASE("loss and accuracy of a classifier are means over the samples") {
  const MLP net({2, 5, 3}, Activation::tanh, Activation::identity, 4);
  const Dataset data = three_blobs(40, 1);
  double loss = 0;
  double right = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::vector<double> pa = net(data.row(i));
    loss += softmax_cross_entropy(pa, data.labels[i]) / 40;
    bool is_ahead = true;
    for (std::size_t k = 0; k < 3; ++k)
      if (k != data.labels[i] && pa[k] >= pa[data.labels[i]]) is_ahead = false;
    right += is_ahead ? 1 : 0;
  }
  const Score score = evaluate(net, classification(), one_hot(data));
  CHECK(score.loss == doctest::Approx(loss).epsilon(1e-13));
  CHECK(score.accuracy == right / 40);
}

TEST_CASE("of equal outputs the first is the answer") {
  const Objective objective = classification();
  CHECK(objective.is_right(std::vector{1.0, 1.0}, std::vector{1.0, 0.0}));
  CHECK_FALSE(objective.is_right(std::vector{1.0, 1.0}, std::vector{0.0, 1.0}));
}

TEST_CASE("a regression has a loss, and no accuracy") {
  const MLP net({1, 2}, Activation::tanh, Activation::identity, 1);
  const Samples data{.inputs = 1, .targets = 2, .x = {0.5, -1}, .y = {1, 2, 3, 4}};
  const double expected = (mean_squared_error(net(std::vector{0.5}), std::vector{1.0, 2.0}) +
                           mean_squared_error(net(std::vector{-1.0}), std::vector{3.0, 4.0})) /
                          2;
  const Score score = evaluate(net, regression(), data);
  CHECK(score.loss == expected);
  CHECK(std::isnan(score.accuracy));
}

TEST_CASE("samples that do not fit a network are refused") {
  const MLP net({2, 3}, Activation::tanh, Activation::identity, 1);
  CHECK_THROWS_AS(
      evaluate(net, classification(), {.inputs = 1, .targets = 3, .x = {1}, .y = {1, 0, 0}}),
      ShapeError);
  CHECK_THROWS_AS(
      evaluate(net, classification(), {.inputs = 2, .targets = 1, .x = {1, 2}, .y = {1}}),
      ShapeError);
  CHECK_THROWS_AS(evaluate(net, classification(), {.inputs = 2, .targets = 1, .x = {1}, .y = {1}}),
                  ShapeError);
}
