// Rules: exponentials and logarithms.
#pragma once

#include <array>
#include <string_view>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

struct Exp {
  static constexpr OpInfo info{
      .name = "exp", .arity = 1, .edges = "∞ with partial ∞ at ∞; 0 with partial 0 at -∞"};
  template <class T> static T value(T x) { return exp(x); }
  template <class T> static auto partials(T, T y) { return std::array{y}; }
};

struct Exp2 {
  static constexpr OpInfo info{
      .name = "exp2", .arity = 1, .edges = "∞ with partial ∞ at ∞; 0 with partial 0 at -∞"};
  template <class T> static T value(T x) { return exp2(x); }
  template <class T> static auto partials(T, T y) { return std::array{y * T(ln_2)}; }
};

struct Expm1 {
  static constexpr OpInfo info{
      .name = "expm1",
      .arity = 1,
      .edges = "-1 with partial 0 at -∞; the partial's error is absolute there, epsilon"};
  template <class T> static T value(T x) { return expm1(x); }
  template <class T> static auto partials(T, T y) { return std::array{y + 1}; }
};

// To whatever base.
struct Logarithm {
  static constexpr OpInfo row(std::string_view name) {
    return {.name = name,
            .arity = 1,
            .domain = {0.25, 9},
            .edges = "-∞ with partial ±∞ at ±0; NaN with partial NaN below"};
  }
};

struct Log : Logarithm {
  static constexpr OpInfo info = row("log");
  template <class T> static T value(T x) { return log(x); }
  template <class T> static auto partials(T x, T y) { return std::array{nan_where(y, 1 / x)}; }
};

struct Log2 : Logarithm {
  static constexpr OpInfo info = row("log2");
  template <class T> static T value(T x) { return log2(x); }
  template <class T> static auto partials(T x, T y) {
    return std::array{nan_where(y, 1 / (x * T(ln_2)))};
  }
};

struct Log10 : Logarithm {
  static constexpr OpInfo info = row("log10");
  template <class T> static T value(T x) { return log10(x); }
  template <class T> static auto partials(T x, T y) {
    return std::array{nan_where(y, 1 / (x * T(ln_10)))};
  }
};

struct Log1p {
  static constexpr OpInfo info{.name = "log1p",
                               .arity = 1,
                               .domain = {-0.75, 4},
                               .edges = "-∞ with partial ∞ at -1; NaN with partial NaN below"};
  template <class T> static T value(T x) { return log1p(x); }
  template <class T> static auto partials(T x, T y) {
    return std::array{nan_where(y, 1 / (1 + x))};
  }
};

}  // namespace tapegrad::rule
