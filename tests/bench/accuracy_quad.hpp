// Quad: a number of 113 bits, by GCC's __float128 and libquadmath, through which rules go like
// through a double. It has 60 bits more than a double, so that what is rounded to it is exact for
// our purpose, also where a formula loses half of its digits.
#pragma once

#include <quadmath.h>

#include <array>
#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>

#include "tapegrad/ops/op.hpp"

namespace tapegrad::bench {

__extension__ typedef __float128 Float128;

struct Quad {
  Float128 number = 0;

  Quad() = default;
  template <class T>
  requires std::is_arithmetic_v<T> Quad(T x) : number(x) {}
  explicit Quad(Float128 x) : number(x) {}
  // The constants of rules are exact to long double only.
  explicit Quad(const Constant& constant) : number(full(constant.name)) {}

  friend Quad operator+(Quad a, Quad b) { return Quad(a.number + b.number); }
  friend Quad operator-(Quad a, Quad b) { return Quad(a.number - b.number); }
  friend Quad operator*(Quad a, Quad b) { return Quad(a.number * b.number); }
  friend Quad operator/(Quad a, Quad b) { return Quad(a.number / b.number); }
  friend Quad operator-(Quad x) { return Quad(-x.number); }
  friend bool operator==(Quad a, Quad b) { return a.number == b.number; }
  friend bool operator<(Quad a, Quad b) { return a.number < b.number; }
  friend bool operator<=(Quad a, Quad b) { return a.number <= b.number; }
  friend bool operator>(Quad a, Quad b) { return a.number > b.number; }
  friend bool operator>=(Quad a, Quad b) { return a.number >= b.number; }

 private:
  static Float128 full(std::string_view name) {
    const Float128 pi = 4 * atanq(1);
    if (name == "ln_2") return logq(2);
    if (name == "ln_10") return logq(10);
    if (name == "two_over_sqrt_pi") return 2 / sqrtq(pi);
    if (name == "one_over_sqrt_2") return 1 / sqrtq(2);
    if (name == "one_over_sqrt_2pi") return 1 / sqrtq(2 * pi);
    return nanq("");
  }
};

inline Quad select(bool condition, Quad a, Quad b) { return condition ? a : b; }
inline Quad max(Quad a, Quad b) { return a == a && (b != b || b > a) ? b : a; }
inline Quad min(Quad a, Quad b) { return a == a && (b != b || b < a) ? b : a; }

#define TAPEGRAD_QUAD_1(name, function) \
  inline Quad name(Quad x) { return Quad(function(x.number)); }
TAPEGRAD_QUAD_1(abs, fabsq)
TAPEGRAD_QUAD_1(ceil, ceilq)
TAPEGRAD_QUAD_1(floor, floorq)
TAPEGRAD_QUAD_1(round, roundq)
TAPEGRAD_QUAD_1(trunc, truncq)
TAPEGRAD_QUAD_1(sqrt, sqrtq)
TAPEGRAD_QUAD_1(cbrt, cbrtq)
TAPEGRAD_QUAD_1(exp, expq)
TAPEGRAD_QUAD_1(exp2, exp2q)
TAPEGRAD_QUAD_1(expm1, expm1q)
TAPEGRAD_QUAD_1(log, logq)
TAPEGRAD_QUAD_1(log2, log2q)
TAPEGRAD_QUAD_1(log10, log10q)
TAPEGRAD_QUAD_1(log1p, log1pq)
TAPEGRAD_QUAD_1(sin, sinq)
TAPEGRAD_QUAD_1(cos, cosq)
TAPEGRAD_QUAD_1(tan, tanq)
TAPEGRAD_QUAD_1(asin, asinq)
TAPEGRAD_QUAD_1(acos, acosq)
TAPEGRAD_QUAD_1(atan, atanq)
TAPEGRAD_QUAD_1(sinh, sinhq)
TAPEGRAD_QUAD_1(cosh, coshq)
TAPEGRAD_QUAD_1(tanh, tanhq)
TAPEGRAD_QUAD_1(asinh, asinhq)
TAPEGRAD_QUAD_1(acosh, acoshq)
TAPEGRAD_QUAD_1(atanh, atanhq)
TAPEGRAD_QUAD_1(erf, erfq)
TAPEGRAD_QUAD_1(erfc, erfcq)
TAPEGRAD_QUAD_1(lgamma, lgammaq)
TAPEGRAD_QUAD_1(tgamma, tgammaq)
#undef TAPEGRAD_QUAD_1

#define TAPEGRAD_QUAD_2(name, function) \
  inline Quad name(Quad a, Quad b) { return Quad(function(a.number, b.number)); }
TAPEGRAD_QUAD_2(atan2, atan2q)
TAPEGRAD_QUAD_2(copysign, copysignq)
TAPEGRAD_QUAD_2(fmod, fmodq)
TAPEGRAD_QUAD_2(hypot, hypotq)
TAPEGRAD_QUAD_2(pow, powq)
#undef TAPEGRAD_QUAD_2

inline Quad fma(Quad a, Quad b, Quad c) { return Quad(fmaq(a.number, b.number, c.number)); }

inline Quad sigmoid(Quad x) { return rule::Sigmoid::value(x); }
inline Quad normal_pdf(Quad x) { return rule::NormalPdf::value(x); }
inline Quad normal_cdf(Quad x) { return rule::NormalCdf::value(x); }

/// B[2], B[4], ... B[34], the Bernoulli numbers.
inline std::span<const Quad> bernoulli() {
  static const std::array numbers{Quad(1) / 6,
                                  Quad(-1) / 30,
                                  Quad(1) / 42,
                                  Quad(-1) / 30,
                                  Quad(5) / 66,
                                  Quad(-691) / 2730,
                                  Quad(7) / 6,
                                  Quad(-3617) / 510,
                                  Quad(43867) / 798,
                                  Quad(-174611) / 330,
                                  Quad(854513) / 138,
                                  Quad(-236364091) / 2730,
                                  Quad(8553103) / 6,
                                  Quad(-23749461029) / 870,
                                  Quad(8615841276005) / 14322,
                                  Quad(-7709321041217) / 510,
                                  Quad(2577687858367) / 6};
  return numbers;
}

/// (-1)ⁿ⁺¹ ψ⁽ⁿ⁾(x) / n! = Σ (x + k)⁻ⁿ⁻¹ for n = 1, 2, ...: term by term up to x + k = 60 + n, the
/// rest by Euler and Maclaurin. At the last Bernoulli number their error is below 1e-40. Left of 0
/// for as many terms as one cares to wait for: NaN below -1000.
inline Quad hurwitz_zeta(int n, Quad x) {
  if (x < -1000) return Quad(nanq(""));
  const auto power = [n](Quad a) {  // a⁻ⁿ⁻¹
    Quad product = a;
    for (int k = 0; k < n; ++k) product = product * a;
    return 1 / product;
  };
  Quad sum = 0;
  for (; x < 60 + n; x = x + 1) sum = sum + power(x);
  const Quad last = power(x);
  sum = sum + last * x / n + last / 2;
  Quad term = last * (n + 1) / x, factorial = 2;
  int j = 2;
  for (const Quad& number : bernoulli()) {
    sum = sum + number * term / factorial;
    term = term * (n + j) * (n + j + 1) / (x * x);
    factorial = factorial * (j + 1) * (j + 2);
    j += 2;
  }
  return sum;
}

inline Quad digamma(Quad x) {
  const Quad pi = 4 * atan(Quad(1));
  if (x <= 0) {
    const Quad reduced = x - round(x);
    return reduced == 0 ? Quad(nanq("")) : digamma(1 - x) - pi / tan(pi * reduced);
  }
  Quad shift = 0;
  for (; x < 60; x = x + 1) shift = shift + 1 / x;
  Quad series = 0, power = 1;
  int j = 2;
  for (const Quad& number : bernoulli()) {
    power = power / (x * x);
    series = series + number * power / j;
    j += 2;
  }
  return log(x) - 1 / (2 * x) - series - shift;
}

inline Quad polygamma(Quad order, Quad x) {
  const int n = static_cast<int>(order.number);
  if (n == 0) return digamma(x);
  if (x <= 0 && x == floor(x)) return Quad(nanq(""));
  const Quad size = tgamma(order + 1) * hurwitz_zeta(n, x);
  return n % 2 == 1 ? size : -size;
}

}  // namespace tapegrad::bench
