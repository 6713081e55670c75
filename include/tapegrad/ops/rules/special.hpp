// Rules: error functions, gamma functions, the normal distribution.
#pragma once

#include <array>
#include <concepts>
#include <limits>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

struct Erf {
  static constexpr OpInfo info{.name = "erf",
                               .arity = 1,
                               .domain = {-3, 3},
                               .keeps = true,
                               .edges = "±1 with partial 0 at ±∞"};
  template <class T> static T value(T x) { return erf(x); }
  template <class T> static auto partials(T x, T) {
    return std::array{T(two_over_sqrt_pi) * exp(-x * x)};
  }
};

struct Erfc {
  static constexpr OpInfo info{.name = "erfc",
                               .arity = 1,
                               .domain = {-3, 3},
                               .keeps = true,
                               .edges = "0 with partial 0 at ∞, 2 with partial 0 at -∞"};
  template <class T> static T value(T x) { return erfc(x); }
  template <class T> static auto partials(T x, T) {
    return std::array{-T(two_over_sqrt_pi) * exp(-x * x)};
  }
};

struct Lgamma {
  static constexpr OpInfo info{.name = "lgamma",
                               .arity = 1,
                               .domain = {0.25, 9},
                               .keeps = true,
                               .edges =
                                   "∞ at 0, -1, -2, ... and ±∞: partial ∓∞ at ±0, ∞ at ∞, NaN "
                                   "at the others; near 1.46 its error is absolute, "
                                   "10 epsilon"};
  template <class T> static T value(T x) { return lgamma(x); }
  template <class T> static auto partials(T x, T) { return std::array{digamma(x)}; }
};

struct Tgamma {
  static constexpr OpInfo info{.name = "tgamma",
                               .arity = 1,
                               .domain = {0.25, 5},
                               .keeps = true,
                               .edges =
                                   "±∞ with partial -∞ at ±0; NaN at -1, -2, ... and -∞; "
                                   "near 1.46 the partial's error is absolute, 10 epsilon"};
  template <class T> static T value(T x) { return tgamma(x); }
  template <class T> static auto partials(T x, T y) { return std::array{y * digamma(x)}; }
};

struct Digamma {
  static constexpr OpInfo info{.name = "digamma",
                               .arity = 1,
                               .domain = {0.25, 9},
                               .keeps = true,
                               .edges =
                                   "∓∞ with partial ∞ at ±0; NaN with partial ∞ at -1, -2, "
                                   "..., with NaN at -∞"};
  template <class T> static T value(T x) { return digamma(x); }
  template <class T> static auto partials(T x, T) { return std::array{polygamma(T(1), x)}; }
};

struct Polygamma {
  static constexpr OpInfo info{.name = "polygamma",
                               .arity = 2,
                               .domain = {1, 1},
                               .domain_b = {0.25, 9},
                               .operands = "n x",
                               .edges =
                                   "the order n is an integer: ∂n is NaN, and so is the value "
                                   "of any other order"};
  template <class T> static T value(T n, T x) { return polygamma(n, x); }
  template <class T> static auto partials(T n, T x, T) {
    return std::array{T(std::numeric_limits<float>::quiet_NaN()), polygamma(n + 1, x)};
  }
};

struct NormalPdf {
  static constexpr OpInfo info{.name = "normal_pdf", .arity = 1, .edges = "0 with partial 0 at ±∞"};
  template <class T> static T value(T x) { return T(one_over_sqrt_2pi) * exp(-x * x / 2); }
  template <class T> static auto partials(T x, T y) { return std::array{product_or_zero(-x, y)}; }
};

// By name, so that the rules below read, and print, as one writes them.
template <std::floating_point T> T normal_pdf(T x) { return NormalPdf::value(x); }

// By erfc, which keeps its relative accuracy in the left tail.
struct NormalCdf {
  static constexpr OpInfo info{.name = "normal_cdf",
                               .arity = 1,
                               .keeps = true,
                               .edges = "0 at -∞ and 1 at ∞ with partial 0"};
  template <class T> static T value(T x) { return erfc(-x * T(one_over_sqrt_2)) / 2; }
  template <class T> static auto partials(T x, T) { return std::array{normal_pdf(x)}; }
};

template <std::floating_point T> T normal_cdf(T x) { return NormalCdf::value(x); }

}  // namespace tapegrad::rule
