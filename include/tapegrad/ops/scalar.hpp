// The functions that rules compute with when their number is a plain float, double or long
// double.
//
// Rules call them unqualified. For plain numbers the names below are found; for every other
// number type (Dual, Text, ...) argument-dependent lookup finds that type's own. Nothing but
// these names may be called in a rule: an unqualified abs(-0.5) that finds only C's abs(int)
// gives 0.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <limits>

#include "tapegrad/ops/special.hpp"

namespace tapegrad {

/// A constant of mathematics that converts to every number type: exact to long double for
/// numbers, its name for Text.
struct Constant {
  long double value;
  const char* name;

  template <std::floating_point T> constexpr explicit operator T() const {
    return static_cast<T>(value);
  }
};

namespace rule {

using std::abs, std::ceil, std::copysign, std::floor, std::fma, std::fmod, std::round, std::trunc;
using std::acos, std::acosh, std::asin, std::asinh, std::atan, std::atan2, std::atanh;
using std::cbrt, std::hypot, std::pow, std::sqrt;
using std::cos, std::cosh, std::sin, std::sinh, std::tan, std::tanh;
using std::erf, std::erfc, std::tgamma;
using std::exp, std::exp2, std::expm1, std::log, std::log10, std::log1p, std::log2;
using tapegrad::special::digamma, tapegrad::special::lgamma, tapegrad::special::polygamma;

/// `a` where the condition holds, else `b`. Both are computed: there is no branch to record.
template <std::floating_point T> constexpr T select(bool condition, T a, T b) {
  return condition ? a : b;
}

/// The larger and the smaller of two; a NaN wins from either side, unlike std::fmax.
template <std::floating_point T> constexpr T max(T a, T b) {
  return a != a ? a : b != b ? b : a > b ? a : b;
}
template <std::floating_point T> constexpr T min(T a, T b) {
  return a != a ? a : b != b ? b : a < b ? a : b;
}

inline constexpr Constant not_a_number{std::numeric_limits<long double>::quiet_NaN(),
                                       "not_a_number"};

// Not of <numbers>: those of libc++ are rounded to double whatever the type (seen in 19).
inline constexpr long double inv_sqrtpi = 0.564189583547756286948079451560772586L;
inline constexpr long double sqrt_2 = 1.41421356237309504880168872420969807857L;
inline constexpr Constant ln_2{0.693147180559945309417232121458176568L, "ln_2"};
inline constexpr Constant ln_10{2.30258509299404568401799145468436420760L, "ln_10"};
inline constexpr Constant two_over_sqrt_pi{2 * inv_sqrtpi, "two_over_sqrt_pi"};
inline constexpr Constant one_over_sqrt_2{sqrt_2 / 2, "one_over_sqrt_2"};
inline constexpr Constant one_over_sqrt_2pi{inv_sqrtpi * sqrt_2 / 2, "one_over_sqrt_2pi"};

/// All of them, for texts that have to define what formulas name.
inline constexpr std::array constants{
    not_a_number, ln_2, ln_10, two_over_sqrt_pi, one_over_sqrt_2, one_over_sqrt_2pi};

// ---- Pieces that rules share, of every number type ----

/// The partial, and NaN where the value `y` is NaN. Left of its domain a logarithm is NaN, and so
/// must be its partial: 1 / x alone is finite there, and would pass for a gradient.
template <class T> T nan_where(T y, T partial) { return select(y == y, partial, y); }

/// x·factor, and 0 where the factor has gone to 0, also beside an infinite x.
template <class T> T product_or_zero(T x, T factor) {
  return select(factor == 0, T(0), x * factor);
}

/// x / y, and 0 where y is 0: the partial of a length y by a coordinate x, which at the origin is
/// any number from -1 to 1.
template <class T> T quotient_or_zero(T x, T y) { return select(y == 0, T(0), x / y); }

}  // namespace rule
}  // namespace tapegrad
