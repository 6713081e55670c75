// What the last chapter shows of learning rates: a narrow valley, and the way of gradient descent
// in it.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "chapter.hpp"
#include "tapegrad/tapegrad.hpp"

namespace chapter {

inline constexpr double curvature = 10;  // across the valley; along it, it is 1
inline constexpr int trial_steps = 30;
inline constexpr int steps_on_the_map = 12;  // while all are still to be seen

/// A narrow valley along x.
template <class T> T valley(T along, T across) {
  return along * along / 2 + curvature * across * across / 2;
}

/// Steps into the valley at one learning rate.
struct Trial {
  double rate;
  std::array<double, 2> start;
  double of_x = 1 - rate;  // what a step multiplies x by
  double of_y = 1 - rate * curvature;
  tapegrad::Series path = {};
  tapegrad::Series heights = {};

  std::string fate() const {
    if (std::abs(of_y) > 1) return "diverges";
    if (of_y < -0.5) return "bounces";
    return of_x > 0.95 ? "crawls" : "is right";
  }
};

/// Where the steps lead on the map, and how high each is.
inline void draw_trials(const std::vector<Trial>& trials) {
  std::vector<tapegrad::Series> paths, heights;
  for (const Trial& trial : trials) {
    paths.push_back(trial.path);
    heights.push_back(trial.heights);
  }
  picture("10_rates", "The first steps at four learning rates, from equal heights",
          [&](const auto& file, tapegrad::Theme theme) {
            const tapegrad::Contour map{
                .title = "Learning rates",
                .x_label = "x",
                .y_label = "y",
                .grid = tapegrad::sample_grid(valley<double>, {-5, 5}, {-4, 4}),
                .paths = paths};
            return tapegrad::draw(map, file, {.theme = theme});
          });
  picture("10_heights", "Their heights, step by step",
          [&](const auto& file, tapegrad::Theme theme) {
            const tapegrad::Plot plot{.title = "Learning rates",
                                      .x_label = "step",
                                      .y_label = "f",
                                      .series = heights,
                                      .y_scale = tapegrad::Scale::logarithmic};
            return tapegrad::draw(plot, file, {.theme = theme});
          });
}

}  // namespace chapter
