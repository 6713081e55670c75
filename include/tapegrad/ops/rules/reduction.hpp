// Rules: operations of any number of operands, in a span. Each sums from the first operand to the
// last, for every number type, so that all paths round alike. Of no operands: see each rule.
#pragma once

#include <cstddef>
#include <span>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/scalar.hpp"

namespace tapegrad::rule {

template <class T> T total(std::span<const T> x) {
  if (x.empty()) return T(0);
  T sum = x[0];
  for (const T& term : x.subspan(1)) sum = sum + term;
  return sum;
}

// a[0]·b[0] + ... of an `ab` that holds first all a, then all b.
template <class T> T inner_product(std::span<const T> ab) {
  const std::size_t n = ab.size() / 2;
  if (n == 0) return T(0);
  T sum = ab[0] * ab[n];
  for (std::size_t i = 1; i < n; ++i) sum = sum + ab[i] * ab[n + i];
  return sum;
}

struct Sum {
  static constexpr OpInfo info{.name = "sum", .arity = variadic, .edges = "no operands: 0"};
  template <class T> static T value(std::span<const T> x) { return total(x); }
  template <class T> static void partials(std::span<const T>, T, std::span<T> out) {
    for (T& partial : out) partial = T(1);
  }
};

// Operands: all a, then all b.
struct Dot {
  static constexpr OpInfo info{.name = "dot",
                               .arity = variadic,
                               .operands = "a[0] a[1] b[0] b[1]",
                               .edges = "no operands: 0"};
  template <class T> static T value(std::span<const T> ab) { return inner_product(ab); }
  template <class T> static void partials(std::span<const T> ab, T, std::span<T> out) {
    const std::size_t n = ab.size() / 2;
    for (std::size_t i = 0; i < n; ++i) {
      out[i] = ab[n + i];
      out[n + i] = ab[i];
    }
  }
};

// A neuron's pre-activation w·x + b. Operands: all w, then all x, then b.
struct WeightedSum {
  static constexpr OpInfo info{.name = "weighted_sum",
                               .arity = variadic,
                               .operands = "w[0] w[1] x[0] x[1] b",
                               .edges = "no weights: b"};
  template <class T> static T value(std::span<const T> wxb) {
    return inner_product(wxb.first(wxb.size() - 1)) + wxb.back();
  }
  template <class T> static void partials(std::span<const T> wxb, T y, std::span<T> out) {
    Dot::partials(wxb.first(wxb.size() - 1), y, out.first(out.size() - 1));
    out.back() = T(1);
  }
};

// The Euclidean norm, scaled by its largest operand so that no square overflows or underflows.
struct Norm {
  static constexpr OpInfo info{.name = "norm",
                               .arity = variadic,
                               .domain = {0.25, 4},
                               .edges =
                                   "no operands: 0; the zero vector: partials 0; "
                                   "an infinite operand has partial NaN"};
  template <class T> static T value(std::span<const T> x) {
    T scale = T(0);
    for (const T& xi : x) scale = max(scale, T(abs(xi)));
    T sum = T(0);
    for (const T& xi : x) sum = sum + (xi / scale) * (xi / scale);
    T plain = select(scale - scale == 0, scale * sqrt(sum), scale);  // ∞ and NaN as they are
    return select(scale == 0, T(0), plain);
  }
  template <class T> static void partials(std::span<const T> x, T y, std::span<T> out) {
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = quotient_or_zero(x[i], y);
  }
};

// ln(exp(x[0]) + ...), shifted by its largest operand so that nothing overflows. The partials are
// the softmax.
struct LogSumExp {
  static constexpr OpInfo info{.name = "log_sum_exp",
                               .arity = variadic,
                               .edges =
                                   "no operands: -∞; an operand -∞ has partial 0, "
                                   "an operand ∞ has partial NaN"};
  template <class T> static T value(std::span<const T> x) {
    if (x.empty()) return log(T(0));
    T largest = x[0];
    for (const T& xi : x.subspan(1)) largest = max(largest, xi);
    T sum = T(0);
    for (const T& xi : x) sum = sum + exp(xi - largest);
    return select(largest - largest == 0, largest + log(sum), largest);  // ±∞ and NaN as they are
  }
  template <class T> static void partials(std::span<const T> x, T y, std::span<T> out) {
    T total = T(0);  // 1, but for what the rounding of a large y took from all of them
    for (std::size_t i = 0; i < x.size(); ++i) {
      out[i] = exp(x[i] - y);
      total = total + out[i];
    }
    total = select(y - y == 0, total, T(1));
    for (std::size_t i = 0; i < x.size(); ++i) {
      T infinite = select(x[i] < 0, T(0), x[i] - y);
      out[i] = select(x[i] - x[i] == 0, out[i] / total, infinite);
    }
  }
};

}  // namespace tapegrad::rule
