// Rules: operations that are put together from pieces, comparisons, and the choice between two
// values. At a kink the partial is the subgradient that PyTorch takes.
#pragma once

#include <array>
#include <string_view>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

struct Abs {
  static constexpr OpInfo info{
      .name = "abs", .arity = 1, .domain = {0.25, 4}, .edges = "partial 0 at 0, NaN at NaN"};
  template <class T> static T value(T x) { return abs(x); }
  template <class T> static auto partials(T x, T) {
    const T nan(not_a_number);  // not x itself, by which it would be curved
    return std::array{select(x > 0, T(1), select(x < 0, T(-1), select(x == 0, T(0), nan)))};
  }
};

// One of two numbers, whichever wins.
struct Winner {
  static constexpr OpInfo row(std::string_view name) {
    return {.name = name,
            .arity = 2,
            .domain = {2, 4},
            .domain_b = {-4, 1},
            .cuts = true,
            .edges = "a = b: half to each; NaN wins from either side, half to each"};
  }
  template <class T, class Condition>
  static auto partials_where(Condition a_wins, Condition b_wins) {
    T to_a = select(a_wins, T(1), select(b_wins, T(0), T(0.5)));
    return std::array{to_a, 1 - to_a};
  }
};

struct Max : Winner {
  static constexpr OpInfo info = row("max");
  template <class T> static T value(T a, T b) { return max(a, b); }
  template <class T> static auto partials(T a, T b, T) {
    return partials_where<T>((a > b), (a < b));
  }
};

struct Min : Winner {
  static constexpr OpInfo info = row("min");
  template <class T> static T value(T a, T b) { return min(a, b); }
  template <class T> static auto partials(T a, T b, T) {
    return partials_where<T>((a < b), (a > b));
  }
};

// a = q·b + y with the integer quotient q. Rounding (a - y) / b finds q also where a / b itself
// rounds to the next integer.
struct Fmod {
  static constexpr OpInfo info{.name = "fmod",
                               .arity = 2,
                               .domain = {5.1, 5.9},
                               .domain_b = {2.05, 2.45},
                               .edges =
                                   "a a multiple of b: the partials right of the jump; "
                                   "b = 0 or a = ±∞: NaN with ∂b NaN"};
  template <class T> static T value(T a, T b) { return fmod(a, b); }
  template <class T> static auto partials(T a, T b, T y) {
    return std::array{T(1), -round((a - y) / b)};
  }
};

// A constant between the jumps.
struct Flat {
  static constexpr OpInfo row(std::string_view name) {
    return {.name = name,
            .arity = 1,
            .domain = {0.25, 0.75},
            .cuts = true,
            .edges = "partial 0 everywhere, also at the jumps"};
  }
  template <class T> static auto partials(T, T) { return std::array{T(0)}; }
};

struct Floor : Flat {
  static constexpr OpInfo info = row("floor");
  template <class T> static T value(T x) { return floor(x); }
};

struct Ceil : Flat {
  static constexpr OpInfo info = row("ceil");
  template <class T> static T value(T x) { return ceil(x); }
};

struct Round : Flat {
  static constexpr OpInfo info{.name = "round",
                               .arity = 1,
                               .domain = {-0.25, 0.25},
                               .cuts = true,
                               .edges = "halves away from 0; partial 0 everywhere"};
  template <class T> static T value(T x) { return round(x); }
};

struct Trunc : Flat {
  static constexpr OpInfo info = row("trunc");
  template <class T> static T value(T x) { return trunc(x); }
};

struct Copysign {
  static constexpr OpInfo info{.name = "copysign",
                               .arity = 2,
                               .domain = {0.25, 4},
                               .domain_b = {-4, -0.25},
                               .cuts = true,
                               .edges =
                                   "a = 0: ∂a is 0; ∂b is 0 everywhere; "
                                   "of a NaN b only the sign is seen"};
  template <class T> static T value(T a, T b) { return copysign(a, b); }
  template <class T> static auto partials(T a, T b, T) {
    T turned = copysign(T(1), a) * copysign(T(1), b);
    return std::array{select(a == 0, T(0), turned), T(0)};
  }
};

// Comparisons that are recorded: 1 where they hold, else 0. Flat, so both partials are 0.
struct Comparison {
  static constexpr OpInfo row(std::string_view name) {
    return {.name = name,
            .arity = 2,
            .domain = {2, 4},
            .domain_b = {-4, 1},
            .cuts = true,
            .edges = "NaN: 0"};
  }
  static constexpr OpInfo commuting_row(std::string_view name, std::string_view edges) {
    OpInfo info = row(name);
    info.commutes = true;
    info.edges = edges;
    return info;
  }
  template <class T> static auto partials(T, T, T) { return std::array{T(0), T(0)}; }
};

struct Less : Comparison {
  static constexpr OpInfo info = row("less");
  template <class T> static T value(T a, T b) { return select(a < b, T(1), T(0)); }
};

struct LessEqual : Comparison {
  static constexpr OpInfo info = row("less_equal");
  template <class T> static T value(T a, T b) { return select(a <= b, T(1), T(0)); }
};

struct Greater : Comparison {
  static constexpr OpInfo info = row("greater");
  template <class T> static T value(T a, T b) { return select(a > b, T(1), T(0)); }
};

struct GreaterEqual : Comparison {
  static constexpr OpInfo info = row("greater_equal");
  template <class T> static T value(T a, T b) { return select(a >= b, T(1), T(0)); }
};

struct Equal : Comparison {
  static constexpr OpInfo info = commuting_row("equal", "NaN: 0");
  template <class T> static T value(T a, T b) { return select(a == b, T(1), T(0)); }
};

struct NotEqual : Comparison {
  static constexpr OpInfo info = commuting_row("not_equal", "NaN: 1");
  template <class T> static T value(T a, T b) { return select(a != b, T(1), T(0)); }
};

// The condition is a recorded comparison (or any number: 0 is false).
struct Select {
  static constexpr OpInfo info{.name = "select",
                               .arity = 3,
                               .domain = {0.5, 1},
                               .operands = "condition a b",
                               .cuts = true,
                               .edges =
                                   "only the chosen side is seen and has a partial; flat in "
                                   "the condition, of which 0 alone is false"};
  template <class T> static T value(T condition, T a, T b) { return select(condition != 0, a, b); }
  template <class T> static auto partials(T condition, T, T, T) {
    T to_a = select(condition != 0, T(1), T(0));
    return std::array{T(0), to_a, 1 - to_a};
  }
};

}  // namespace tapegrad::rule
