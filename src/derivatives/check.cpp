#include "tapegrad/derivatives/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace tapegrad {
namespace {

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
// Step: the fifth root of epsilon balances the error of order h⁴ that remains against rounding.
double extrapolated_difference(const PlainFunction& f, std::vector<double>& x, std::size_t i) {
  static const double relative_step = std::pow(std::numeric_limits<double>::epsilon(), 0.2);
  const double step = relative_step * std::max(std::abs(x[i]), 1.0);
  const double coarse = central_difference(f, x, i, step);
  const double fine = central_difference(f, x, i, step / 2);
  return fine + (fine - coarse) / 3;
}

double disagreement(const GradientCheck& check, std::span<const double> x, std::size_t i) {
  const double a = check.gradient[i];
  const double b = check.differences[i];
  if (a == b) return 0;
  const double resolution = std::abs(check.value) / std::max(std::abs(x[i]), 1.0);
  return std::abs(a - b) / std::max({std::abs(a), std::abs(b), resolution});
}

}  // namespace

GradientCheck compare_with_differences(const PlainFunction& f, std::span<const double> x,
                                       const ValueAndGradient& by_sweep, double tolerance) {
  GradientCheck check{.value = by_sweep.value,
                      .gradient = by_sweep.gradient,
                      .differences = {},
                      .worst = 0,
                      .worst_index = 0,
                      .tolerance = tolerance};
  std::vector<double> point(x.begin(), x.end());
  for (std::size_t i = 0; i < x.size(); ++i)
    check.differences.push_back(extrapolated_difference(f, point, i));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double one = disagreement(check, x, i);
    if (one <= check.worst || std::isnan(check.worst)) continue;  // the first NaN stays
    check.worst = one;
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
