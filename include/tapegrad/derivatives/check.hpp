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
  std::vector<double> differences;  // by central differences
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
/// The disagreement at x[i] is |sweep - difference| / max(|sweep|, |difference|, |f| / scale)
/// with scale = max(|x[i]|, 1): relative, but never finer than what differences of f can resolve.
/// Differences are wrong near kinks and jumps, and where f loses digits by cancellation: a
/// disagreement there says nothing of the sweep.
/// @param x          n numbers
/// @param tolerance  what agrees() allows; a wrong sign or factor is off by 1, a good gradient of
///                   a smooth function by 1e-9
/// @throws what gradient() throws
/// Cost: one gradient, and 4n evaluations of f with constants, which record nothing.
/// Source of the extrapolation: Richardson 1911.
template <FunctionOfSpan F>
GradientCheck check_gradient(F&& f, std::span<const double> x, double tolerance = 1e-6) {
  const PlainFunction plain = [&](std::span<const double> point) {
    const std::vector<Value> constants(point.begin(), point.end());
    return static_cast<Value>(std::invoke(f, std::span<const Value>(constants))).value();
  };
  return compare_with_differences(plain, x, gradient(f, x), tolerance);
}

}  // namespace tapegrad
