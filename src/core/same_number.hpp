// Whether numbers are the same, where a NaN is the same as another, and whether they are finite.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace tapegrad {

/// Equal, or both NaN.
inline bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// Also of the same sign, if both are 0.
inline bool has_same_bits(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return true;
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

inline bool all_finite(std::span<const double> numbers) {
  return std::ranges::all_of(numbers, [](double x) { return std::isfinite(x); });
}

}  // namespace tapegrad
