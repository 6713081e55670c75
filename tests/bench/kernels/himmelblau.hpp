// Himmelblau: a function of two inputs and a dozen operations; what a call costs, not a node.
#pragma once

#include <span>
#include <vector>

namespace tapegrad::bench {

// f(x, y) = (x² + y - 11)² + (x + y² - 7)²
struct Himmelblau {
  static constexpr const char* name = "Himmelblau, n = 2";

  std::vector<double> inputs() const { return {-1.2, 2.5}; }

  template <class T> T operator()(std::span<const T> x) const {
    const T u = x[0] * x[0] + x[1] - 11.0;
    const T v = x[0] + x[1] * x[1] - 7.0;
    return u * u + v * v;
  }

  double gradient(std::span<const double> x, std::span<double> out) const {
    const double u = x[0] * x[0] + x[1] - 11;
    const double v = x[0] + x[1] * x[1] - 7;
    out[0] = 4 * x[0] * u + 2 * v;
    out[1] = 2 * u + 4 * x[1] * v;
    return u * u + v * v;
  }
};

}  // namespace tapegrad::bench
