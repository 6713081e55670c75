// Rules: hyperbolic functions and their inverses.
#pragma once

#include <array>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

struct Sinh {
  static constexpr OpInfo info{
      .name = "sinh", .arity = 1, .keeps = true, .edges = "±∞ with partial ∞ at ±∞"};
  template <class T> static T value(T x) { return sinh(x); }
  template <class T> static auto partials(T x, T) { return std::array{cosh(x)}; }
};

struct Cosh {
  static constexpr OpInfo info{
      .name = "cosh", .arity = 1, .keeps = true, .edges = "∞ with partial ±∞ at ±∞"};
  template <class T> static T value(T x) { return cosh(x); }
  template <class T> static auto partials(T x, T) { return std::array{sinh(x)}; }
};

struct Tanh {
  static constexpr OpInfo info{
      .name = "tanh",
      .arity = 1,
      .edges =
          "±1 with partial 0 at ±∞; where y nears ±1 the partial's error is absolute, "
          "2 epsilon"};
  template <class T> static T value(T x) { return tanh(x); }
  template <class T> static auto partials(T, T y) { return std::array{1 - y * y}; }
};

// hypot(x, 1) is sqrt(x² + 1) without the overflow.
struct Asinh {
  static constexpr OpInfo info{
      .name = "asinh", .arity = 1, .keeps = true, .edges = "±∞ with partial 0 at ±∞"};
  template <class T> static T value(T x) { return asinh(x); }
  template <class T> static auto partials(T x, T) { return std::array{1 / hypot(x, T(1))}; }
};

// Two roots, not sqrt(x² - 1): left of -1 that is a finite number, and the function is NaN.
struct Acosh {
  static constexpr OpInfo info{.name = "acosh",
                               .arity = 1,
                               .domain = {1.25, 9},
                               .edges = "0 with partial ∞ at 1; NaN with partial NaN below"};
  template <class T> static T value(T x) { return acosh(x); }
  template <class T> static auto partials(T x, T) {
    return std::array{1 / (sqrt(x - 1) * sqrt(x + 1))};
  }
};

struct Atanh {
  static constexpr OpInfo info{.name = "atanh",
                               .arity = 1,
                               .domain = {-0.75, 0.75},
                               .edges = "±∞ with partial ∞ at ±1; NaN with partial NaN outside"};
  template <class T> static T value(T x) { return atanh(x); }
  template <class T> static auto partials(T x, T y) {
    return std::array{nan_where(y, 1 / ((1 - x) * (1 + x)))};
  }
};

}  // namespace tapegrad::rule
