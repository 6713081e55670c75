#include "tapegrad/derivatives/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

double central_difference(const PlainFunction& f, std::vector<double>& x, std::size_t i,
                          double step) {
  const double at = x[i];
  const double above = at + step;
  const double below = at - step;
  x[i] = above;
  const double f_above = f(x);
  x[i] = below;
  const double f_below = f(x);
  x[i] = at;
  return (f_above - f_below) / (above - below);  // the step as rounding left it
}

// Two central differences, the second with half the step, cancel the error of order h².
double extrapolated_difference(const PlainFunction& f, std::vector<double>& x, std::size_t i,
                               double step) {
  const double coarse = central_difference(f, x, i, step);
  const double fine = central_difference(f, x, i, step / 2);
  return fine + (fine - coarse) / 3;
}

// |a - b| relative to the larger of them, but to `least` if both are smaller.
double disagreement(double a, double b, double least) {
  if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(least)) return no_number;
  return a == b ? 0 : std::abs(a - b) / std::max({std::abs(a), std::abs(b), least});
}

struct Comparison {
  double difference;
  double disagreement;  // NaN if it says nothing
};

// `least` as in disagreement().
Comparison compare_at(const PlainFunction& f, std::vector<double>& x, std::size_t i, double sweep,
                      double scale, double least) {
  // The fifth root of epsilon balances the error of order h⁴ that remains against rounding.
  static const double relative_step = std::pow(epsilon, 0.2);
  const double difference = extrapolated_difference(f, x, i, relative_step * scale);
  return {difference, disagreement(sweep, difference, least)};
}

Comparison compare(const PlainFunction& f, std::vector<double>& x, std::size_t i, double sweep,
                   double value, double tolerance) {
  // Rounding of f, about epsilon |f|, divided by the step; ten times that, for f's own operations.
  static const double relative_noise = 10 * std::pow(epsilon, 0.8);
  const double size = std::abs(x[i]);
  const double scale = std::max(size, 1.0);
  const double noise = relative_noise * std::abs(value) / scale;
  const Comparison wide = compare_at(f, x, i, sweep, scale, noise / tolerance);
  if (size == 0 || size >= 1) return wide;
  const Comparison narrow = compare_at(f, x, i, sweep, size, 0);
  const bool lost = narrow.difference == 0 || std::isnan(narrow.disagreement);
  return lost || wide.disagreement <= narrow.disagreement ? wide : narrow;
}

}  // namespace

GradientCheck compare_with_differences(const PlainFunction& f, std::span<const double> x,
                                       const ValueAndGradient& by_sweep, double tolerance) {
  if (!(tolerance > 0)) {
    throw ArgumentError(
        fmt::format("check_gradient: tolerance is {}; pass a number above 0", tolerance));
  }
  if (by_sweep.gradient.size() != x.size())
    throw ShapeError(
        fmt::format("check_gradient: a gradient of {} partial derivatives by {} inputs",
                    by_sweep.gradient.size(), x.size()));
  GradientCheck check{.value = by_sweep.value,
                      .gradient = by_sweep.gradient,
                      .differences = {},
                      .worst = 0,
                      .worst_index = 0,
                      .tolerance = tolerance};
  std::vector<double> point(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const Comparison one = compare(f, point, i, check.gradient[i], check.value, tolerance);
    check.differences.push_back(one.difference);
    if (one.disagreement <= check.worst || std::isnan(check.worst)) continue;  // first NaN stays
    check.worst = one.disagreement;
    check.worst_index = i;
  }
  return check;
}

std::string to_string(const GradientCheck& check) {
  const std::size_t n = check.gradient.size();
  std::string text = fmt::format(
      "gradient of {} inputs at value {:.6g}: {}; worst relative disagreement {:.2g}", n,
      check.value, check.agrees() ? "agrees with finite differences" : "DISAGREES", check.worst);
  if (n == 0) return text + "\n";
  text += fmt::format(" at x[{}]\n", check.worst_index);

  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto difference = [&](std::size_t i) {
    const double d = std::abs(check.gradient[i] - check.differences[i]);
    return std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
  };
  const std::size_t shown = std::min<std::size_t>(n, 5);
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(shown),
                            std::greater<>(), difference);
  for (std::size_t k = 0; k < shown; ++k) {
    const std::size_t i = order[k];
    text += fmt::format("  x[{}]: sweep {:.10g}, difference {:.10g}\n", i, check.gradient[i],
                        check.differences[i]);
  }
  return text;
}

}  // namespace tapegrad
