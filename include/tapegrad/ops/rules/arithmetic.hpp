// Rules: the four operations, powers and roots.
#pragma once

#include <array>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

struct Add {
  static constexpr OpInfo info{.name = "add", .arity = 2, .commutes = true};
  template <class T> static T value(T a, T b) { return a + b; }
  template <class T> static auto partials(T, T, T) { return std::array{T(1), T(1)}; }
};

struct Sub {
  static constexpr OpInfo info{.name = "sub", .arity = 2};
  template <class T> static T value(T a, T b) { return a - b; }
  template <class T> static auto partials(T, T, T) { return std::array{T(1), T(-1)}; }
};

struct Mul {
  static constexpr OpInfo info{.name = "mul", .arity = 2, .commutes = true};
  template <class T> static T value(T a, T b) { return a * b; }
  template <class T> static auto partials(T a, T b, T) { return std::array{b, a}; }
};

struct Div {
  static constexpr OpInfo info{.name = "div",
                               .arity = 2,
                               .domain = {-4, 4},
                               .domain_b = {0.25, 4},
                               .edges = "b = 0: the quotients of IEEE arithmetic, ±∞ or NaN"};
  template <class T> static T value(T a, T b) { return a / b; }
  template <class T> static auto partials(T, T b, T y) { return std::array{1 / b, -y / b}; }
};

struct Neg {
  static constexpr OpInfo info{.name = "neg", .arity = 1};
  template <class T> static T value(T x) { return -x; }
  template <class T> static auto partials(T, T) { return std::array{T(-1)}; }
};

struct Fma {
  static constexpr OpInfo info{.name = "fma", .arity = 3, .edges = "rounded once"};
  template <class T> static T value(T a, T b, T c) { return fma(a, b, c); }
  template <class T> static auto partials(T a, T b, T, T) { return std::array{b, a, T(1)}; }
};

// One step of the chain rule, in the reverse sweep and in differentiated programs. An adjoint of
// zero hands nothing on: a side that does not reach the output must not turn 0·∞ into NaN.
struct Chain {
  static constexpr OpInfo info{.name = "chain",
                               .arity = 2,
                               .operands = "adjoint partial",
                               .edges = "adjoint 0: 0, also where the partial is ±∞ or NaN"};
  template <class T> static T value(T adjoint, T partial) {
    return select(adjoint == 0, T(0), adjoint * partial);
  }
  template <class T> static auto partials(T adjoint, T partial, T) {
    return std::array{partial, adjoint};
  }
};

struct Pow {
  static constexpr OpInfo info{
      .name = "pow",
      .arity = 2,
      .domain = {0.25, 4},
      .domain_b = {-3, 3},
      .edges =
          "b = 0: ∂a is 0; a = 0, b >= 0: ∂b is 0; a = 0, 0 < b < 1: ∂a is ∞; "
          "a < 0: ∂a holds for integers b, ∂b is NaN; b = ±∞: ∂a is ±∞, or NaN where y is 0; "
          "pow(NaN, 0) and pow(1, NaN) are 1"};
  template <class T> static T value(T a, T b) { return pow(a, b); }
  template <class T> static auto partials(T a, T b, T y) {
    // b / a is 0 as well, and its derivative by b, 1 / a, is the mixed second partial there
    T by_base = select(b == 0, select(a == 0, T(0), b / a), b * pow(a, b - 1));
    T by_exponent = select(y == 0, T(0), y * log(a));
    T at_zero = select(b >= 0, T(0), -y);  // there y is 0 or 1, or ±∞ as a pole
    return std::array{by_base, select(a == 0, at_zero, by_exponent)};
  }
};

struct Sqrt {
  static constexpr OpInfo info{.name = "sqrt",
                               .arity = 1,
                               .domain = {0.25, 9},
                               .edges = "±0 with partial ±∞ at ±0; NaN below"};
  template <class T> static T value(T x) { return sqrt(x); }
  template <class T> static auto partials(T, T y) { return std::array{1 / (2 * y)}; }
};

struct Cbrt {
  static constexpr OpInfo info{
      .name = "cbrt", .arity = 1, .domain = {0.25, 9}, .edges = "0 with partial ∞ at 0"};
  template <class T> static T value(T x) { return cbrt(x); }
  template <class T> static auto partials(T, T y) { return std::array{1 / (3 * y * y)}; }
};

struct Hypot {
  static constexpr OpInfo info{.name = "hypot",
                               .arity = 2,
                               .domain = {0.25, 4},
                               .commutes = true,
                               .edges =
                                   "(0, 0): partials 0; an infinite operand has partial NaN, "
                                   "and the value is ∞, also with NaN as the other"};
  template <class T> static T value(T a, T b) { return hypot(a, b); }
  template <class T> static auto partials(T a, T b, T y) {
    return std::array{quotient_or_zero(a, y), quotient_or_zero(b, y)};
  }
};

}  // namespace tapegrad::rule
