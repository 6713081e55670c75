// Is the gradient right? Held against finite differences of the function itself.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// What check_gradient() found. to_string() prints it.
struct GradientCheck {
  double value = 0;
  std::vector<double> gradient;     // by the reverse sweep
  std::vector<double> differences;  // by central differences, of the step that came closer
  double worst = 0;                 // largest relative disagreement; NaN if one is not finite
  std::size_t worst_index = 0;      // the input where it happens
  double tolerance = 0;

  /// True if no component disagrees by more than the tolerance. False if one is NaN.
  bool agrees() const { return worst <= tolerance; }
};

/// A line of summary, and under it the five inputs that disagree most.
TAPEGRAD_API std::string to_string(const GradientCheck& check);

/// f at points of plain numbers, for the differences.
using PlainFunction = std::function<double(std::span<const double>)>;
TAPEGRAD_API GradientCheck compare_with_differences(const PlainFunction& f,
                                                    std::span<const double> x,
                                                    const ValueAndGradient& by_sweep,
                                                    double tolerance);

/// Compares the gradient of f at x with central differences (f(x + h) - f(x - h)) / 2h, and with
/// those of step h / 2, extrapolated.
///
/// The disagreement at x[i] is
///   |sweep - difference| / max(|sweep|, |difference|, noise / tolerance)
///   noise = 10 ε^0.8 |f| / max(|x[i]|, 1)    (ε = 2^-52)
/// with the step h = ε^0.2 max(|x[i]|, 1): relative, but no finer than what the rounding of f lets
/// differences resolve. Where 0 < |x[i]| < 1, f may change too fast for that step (log x at 1e-4);
/// there the step ε^0.2 |x[i]| is tried as well, with noise 0, and the smaller of both
/// disagreements counts. (A difference of 0 by the smaller step does not: x[i] may have been lost
/// beside larger numbers.)
/// Differences are wrong near kinks and jumps, and where f loses digits by cancellation: a
/// disagreement there says nothing of the sweep.
/// @param x          n numbers
/// @param tolerance  what agrees() allows; where noise is small, a wrong sign is off by 2, a
///                   missing factor of 2 by 0.5, a good gradient of a smooth function by 1e-9
/// @throws ArgumentError unless tolerance > 0; what gradient() throws
/// Cost: one gradient, and with constants, which record nothing, four evaluations of f for each
/// x[i], or eight where 0 < |x[i]| < 1.
/// Source of the extrapolation: Richardson 1911.
template <RowOfNumbers X, FunctionOfSpan F>
GradientCheck check_gradient(F&& f, const X& x, double tolerance = 1e-6) {
  const PlainFunction plain = [&](std::span<const double> point) {
    const std::vector<Value> constants(point.begin(), point.end());
    return std::invoke(f, std::span<const Value>(constants)).value();
  };
  return compare_with_differences(plain, x, gradient(f, x), tolerance);
}

}  // namespace tapegrad
