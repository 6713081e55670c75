// What chapter 6 draws: a landscape with compass needles and ways down, from above and from the
// side.
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "chapter.hpp"
#include "tapegrad/tapegrad.hpp"

namespace chapter {

/// The slopes of a landscape at a point, towards east and towards north.
using Compass = std::function<std::array<double, 2>(std::array<double, 2>)>;

/// Needles that point downhill. Where it is steeper they are longer, but far less than in
/// proportion, or one would see those at the border only.
inline std::vector<tapegrad::Arrow> needles(const Compass& compass) {
  std::vector<tapegrad::Arrow> arrows;
  for (double north = -4.5; north <= 4.5; north += 0.75) {
    for (double east = -4.5; east <= 4.5; east += 0.75) {
      const std::array<double, 2> slope = compass({east, north});
      const double steepness = std::hypot(slope[0], slope[1]);
      const double factor = -0.09 * std::log1p(steepness) / steepness;
      const double dx = factor * slope[0], dy = factor * slope[1];
      arrows.push_back({east - dx / 2, north - dy / 2, dx, dy});
    }
  }
  return arrows;
}

inline void draw_compass(const std::function<double(double, double)>& height,
                         const Compass& compass, const std::vector<tapegrad::Series>& paths) {
  const tapegrad::Grid grid = tapegrad::sample_grid(height, {-5, 5}, {-5, 5});
  picture("06_landscape", "Needles against the gradient, and four ways down",
          [&](const auto& file, tapegrad::Theme theme) {
            const tapegrad::Contour map{.title = "The compass shows the way down",
                                        .x_label = "x",
                                        .y_label = "y",
                                        .grid = grid,
                                        .paths = paths,
                                        .arrows = needles(compass)};
            return tapegrad::draw(map, file, {.theme = theme});
          });
  picture("06_surface", "The same landscape from the side: the paths run down its slopes",
          [&](const auto& file, tapegrad::Theme theme) {
            const tapegrad::Surface surface{
                .title = "Four ways down",
                .x_label = "x",
                .y_label = "y",
                .z_label = "f",
                .grid = tapegrad::sample_grid(height, {-5, 5}, {-5, 5}, 60),
                .paths = paths};
            return tapegrad::draw(surface, file, {.theme = theme});
          });
}

}  // namespace chapter
