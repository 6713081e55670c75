// Numbers: the fixed stream of doubles from which the kernels make their data and their inputs, so
// that every run and every library gets the same ones.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace tapegrad::bench {

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {
    // The first outputs of small seeds are alike; by the second step they have parted.
    step();
    step();
  }

  // The next one, in (0, 1).
  double operator()() {
    step();
    // The high bits only: the low bits of a linear congruential generator have short periods.
    return (static_cast<double>(state_ >> 12) + 0.5) * 0x1p-52;
  }

  double between(double low, double high) { return low + (high - low) * (*this)(); }

  // Of the standard normal distribution (Box and Muller, 1958).
  double normal() {
    const double radius = std::sqrt(-2 * std::log((*this)()));
    return radius * std::cos(2 * std::numbers::pi * (*this)());
  }

 private:
  void step() { state_ = state_ * 6364136223846793005U + 1442695040888963407U; }

  std::uint64_t state_;
};

}  // namespace tapegrad::bench
