#include "tapegrad/ops/special.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "long_double.hpp"
#include "points.hpp"

using namespace tapegrad;
using special::digamma, special::polygamma;
using tapegrad::testing::long_double_is_whole, tapegrad::testing::Points;

namespace {

template <class T> constexpr T inf = std::numeric_limits<T>::infinity();
template <class T> constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

// Not of <numbers>: those of libc++ are rounded to double.
constexpr long double pi = 3.14159265358979323846264338327950288L;
constexpr long double euler_gamma = 0.57721566490153286060651209008240243L;
constexpr long double zeta_3 = 1.2020569031595942853997381615114500L;
constexpr long double catalan = 0.9159655941772190150546035149323841L;

// An error bound of the docstring, in epsilons of T, on top of the rounding of the expectation.
template <class T> long double epsilons(long double count) {
  return (count + 1) * std::numeric_limits<T>::epsilon();
}

template <class T> void check_digamma(T x, long double expected) {
  CAPTURE(x);
  CAPTURE(expected);
  const T y = digamma(x);
  CAPTURE(y);
  CHECK(std::abs(y - expected) <= epsilons<T>(10) * std::max(1.0L, std::abs(expected)));
}

template <class T> void check_polygamma(int n, T x, long double expected) {
  CAPTURE(n);
  CAPTURE(x);
  CAPTURE(expected);
  const T y = polygamma(static_cast<T>(n), x);
  CAPTURE(y);
  CHECK(std::abs(y - expected) <= epsilons<T>(10) * std::abs(expected));
}

}  // namespace

TEST_CASE_TEMPLATE("digamma has its closed forms", T, float, double, long double) {
  if (!long_double_is_whole()) return;
  const long double ln_2 = 0.69314718055994530941723212145817657L;
  check_digamma(T(1), -euler_gamma);
  check_digamma(T(2), 1 - euler_gamma);
  check_digamma(T(0.5), -euler_gamma - 2 * ln_2);
  check_digamma(T(0.25), -euler_gamma - pi / 2 - 3 * ln_2);
  check_digamma(T(0.75), -euler_gamma + pi / 2 - 3 * ln_2);
  check_digamma(T(-0.5), 2 - euler_gamma - 2 * ln_2);
  check_digamma(T(-1.5), 2 + 2 / 3.0L - euler_gamma - 2 * ln_2);
  // ψ(n) = H(n - 1) - γ, on either side of where the series starts
  long double harmonic = 0;
  for (int n = 2; n < 60; ++n) {
    harmonic += 1.0L / (n - 1);
    check_digamma(T(n), harmonic - euler_gamma);
  }
}

TEST_CASE_TEMPLATE("polygamma has its closed forms", T, float, double, long double) {
  if (!long_double_is_whole()) return;
  const long double pi_2 = pi * pi, pi_4 = pi_2 * pi_2;
  check_polygamma(1, T(1), pi_2 / 6);
  check_polygamma(1, T(2), pi_2 / 6 - 1);
  check_polygamma(1, T(0.5), pi_2 / 2);
  check_polygamma(1, T(0.25), pi_2 + 8 * catalan);
  check_polygamma(1, T(-0.5), pi_2 / 2 + 4);
  check_polygamma(1, T(-1.5), pi_2 / 2 + 4 + 4 / 9.0L);
  check_polygamma(2, T(1), -2 * zeta_3);
  check_polygamma(2, T(0.5), -14 * zeta_3);
  check_polygamma(3, T(1), pi_4 / 15);
  check_polygamma(3, T(0.5), pi_4);
  check_polygamma(3, T(-0.5), pi_4 + 96);
  check_polygamma(5, T(1), 8 * pi_4 * pi_2 / 63);
}

TEST_CASE("digamma and polygamma satisfy their recurrence and reflection formulas") {
  if (!long_double_is_whole()) return;
  // In long double, whose own error is thereby held; the other types are held to it below. At
  // multiples of 1/1024, x + 1 and 1 - x are exact.
  Points points;
  for (int i = 0; i < 500; ++i) {
    const long double x = (std::floor(points.in({-30, 30}) * 512) + 0.5L) / 512;
    CAPTURE(x);
    const long double here = digamma(x), next = digamma(x + 1), mirrored = digamma(1 - x);
    const long double size = std::max({1.0L, std::abs(here), std::abs(next), std::abs(mirrored)});
    CHECK(std::abs(next - here - 1 / x) <= epsilons<long double>(20) * size);
    const long double turn = x - std::round(x);
    CHECK(std::abs(mirrored - here - pi / std::tan(pi * turn)) <= epsilons<long double>(30) * size);

    for (int n = 1; n <= 6; ++n) {
      CAPTURE(n);
      const long double order = n, sign = n % 2 == 0 ? 1 : -1;
      const long double term = sign * std::tgamma(order + 1) / std::pow(x, order + 1);
      const long double left = polygamma(order, x), right = polygamma(order, x + 1);
      // The parts of the sum on either side of zero, which nearly cancel between two poles.
      const long double parts = std::abs(polygamma(order, x - std::floor(x))) +
                                std::abs(polygamma(order, 1 + std::floor(x) - x));
      CHECK(std::abs(right - left - term) <= epsilons<long double>(20) * (std::abs(left) + parts));
    }
  }
}

TEST_CASE_TEMPLATE("float and double keep the stated errors against long double", T, float,
                   double) {
  if (!long_double_is_whole()) return;
  Points points;
  const auto check_at = [](double point) {
    const T x = static_cast<T>(point);
    check_digamma(x, digamma(static_cast<long double>(x)));
    for (int n : {1, 3, 5, 9})
      check_polygamma(n, x, polygamma(static_cast<long double>(n), static_cast<long double>(x)));
    if (x > 0)
      for (int n : {2, 4, 8})
        check_polygamma(n, x, polygamma(static_cast<long double>(n), static_cast<long double>(x)));
  };
  for (int i = 0; i < 200; ++i) {
    check_at(points.in({0.01, 3}));
    check_at(points.in({3, 100}));
    check_at(points.in({-40, -0.01}));
    check_at(points.in({1.46, 1.4633}));       // digamma's zero
    check_at(-3 + points.in({0.001, 0.002}));  // right of a pole
    check_at(-3 - points.in({0.001, 0.002}));  // and left of it
  }
}

TEST_CASE_TEMPLATE("polygamma of high order is its defining sum", T, double, long double) {
  if (!long_double_is_whole()) return;
  // In the Euler-Maclaurin formula's corrections the order stands against x: both large is hard.
  for (int n : {20, 49, 80, 120}) {
    for (T x : {T(1), T(12), T(20), T(33.5), T(90)}) {
      // Smallest term first; what is left out after 4000 terms is below 1e-30 of the first.
      long double sum = 0;
      for (int k = 4000; k >= 0; --k) sum += std::pow(x + static_cast<long double>(k), -(n + 1));
      const long double factorial = std::tgamma(n + 1.0L);
      check_polygamma(n, x, (n % 2 == 0 ? -factorial : factorial) * sum);
    }
  }
}

TEST_CASE_TEMPLATE("far out polygamma is the first term of its series", T, float, double,
                   long double) {
  if (!long_double_is_whole()) return;
  // The next one, n / 2x of it, is below epsilon. x⁻ⁿ⁻¹ underflows in part of these.
  const T epsilon = std::numeric_limits<T>::epsilon();
  for (T x :
       {8 / epsilon, std::sqrt(std::numeric_limits<T>::max()), std::numeric_limits<T>::max() / 8}) {
    check_polygamma(1, x, 1 / static_cast<long double>(x));
    check_polygamma(1, 3 * x / 2, 2 / (3 * static_cast<long double>(x)));
  }
  const T root = std::sqrt(std::numeric_limits<T>::max()) / 4;
  check_polygamma(2, root, -1 / (static_cast<long double>(root) * root));
}

TEST_CASE("next to a pole polygamma sees the exact distance") {
  if (!long_double_is_whole()) return;
  // Near -m the term ±n! / (x + m)ⁿ⁺¹ outweighs everything else by more than 1 / epsilon.
  for (double distance : {0x1p-40, -0x1p-40, 0x1p-48, -0x1p-48}) {
    for (int m : {0, 1, 2, 5}) {
      CAPTURE(distance);
      CAPTURE(m);
      const long double d = distance;
      check_polygamma(1, distance - m, 1 / (d * d));
      check_polygamma(2, distance - m, -2 / (d * d * d));
      check_digamma(distance - m, -1 / d + digamma(static_cast<long double>(m + 1)));
    }
  }
  check_polygamma(1, -1e-20, 1e40L);
  check_polygamma(2, -1e-20, 2e60L);
}

TEST_CASE_TEMPLATE("digamma and polygamma at the ends of their range", T, float, double,
                   long double) {
  if (!long_double_is_whole()) return;
  CHECK(digamma(inf<T>) == inf<T>);
  CHECK(std::isnan(digamma(-inf<T>)));
  CHECK(std::isnan(digamma(not_a_number<T>)));
  CHECK(digamma(T(0)) == -inf<T>);
  CHECK(digamma(-T(0)) == inf<T>);
  for (T pole : {T(-1), T(-2), T(-1000)}) CHECK(std::isnan(digamma(pole)));
  const T smallest = std::numeric_limits<T>::denorm_min();
  CHECK(digamma(smallest) == -inf<T>);
  CHECK(digamma(-smallest) == inf<T>);
  const T small = std::numeric_limits<T>::min();
  CHECK(digamma(small) == -1 / small);
  CHECK(digamma(-small) == 1 / small);
  const T large = std::numeric_limits<T>::max();
  CHECK(digamma(large) == std::log(large));

  CHECK(polygamma(T(0), T(2.5)) == digamma(T(2.5)));
  CHECK(polygamma(T(1), inf<T>) == 0);
  CHECK(std::isnan(polygamma(T(1), -inf<T>)));
  CHECK(std::isnan(polygamma(T(1), not_a_number<T>)));
  CHECK(polygamma(T(1), smallest) == inf<T>);
  CHECK(polygamma(T(2), smallest) == -inf<T>);
  CHECK(polygamma(T(2), -smallest) == inf<T>);
  for (T order : {T(0.5), T(-1), T(1.5), -inf<T>, not_a_number<T>})
    CHECK(std::isnan(polygamma(order, T(2))));
  for (T pole : {T(0), -T(0), T(-1), T(-7)}) CHECK(polygamma(T(3), pole) == inf<T>);
  for (T pole : {T(-1), T(-7)}) CHECK(std::isnan(polygamma(T(4), pole)));
}

TEST_CASE_TEMPLATE("lgamma is the logarithm of the gamma function's size", T, float, double,
                   long double) {
  if (!long_double_is_whole()) return;
  const auto check = [](T x, long double expected) {
    CAPTURE(x);
    CHECK(std::abs(special::lgamma(x) - expected) <=
          epsilons<T>(3) * std::max(1.0L, std::abs(expected)));
  };
  check(T(0.5), std::log(pi) / 2);
  check(T(-0.5), std::log(4 * pi) / 2);
  check(T(-1.5), std::log(16 * pi / 9) / 2);
  check(T(-2.5), std::log(64 * pi / 225) / 2);
  check(T(10), std::log(362880.0L));
  CHECK(special::lgamma(T(1)) == 0);
  CHECK(special::lgamma(T(2)) == 0);
  for (T pole : {T(0), -T(0), T(-1), T(-2), inf<T>, -inf<T>})
    CHECK(special::lgamma(pole) == inf<T>);
  CHECK(std::isnan(special::lgamma(not_a_number<T>)));
  static_assert(std::is_same_v<decltype(special::lgamma(T())), T>);
}

TEST_CASE("polygamma of an order far out of range comes back at once") {
  // A sum of n terms would take minutes.
  CHECK(special::polygamma(2'000'000'001.0, 0.5) == inf<double>);
  CHECK(special::polygamma(2'000'000'000.0, 0.5) == -inf<double>);
  CHECK(std::isnan(special::polygamma(2'000'000'000.0, 5.5)));  // ∞ · 0
}
