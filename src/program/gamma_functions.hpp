// The polygamma functions for generated code, which C++ does not have and no formula gives.
#pragma once

#include <string_view>

namespace tapegrad {

/// The templates of src/ops/special.cpp, letter by letter: digamma_of(x) and polygamma_of(n, x).
/// They need <array>, <cmath>, <limits> and <numbers>. INVARIANT(gamma): what is changed there is
/// changed here; program/generated/generate_test.cpp compares them.
inline constexpr std::string_view gamma_functions =
    R"code(// B[2], B[4], ... B[24], the Bernoulli numbers of both asymptotic series below.
constexpr std::array<long double, 12> bernoulli{
    1.0L / 6,       -1.0L / 30,       1.0L / 42,       -1.0L / 30,
    5.0L / 66,      -691.0L / 2730,   7.0L / 6,        -3617.0L / 510,
    43867.0L / 798, -174611.0L / 330, 854513.0L / 138, -236364091.0L / 2730};

// The series of ψ is used from here on: its first left-out term, B[26] / (26·12²⁶), is 5e-24.
template <class T> constexpr T asymptotic_from = 12;

template <class T> constexpr T nan = std::numeric_limits<T>::quiet_NaN();
template <class T> constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T> constexpr T pi = std::numbers::pi_v<T>;

template <class T> bool is_integer(T x) { return std::floor(x) == x; }

// ψ(x) for x > 0: ψ(x) = ψ(x + 1) - 1/x until the series ln x - 1/2x - Σ B[2j] / (2j·x²ʲ) is exact.
template <class T> T digamma_right(T x) {
  T shift = 0;
  for (; x < asymptotic_from<T>; x += 1) shift += 1 / x;
  const T inverse_square = 1 / (x * x);
  T series = 0;
  for (std::size_t j = bernoulli.size(); j > 0; --j)
    series = (series + static_cast<T>(bernoulli[j - 1]) / static_cast<T>(2 * j)) * inverse_square;
  return std::log(x) - 1 / (2 * x) - series - shift;
}

template <class T> T digamma_of(T x) {
  if (x == infinity<T>) return x;
  if (x == 0) return -1 / x;
  if (x > 0) return digamma_right(x);
  if (is_integer(x) || x != x) return nan<T>;
  // π·cot(πx), with the whole turns taken out before they are multiplied
  return digamma_right(1 - x) - pi<T> / std::tan(pi<T> * (x - std::round(x)));
}

// Hurwitz's ζ(s, x) = Σ (x + k)⁻ˢ for s > 1, x > 0, by Euler and Maclaurin: the first terms as
// they are, the rest as integral, half a term, and corrections by Bernoulli numbers. These shrink
// by ((s + 2j) / 2πx)² each, so that x has to grow with s.
template <class T> T hurwitz_zeta(T s, T x) {
  T sum = 0;
  for (; x < asymptotic_from<T> + s; x += 1) sum += std::pow(x, -s);
  const T integral = std::pow(x, 1 - s);  // but for s - 1; in range also where x⁻ˢ underflows
  const T power = integral / x;
  sum += integral / (s - 1) + power / 2;
  T term = power * s / x;  // s·(s+1)···(s+2j-2) / (2j)! · x⁻ˢ⁻²ʲ⁺¹, apart from B[2j]
  T factorial = 2;
  for (std::size_t j = 1; j <= bernoulli.size(); ++j) {
    sum += static_cast<T>(bernoulli[j - 1]) * term / factorial;
    const T two_j = static_cast<T>(2 * j);
    term *= (s + two_j - 1) * (s + two_j) / (x * x);
    factorial *= (two_j + 1) * (two_j + 2);
  }
  return sum;
}

// Σ (x + k)⁻ˢ for integer s and any x that is no pole: the terms left of zero are counted from
// zero as another ζ. Their distance to zero is exact, also next to a pole.
template <class T> T hurwitz_zeta_anywhere(T s, T x) {
  if (x > 0) return hurwitz_zeta(s, x);
  const T last_negative = -x - std::floor(-x);  // in (0, 1)
  const T left = hurwitz_zeta(s, last_negative) - hurwitz_zeta(s, 1 - x);
  const bool odd = std::fmod(s, T(2)) == 1;
  return hurwitz_zeta(s, 1 - last_negative) + (odd ? -left : left);
}

template <class T> T polygamma_of(T n, T x) {
  if (n == 0) return digamma_of(x);
  if (!(n > 0) || !is_integer(n) || x != x || x == -infinity<T>) return nan<T>;
  if (x == infinity<T>) return 0;
  const bool odd = std::fmod(n, T(2)) == 1;
  if (x <= 0 && is_integer(x)) {
    if (odd) return infinity<T>;
    return x == 0 ? -1 / x : nan<T>;
  }
  const T factorial = std::tgamma(n + 1);
  // Out of range: the leading term decides between ∞, 0 and NaN, without n terms to sum.
  const T zeta = factorial == infinity<T> ? std::pow(x, -(n + 1)) : hurwitz_zeta_anywhere(n + 1, x);
  const T magnitude = factorial * zeta;
  return odd ? magnitude : -magnitude;
}

)code";

}  // namespace tapegrad
