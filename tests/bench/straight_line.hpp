// A made-up function of any length.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "kernels/numbers.hpp"

namespace tapegrad::bench {

/// Sums, products, quotients and tangents of what was computed a little before, of inputs and of
/// constants; one operation in eight has been done already. No number leaves (-1, 1).
class StraightLine {
 public:
  static constexpr const char* name = "Straight line";

  /// @param size  of the derivative, about: as many instructions as differentiate() makes
  explicit StraightLine(std::size_t size) : turns_(size / instructions_per_turn) {}

  std::vector<double> inputs() const {
    Numbers numbers(11);
    std::vector<double> x(input_count);
    for (double& xi : x) xi = numbers.between(-0.5, 0.5);
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    using std::tanh;
    Numbers numbers(12);
    std::array<T, 8> recent;
    for (std::size_t k = 0; k < recent.size(); ++k) recent[k] = x[k];
    for (std::size_t turn = 0; turn < turns_; ++turn) {
      const auto any = [&](const auto& from) {
        return from[static_cast<std::size_t>(numbers() * static_cast<double>(from.size()))];
      };
      const T a = any(recent), b = any(recent), input = any(x);
      const T sum = a * numbers.between(-0.5, 0.5) + b * input;
      const T quotient = (a - sum) / (b * input + 2.5);
      recent[turn % recent.size()] = tanh(sum * quotient);
    }
    T total = 0.0;
    for (const T& one : recent) total += one;
    return total;
  }

 private:
  static constexpr std::size_t input_count = 64;
  static constexpr std::size_t instructions_per_turn = 29;
  std::size_t turns_;
};

}  // namespace tapegrad::bench
