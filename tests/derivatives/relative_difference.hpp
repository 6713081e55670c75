// How numbers are compared that should be equal but for rounding.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace tapegrad::testing {

inline double inner(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
inline double largest(std::span<const double> x) {
  double most = 0;
  for (const double xi : x) most = std::max(most, std::abs(xi));
  return most;
}

/// By how much a and b differ, relative to 1 and the larger of them. Random programs are sums of
/// terms below about 1e4, which cancel: their identities hold to some 1e4 epsilon.
inline double difference_of(double a, double b) {
  return std::abs(a - b) / std::max({1.0, std::abs(a), std::abs(b)});
}
inline double difference_of(std::span<const double> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most / std::max({1.0, largest(a), largest(b)});
}

}  // namespace tapegrad::testing
