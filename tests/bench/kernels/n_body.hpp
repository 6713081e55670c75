// NBody: the energy of bodies that attract each other. A square root and a division for each pair.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

struct NBody {
  static constexpr const char* name = "N-body, 40 bodies";

  NBody() : masses_(count) {
    Numbers numbers(11);
    for (double& mass : masses_) mass = numbers.between(0.5, 1.5);
  }

  // The x of all bodies, their y, their z; then their velocities in the same order.
  std::vector<double> inputs() const {
    Numbers numbers(12);
    std::vector<double> x;
    for (std::size_t i = 0; i < 3 * count; ++i) x.push_back(numbers.between(-1, 1));
    for (std::size_t i = 0; i < 3 * count; ++i) x.push_back(numbers.between(-3, 3));
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    using std::sqrt;
    const T *px = &x[0], *py = &x[count], *pz = &x[2 * count];
    const T *vx = &x[3 * count], *vy = &x[4 * count], *vz = &x[5 * count];
    T kinetic = 0.0, potential = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
      kinetic += 0.5 * masses_[i] * (vx[i] * vx[i] + vy[i] * vy[i] + vz[i] * vz[i]);
      T pull = 0.0;
      for (std::size_t j = i + 1; j < count; ++j) {
        const T dx = px[j] - px[i], dy = py[j] - py[i], dz = pz[j] - pz[i];
        pull += masses_[j] / sqrt(dx * dx + dy * dy + dz * dz + softening);
      }
      potential -= masses_[i] * pull;
    }
    return kinetic + potential;
  }

  // Of a pair, -m m' / ρ with ρ² = |d|² + ε has the gradient m m' d / ρ³ by the second body's
  // place, and its negative by the first's.
  double gradient(std::span<const double> x, std::span<double> out) const {
    const double *px = &x[0], *py = &x[count], *pz = &x[2 * count];
    std::array<double, count> by_x{}, by_y{}, by_z{};
    double kinetic = 0, potential = 0;
    for (std::size_t k = 0; k < 3 * count; ++k) {
      const double velocity = x[3 * count + k], momentum = masses_[k % count] * velocity;
      out[3 * count + k] = momentum;
      kinetic += 0.5 * momentum * velocity;
    }
    for (std::size_t i = 0; i < count; ++i) {
      double pull = 0, sum_x = 0, sum_y = 0, sum_z = 0;
      for (std::size_t j = i + 1; j < count; ++j) {
        const double dx = px[j] - px[i], dy = py[j] - py[i], dz = pz[j] - pz[i];
        const double per_squared = 1 / (dx * dx + dy * dy + dz * dz + softening);
        const double share = masses_[j] * std::sqrt(per_squared);
        const double force = masses_[i] * share * per_squared;
        pull += share;
        sum_x += force * dx;
        sum_y += force * dy;
        sum_z += force * dz;
        by_x[j] += force * dx;
        by_y[j] += force * dy;
        by_z[j] += force * dz;
      }
      by_x[i] -= sum_x;
      by_y[i] -= sum_y;
      by_z[i] -= sum_z;
      potential -= masses_[i] * pull;
    }
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = by_x[i];
      out[count + i] = by_y[i];
      out[2 * count + i] = by_z[i];
    }
    return kinetic + potential;
  }

 private:
  static constexpr std::size_t count = 40;
  static constexpr double softening = 0.01;  // what is added to a squared distance

  std::vector<double> masses_;
};

}  // namespace tapegrad::bench
