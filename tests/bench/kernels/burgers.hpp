// Burgers: a time-stepping solver, with much data in it and the same few operations everywhere.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

namespace tapegrad::bench {

// Viscous Burgers' equation u_t + u u_x = ν u_xx between two walls at rest, central differences in
// space and explicit steps in time. Inputs: u at the start; value: ∫ u² dx at the end.
struct Burgers {
  static constexpr const char* name = "Burgers' equation, 200 cells, 100 steps";
  static constexpr std::size_t cells = 200, steps = 100;
  static constexpr double dx = 1.0 / (cells + 1), dt = 1e-3, viscosity = 0.01;
  // Stable: d < 1/2, and |u| c < d.
  static constexpr double c = dt / (2 * dx), d = viscosity * dt / (dx * dx);

  std::vector<double> inputs() const {
    std::vector<double> u(cells);
    for (std::size_t i = 0; i < cells; ++i) {
      const double x = static_cast<double>(i + 1) * dx;
      u[i] = std::sin(2 * std::numbers::pi * x) + 0.5 * std::sin(std::numbers::pi * x);
    }
    return u;
  }

  template <class T> T operator()(std::span<const T> start) const {
    // A wall at either end.
    std::vector<T> u(cells + 2, T(0.0)), next(cells + 2, T(0.0));
    std::copy(start.begin(), start.end(), u.begin() + 1);
    for (std::size_t step = 0; step < steps; ++step) {
      advance(u.data(), next.data());
      std::swap(u, next);
    }
    T sum = 0.0;
    for (std::size_t i = 1; i <= cells; ++i) sum += u[i] * u[i];
    return sum * dx;
  }

  // The adjoint of u[i] gathers from next[i] and its two neighbours:
  //   by_u[i] = by_next[i] (1 - c (u[i+1] - u[i-1]) - 2 d)
  //           + by_next[i-1] (d - c u[i-1]) + by_next[i+1] (d + c u[i+1])
  double gradient(std::span<const double> start, std::span<double> out) const {
    constexpr std::size_t row = cells + 2;
    std::vector<double> history((steps + 1) * row);
    std::copy(start.begin(), start.end(), history.begin() + 1);
    for (std::size_t step = 0; step < steps; ++step)
      advance(&history[step * row], &history[(step + 1) * row]);

    std::vector<double> adjoint(row), earlier(row);
    const double* end = &history[steps * row];
    double sum = 0;
    for (std::size_t i = 1; i <= cells; ++i) {
      sum += end[i] * end[i];
      adjoint[i] = 2 * dx * end[i];
    }
    for (std::size_t step = steps; step-- > 0;) {
      pull_back(&history[step * row], adjoint.data(), earlier.data());
      std::swap(adjoint, earlier);
    }
    std::copy(adjoint.begin() + 1, adjoint.end() - 1, out.begin());
    return sum * dx;
  }

 private:
  template <class T> static void advance(const T* u, T* next) {
    for (std::size_t i = 1; i <= cells; ++i)
      next[i] = u[i] - c * u[i] * (u[i + 1] - u[i - 1]) + d * (u[i + 1] - 2.0 * u[i] + u[i - 1]);
  }

  static void pull_back(const double* u, const double* by_next, double* by_u) {
    for (std::size_t i = 1; i <= cells; ++i)
      by_u[i] = by_next[i] * (1 - c * (u[i + 1] - u[i - 1]) - 2 * d) +
                by_next[i - 1] * (d - c * u[i - 1]) + by_next[i + 1] * (d + c * u[i + 1]);
  }
};

}  // namespace tapegrad::bench
