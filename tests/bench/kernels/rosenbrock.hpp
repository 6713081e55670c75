// Rosenbrock, chained over n inputs: short terms in one long sum.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

// f(x) = Σ 100 (x[i+1] - x[i]²)² + (1 - x[i])²
struct Rosenbrock {
  static constexpr const char* name = "Rosenbrock, n = 1000";
  static constexpr std::size_t n = 1000;

  std::vector<double> inputs() const {
    Numbers numbers(3);
    std::vector<double> x(n);
    for (double& xi : x) xi = numbers.between(-1.5, 1.5);
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    T sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const T u = x[i + 1] - x[i] * x[i];
      const T v = 1.0 - x[i];
      sum += 100.0 * u * u + v * v;
    }
    return sum;
  }

  // Each x[i] stands in two terms: as the left one in its own, as the right one in the term before.
  double gradient(std::span<const double> x, std::span<double> out) const {
    double sum = 0;
    double from_left = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const double u = x[i + 1] - x[i] * x[i];
      const double v = 1 - x[i];
      sum += 100 * u * u + v * v;
      out[i] = from_left - 400 * x[i] * u - 2 * v;
      from_left = 200 * u;
    }
    out[x.size() - 1] = from_left;
    return sum;
  }
};

}  // namespace tapegrad::bench
