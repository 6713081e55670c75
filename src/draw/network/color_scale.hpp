// Numbers that are shown alike in a picture, and where their colours end.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "draw/palette.hpp"

namespace tapegrad {

/// Symmetric: white or black is 0, and the ends are ± the largest number.
class ColorScale {
 public:
  explicit ColorScale(Theme theme) : theme_(theme) {}

  void add(double x) {
    if (std::isfinite(x))
      largest_ = std::max(largest_, std::abs(x));
    else
      has_not_finite_ = true;
  }

  /// From -1 to 1, as scale_position(); what is not finite stands out as much as the largest.
  double position(double x) const { return std::isfinite(x) ? scale_position(x, largest_) : 1; }
  std::string color(double x) const { return hex(number_color(x, largest_, theme_)); }

  /// For a legend: both ends, 0, what is halfway between in colour, and NaN if there is any.
  std::vector<double> samples() const {
    std::vector<double> samples{0};
    if (largest_ > 0) samples = {-largest_, -largest_ / 4, 0, largest_ / 4, largest_};
    if (has_not_finite_) samples.push_back(std::numeric_limits<double>::quiet_NaN());
    return samples;
  }

 private:
  Theme theme_;
  double largest_ = 0;
  bool has_not_finite_ = false;
};

}  // namespace tapegrad
