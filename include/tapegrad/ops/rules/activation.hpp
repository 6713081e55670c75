// Rules: activation functions of neurons.
#pragma once

#include <array>
#include <concepts>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/rules/special.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

struct Sigmoid {
  static constexpr OpInfo info{
      .name = "sigmoid",
      .arity = 1,
      .edges =
          "0 and 1 with partial 0 at ∓∞; where y nears 1 the partial's error is absolute, "
          "epsilon"};
  template <class T> static T value(T x) { return 1 / (1 + exp(-x)); }
  template <class T> static auto partials(T, T y) { return std::array{y * (1 - y)}; }
};

template <std::floating_point T> T sigmoid(T x) { return Sigmoid::value(x); }

struct Relu {
  static constexpr OpInfo info{.name = "relu",
                               .arity = 1,
                               .domain = {0.25, 4},
                               .cuts = true,
                               .edges = "partial 0 at 0; NaN stays NaN, with partial 0"};
  template <class T> static T value(T x) { return select(x < 0, T(0), x); }
  template <class T> static auto partials(T x, T) { return std::array{select(x > 0, T(1), T(0))}; }
};

struct LeakyRelu {
  static constexpr OpInfo info{.name = "leaky_relu",
                               .arity = 2,
                               .domain = {-4, -0.25},
                               .domain_b = {0.01, 0.5},
                               .operands = "x slope",
                               .cuts = true,
                               .edges =
                                   "∂x is the slope at 0, and at NaN, which stays NaN; "
                                   "x > 0 does not look at the slope"};
  template <class T> static T value(T x, T slope) { return select(x > 0, x, slope * x); }
  template <class T> static auto partials(T x, T slope, T) {
    return std::array{select(x > 0, T(1), slope), select(x > 0, T(0), x)};
  }
};

struct Elu {
  static constexpr OpInfo info{.name = "elu",
                               .arity = 2,
                               .domain = {-4, -0.25},
                               .domain_b = {0.5, 2},
                               .operands = "x alpha",
                               .cuts = true,
                               .edges =
                                   "∂x is alpha at 0, 0 at -∞, where its error is absolute, "
                                   "epsilon·alpha; NaN stays NaN; x > 0 does not look at "
                                   "alpha"};
  template <class T> static T value(T x, T alpha) { return select(x > 0, x, alpha * expm1(x)); }
  template <class T> static auto partials(T x, T alpha, T y) {
    return std::array{select(x > 0, T(1), y + alpha), select(x > 0, T(0), expm1(x))};
  }
};

// ln(1 + eˣ), written so that eˣ cannot overflow.
struct Softplus {
  static constexpr OpInfo info{.name = "softplus",
                               .arity = 1,
                               .keeps = true,
                               .edges = "0 with partial 0 at -∞; ∞ with partial 1 at ∞"};
  template <class T> static T value(T x) { return select(x > 0, x, T(0)) + log1p(exp(-abs(x))); }
  template <class T> static auto partials(T x, T) { return std::array{sigmoid(x)}; }
};

// x·Φ(x), exactly (not the tanh approximation). Source: Hendrycks and Gimpel 2016.
struct Gelu {
  static constexpr OpInfo info{.name = "gelu",
                               .arity = 1,
                               .keeps = true,
                               .edges =
                                   "0 with partial 0 at -∞; ∞ with partial 1 at ∞; near "
                                   "the minimum the partial's error is absolute, epsilon"};
  template <class T> static T value(T x) { return product_or_zero(x, normal_cdf(x)); }
  template <class T> static auto partials(T x, T) {
    return std::array{normal_cdf(x) + product_or_zero(x, normal_pdf(x))};
  }
};

// x·sigmoid(x). Source: Elfwing, Uchibe and Doya 2017.
struct Silu {
  static constexpr OpInfo info{.name = "silu",
                               .arity = 1,
                               .keeps = true,
                               .edges =
                                   "0 with partial 0 at -∞; ∞ with partial 1 at ∞; "
                                   "the partial's error is absolute, 20 epsilon"};
  template <class T> static T value(T x) { return product_or_zero(x, sigmoid(x)); }
  template <class T> static auto partials(T x, T y) {
    T s = sigmoid(x);
    return std::array{select(s == 1, T(1), s + y * (1 - s))};
  }
};

}  // namespace tapegrad::rule
