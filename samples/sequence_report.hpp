// What `sequence` draws: the signal, and a forecast for each of its numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "tapegrad/draw/plot.hpp"

/// The first 120 numbers, the first of which is that at time `begin`.
inline tapegrad::Plot picture_of(std::span<const double> truth, std::span<const double> forecast,
                                 std::size_t begin) {
  tapegrad::Series learnt{"forecast", {}, {}};
  tapegrad::Series signal{"signal", {}, {}, tapegrad::Marks::discs};
  for (std::size_t i = 0; i < std::min<std::size_t>(truth.size(), 120); ++i) {
    for (tapegrad::Series* series : {&learnt, &signal})
      series->x.push_back(static_cast<double>(begin + i));
    learnt.y.push_back(forecast[i]);
    signal.y.push_back(truth[i]);
  }
  return {.title = "What comes next, one step ahead",
          .x_label = "time",
          .y_label = "",
          .series = {learnt, signal},
          .y_scale = tapegrad::Scale::linear};
}
