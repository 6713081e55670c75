// From the least to the greatest of some numbers, and the scale that shows them.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "tapegrad/draw/plot.hpp"

namespace tapegrad {

/// Of those that are finite: without any, least > greatest.
struct Extent {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -std::numeric_limits<double>::infinity();

  void add(std::span<const double> numbers) {
    for (const double x : numbers) {
      if (!std::isfinite(x)) continue;
      least = std::min(least, x);
      greatest = std::max(greatest, x);
    }
  }
};

/// Scale::automatic's rule, which isLogarithmic() of training_page_curves.js follows, too.
inline bool is_logarithmic(Scale scale, const Extent& extent) {
  if (scale != Scale::automatic) return scale == Scale::logarithmic;
  return extent.least > 0 && extent.greatest >= 100 * extent.least;
}

}  // namespace tapegrad
