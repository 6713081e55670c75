// What chapter 4 draws: two losses over a prediction, and the loss over two of the weights.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "tapegrad/tapegrad.hpp"

namespace chapter {

/// Both losses of one output over its prediction, and where ours stands.
inline tapegrad::Plot losses_over_prediction(double truth, double prediction) {
  const auto squares = [=](double a) { return (a - truth) * (a - truth); };
  const auto entropy = [=](double a) {
    return -truth * std::log(a) - (1 - truth) * std::log(1 - a);
  };
  return {.title = fmt::format("the truth is {}", truth),
          .x_label = "prediction a",
          .y_label = "loss",
          .series = {tapegrad::sample_curve("squared error", squares, {0.01, 0.99}),
                     tapegrad::sample_curve("cross-entropy", entropy, {0.01, 0.99}),
                     {.name = "our prediction",
                      .x = {prediction, prediction},
                      .y = {squares(prediction), entropy(prediction)},
                      .marks = tapegrad::Marks::rings}},
          .y_scale = tapegrad::Scale::linear};
}

/// The mean loss over two of the parameters, the first weight of each layer; all others stay.
inline tapegrad::Surface landscape(const tapegrad::MLP& net,
                                   const std::function<double(const tapegrad::MLP&)>& mean_loss) {
  const auto loss = [&](double w, double v) {
    tapegrad::MLP other = net;
    other.parameters(0)[0] = w;
    other.parameters(1)[0] = v;
    return mean_loss(other);
  };
  return {
      .title = "mean loss over two of the weights",
      .x_label = net.layers()[0].parameter_names()->name(0),
      .y_label = net.layers()[1].parameter_names()->name(0),
      .z_label = "loss",
      .grid = tapegrad::sample_grid(loss, {-8, 8}, {-8, 8}, 41),
      .paths = {{.name = "our network", .x = {net.parameters(0)[0]}, .y = {net.parameters(1)[0]}}}};
}

}  // namespace chapter
