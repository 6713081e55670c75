// What the last chapter's network learns: points on two spirals, wound into each other.
#pragma once

#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

#include "tapegrad/tapegrad.hpp"

namespace chapter {

/// Points by turns on one spiral and on the other, one turn each, up to radius 3.
inline tapegrad::Dataset two_spirals() {
  constexpr std::size_t of_each = 60;
  tapegrad::Dataset points{.inputs = 2, .classes = 2, .x = {}, .labels = {}};
  for (std::size_t i = 0; i < 2 * of_each; ++i) {
    // By the root, so that they do not crowd inside.
    const double along = std::sqrt((static_cast<double>(i / 2) + 0.5) / of_each);
    const double angle = std::numbers::pi * (2 * along + static_cast<double>(i % 2));
    points.x.push_back(3 * along * std::cos(angle));
    points.x.push_back(3 * along * std::sin(angle));
    points.labels.push_back(i % 2);
  }
  return points;
}

/// To which spiral the network assigns each place of the plane.
inline tapegrad::DecisionMap map_of(const tapegrad::MLP& net, const tapegrad::Dataset& points,
                                    const std::string& title) {
  const auto of_the_other = [&](double x1, double x2) {
    return tapegrad::softmax(net({x1, x2}))[1];
  };
  tapegrad::DecisionMap map{
      .title = title,
      .grid = tapegrad::sample_grid(of_the_other, {-3.5, 3.5}, {-3.5, 3.5}, 80),
      .classes = {tapegrad::Series{"one spiral", {}, {}}, tapegrad::Series{"the other", {}, {}}}};
  for (std::size_t i = 0; i < points.size(); ++i) {
    map.classes[points.labels[i]].x.push_back(points.row(i)[0]);
    map.classes[points.labels[i]].y.push_back(points.row(i)[1]);
  }
  return map;
}

}  // namespace chapter
