// When two doubles count as the same.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace tapegrad::testing {

/// The same bits; any NaN is as good as any other.
inline bool same_bits(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return true;
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// The same bits up to the sign of 0, which the order of adjoint sums does not keep.
inline bool same_adjoint(double a, double b) { return (a == 0 && b == 0) || same_bits(a, b); }

/// All of two lists.
inline bool all_same(std::span<const double> a, std::span<const double> b) {
  return std::ranges::equal(a, b, same_bits);
}
inline bool all_same_adjoints(std::span<const double> a, std::span<const double> b) {
  return std::ranges::equal(a, b, same_adjoint);
}

}  // namespace tapegrad::testing
