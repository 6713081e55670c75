// Whole powers that are the same on every machine, which std::pow's are not.
#pragma once

#include <cstdint>

namespace tapegrad {

/// base to the power exponent, by squaring.
inline double whole_power(double base, std::uint64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace tapegrad
