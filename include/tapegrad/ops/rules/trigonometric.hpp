// Rules: trigonometric functions and their inverses, in radians.
#pragma once

#include <array>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

struct Sin {
  static constexpr OpInfo info{
      .name = "sin", .arity = 1, .keeps = true, .edges = "±∞: NaN with partial NaN"};
  template <class T> static T value(T x) { return sin(x); }
  template <class T> static auto partials(T x, T) { return std::array{cos(x)}; }
};

struct Cos {
  static constexpr OpInfo info{
      .name = "cos", .arity = 1, .keeps = true, .edges = "±∞: NaN with partial NaN"};
  template <class T> static T value(T x) { return cos(x); }
  template <class T> static auto partials(T x, T) { return std::array{-sin(x)}; }
};

struct Tan {
  static constexpr OpInfo info{
      .name = "tan", .arity = 1, .domain = {-1.25, 1.25}, .edges = "±∞: NaN with partial NaN"};
  template <class T> static T value(T x) { return tan(x); }
  template <class T> static auto partials(T, T y) { return std::array{1 + y * y}; }
};

// (1 - x)·(1 + x) keeps the digits near ±1 that 1 - x² loses.
struct Asin {
  static constexpr OpInfo info{.name = "asin",
                               .arity = 1,
                               .domain = {-0.75, 0.75},
                               .edges = "±π/2 with partial ∞ at ±1; NaN with partial NaN outside"};
  template <class T> static T value(T x) { return asin(x); }
  template <class T> static auto partials(T x, T) {
    return std::array{1 / sqrt((1 - x) * (1 + x))};
  }
};

struct Acos {
  static constexpr OpInfo info{.name = "acos",
                               .arity = 1,
                               .domain = {-0.75, 0.75},
                               .edges = "partial -∞ at ±1; NaN with partial NaN outside"};
  template <class T> static T value(T x) { return acos(x); }
  template <class T> static auto partials(T x, T) {
    return std::array{-1 / sqrt((1 - x) * (1 + x))};
  }
};

struct Atan {
  static constexpr OpInfo info{.name = "atan", .arity = 1, .edges = "±π/2 with partial 0 at ±∞"};
  template <class T> static T value(T x) { return atan(x); }
  template <class T> static auto partials(T x, T) { return std::array{1 / (1 + x * x)}; }
};

// The angle of the point (b, a). Dividing twice by the radius neither overflows nor underflows
// where a² + b² would.
struct Atan2 {
  static constexpr OpInfo info{.name = "atan2",
                               .arity = 2,
                               .domain = {0.25, 4},
                               .edges =
                                   "(0, 0): partials 0; beside an infinite operand the "
                                   "other's partial is NaN"};
  template <class T> static T value(T a, T b) { return atan2(a, b); }
  template <class T> static auto partials(T a, T b, T) {
    T radius = hypot(a, b);
    return std::array{select(radius == 0, T(0), b / radius / radius),
                      select(radius == 0, T(0), -a / radius / radius)};
  }
};

}  // namespace tapegrad::rule
