// Chain: one operation after the other, each on the result of the one before, and nothing else.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tapegrad::bench {

// x = sin(x) a + b, again and again; inputs: the first x, a and b.
struct Chain {
  static constexpr const char* name = "Chain of sin(x) a + b, 100 000 steps";
  static constexpr std::size_t steps = 100'000;

  // The fixed point is near 0.48, where the slope a cos(x) is all but -1: on its long way back the
  // adjoint neither vanishes nor grows.
  std::vector<double> inputs() const { return {0.5, -1.1272, 1.0}; }

  template <class T> T operator()(std::span<const T> x) const {
    using std::sin;
    T y = x[0];
    for (std::size_t step = 0; step < steps; ++step) y = sin(y) * x[1] + x[2];
    return y;
  }

  double gradient(std::span<const double> x, std::span<double> out) const {
    struct Step {
      double sine, cosine;
    };
    std::vector<Step> taken(steps);
    const double a = x[1], b = x[2];
    double y = x[0];
    for (Step& step : taken) {
      step = {std::sin(y), std::cos(y)};
      y = step.sine * a + b;
    }
    double by_y = 1, by_a = 0, by_b = 0;  // adjoints
    for (std::size_t i = steps; i-- > 0;) {
      by_a += by_y * taken[i].sine;
      by_b += by_y;
      by_y *= a * taken[i].cosine;
    }
    out[0] = by_y;
    out[1] = by_a;
    out[2] = by_b;
    return y;
  }
};

}  // namespace tapegrad::bench
