// Are the derivatives right? Held against finite differences of the function itself.
//
//   check_gradient(f, x)   first derivatives of one result
//   check_jacobian(f, x)   of several results
//   check_hessian(f, x)    second derivatives, against differences of the gradient
//
// Differences are themselves inexact, and useless beside a kink, a jump or noise. So each one comes
// with an estimate of its own error, and with it one of three verdicts: agrees, disagrees, or
// undecided, where the difference is the side that is not to be trusted.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/derivatives/matrix.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// From good to bad.
enum class Verdict { agrees, undecided, disagrees };

/// What is to be said of a difference beside its error.
enum class Doubt {
  none,
  imprecise,       // its error is larger than the tolerance: noise, cancellation, no smooth limit
  below_rounding,  // both sides are too small to be seen beside the value of f
  kink,            // the differences from left and right have limits, but not the same
  steep,           // they grow without limit as the step shrinks: a jump, or an infinite derivative
  one_sided,       // f is finite on one side of x only: the difference is of that side
  not_finite,      // f is NaN or infinite at x or around it, or the sweep's derivative is
};

TAPEGRAD_API std::string to_string(Verdict verdict);
/// In words: "left and right differences differ: kink". Empty for none.
TAPEGRAD_API std::string to_string(Doubt doubt);

/// One partial derivative, by the sweep and by differences.
struct PartialCheck {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  double sweep = unknown;
  double difference = unknown;    // NaN if there is none; at a kink the mean of left and right
  double error = unknown;         // estimate of how far the difference is from the derivative
  double step = 0;                // the smallest step that went into it
  double left = unknown;          // at a kink: the derivative from the left,
  double right = unknown;         // and from the right
  double disagreement = unknown;  // relative, see check_gradient(); NaN if a side is not finite
  Verdict verdict = Verdict::undecided;
  Doubt doubt = Doubt::none;
};

/// What all checks tell.
struct DerivativeCheck {
  std::vector<PartialCheck> partials;
  double tolerance = 0;
  double worst = 0;             // largest disagreement; NaN if one is NaN
  std::size_t worst_index = 0;  // of the partial where it happens

  /// The worst of all verdicts.
  TAPEGRAD_API Verdict verdict() const;
  /// True if every partial agrees: an undecided one counts as not shown to be right.
  bool agrees() const { return verdict() == Verdict::agrees; }
  /// True if a derivative is shown to be wrong.
  bool disagrees() const { return verdict() == Verdict::disagrees; }
  TAPEGRAD_API std::size_t count(Verdict verdict) const;
};

/// What check_gradient() found: partials[i] is ∂f/∂x[i].
struct GradientCheck : DerivativeCheck {
  double value = 0;
};

/// What check_jacobian() found: ∂f[k]/∂x[i] for all k, i, row after row.
struct JacobianCheck : DerivativeCheck {
  std::size_t rows = 0;
  std::size_t columns = 0;

  /// @throws ShapeError outside
  TAPEGRAD_API const PartialCheck& operator()(std::size_t k, std::size_t i) const;
};

/// What check_hessian() found: ∂²f/∂x[i]∂x[j] for all i, j, row after row, and then one more,
/// vᵀ·H·v for a direction v with no zeros.
struct HessianCheck : DerivativeCheck {
  std::size_t inputs = 0;
  double asymmetry = 0;  // largest |H[i][j] - H[j][i]|

  /// @throws ShapeError outside
  TAPEGRAD_API const PartialCheck& operator()(std::size_t i, std::size_t j) const;
  PartialCheck along_direction() const {
    return partials.empty() ? PartialCheck() : partials.back();
  }
};

/// A line of summary, and under it a table of the five partials that come off worst.
TAPEGRAD_API std::string to_string(const GradientCheck& check);
TAPEGRAD_API std::string to_string(const JacobianCheck& check);
TAPEGRAD_API std::string to_string(const HessianCheck& check);

/// f at points of plain numbers, for the differences.
using PlainFunction = std::function<double(std::span<const double>)>;
/// The same with several results, which it writes into a span.
using PlainFunctions = std::function<void(std::span<const double>, std::span<double>)>;

/// The three checks on derivatives from anywhere.
/// @throws ShapeError if the sizes do not fit; ArgumentError unless tolerance > 0; what f throws
TAPEGRAD_API GradientCheck compare_with_differences(const PlainFunction& f,
                                                    std::span<const double> x,
                                                    const ValueAndGradient& by_sweep,
                                                    double tolerance);
TAPEGRAD_API JacobianCheck compare_with_differences(const PlainFunctions& f,
                                                    std::span<const double> x,
                                                    const Matrix& by_sweep, double tolerance);
/// @param gradient   of f, n results
/// @param along      vᵀ·H·v for v = check_direction(n)
TAPEGRAD_API HessianCheck compare_with_differences(const PlainFunctions& gradient,
                                                   std::span<const double> x, const Matrix& hessian,
                                                   double along, double tolerance);
/// n numbers, none of them 0, of both signs.
TAPEGRAD_API std::vector<double> check_direction(std::size_t n);

[[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_other_result_count(std::size_t at_x,
                                                                      std::size_t beside);

/// Compares the gradient of f at x with differences of f.
///
/// The difference by x[i] is extrapolated from central differences of steps h, h/2, h/4, ... (a
/// tableau of six; the entry of least estimated error counts). h starts at 0.118·max(|x[i]|, 1);
/// where the error is then not below a hundredth of the tolerance, again at a 64th of that, and so
/// on, five times, and for |x[i]| < 1e-8 at steps of its own size as well. One difference of a
/// thousandth of the step goes with each tableau, to see noise and oscillations finer than it.
///
/// With s the sweep's derivative, d the difference and e the estimate of d's error:
///   agrees     |s - d| <= tolerance·max(|s|, |d|), and e too;
///              or |s - d| <= 10 e, where e is no more than the rounding of f (below_rounding): a
///              derivative that hardly moves f cannot be seen any better
///   disagrees  |s - d| > tolerance·max(|s|, |d|) and |s - d| > 10 e
///   undecided  else: the difference is too inexact to tell
/// At a kink, where left and right derivatives differ, any number between them is undecided, others
/// disagree. Undecided too: jumps, infinite derivatives, NaN or infinite f at x. Where f is not
/// finite at x ± h, smaller steps are tried; where one side never is, the other side's differences
/// count. Steps below 1e-5 max(|x[i]|, 1) that do not change f at all do not count: x[i] may have
/// been lost beside larger numbers; then s = 0 is undecided at worst. So is an s that only steps
/// would show by which f does not change, where it changes to both sides by larger ones: as it does
/// where rounding makes a staircase of it, (x + 1e12) - 1e12. Poles, kinks and the like
/// nearer than 1e-9 max(|x[i]|, 1) are not seen. The disagreement is |s - d| / max(|s|, |d|), or
/// where e is the rounding of f |s - d| / max(|s|, |d|, 10 e / tolerance).
/// @param x          n numbers
/// @param tolerance  what agrees() allows: a wrong sign is off by 2, a missing factor 2 by 0.5, a
///                   good gradient of a smooth function by 1e-9
/// @throws ArgumentError unless tolerance > 0; what gradient() throws
/// Cost: one gradient, and with constants, which record nothing, for each x[i] 8 to 14 evaluations
/// of f where it is smooth, 70 (or 98 for |x[i]| < 1e-8) where it is not.
/// Source: Ridders 1982, "Accurate computation of F'(x) and F'(x)F''(x)".
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
GradientCheck check_gradient(F&& f, const X& x, double tolerance = 1e-6) {
  const PlainFunction plain = [&](std::span<const double> point) {
    const std::vector<Value> constants(point.begin(), point.end());
    return std::invoke(f, shaped_inputs<X, F>(constants)).value();
  };
  ValueAndGradient by_sweep{0, std::vector<double>(std::span<const double>(x).size())};
  by_sweep.value = gradient(f, x, std::span<double>(by_sweep.gradient));
  return compare_with_differences(plain, x, by_sweep, tolerance);
}

/// The same of a function of several results: to_string() says which partials of which.
/// Cost: one Jacobian, and evaluations of f as for a gradient, shared by all results.
/// @throws ShapeError if f has another number of results at another point; else as check_gradient()
template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
JacobianCheck check_jacobian(F&& f, const X& x, double tolerance = 1e-6) {
  const PlainFunctions plain = [&](std::span<const double> point, std::span<double> out) {
    const std::vector<Value> constants(point.begin(), point.end());
    const auto results = std::invoke(f, shaped_inputs<X, F>(constants));
    const std::span<const Value> y = results;
    if (y.size() != out.size()) throw_other_result_count(out.size(), y.size());
    for (std::size_t k = 0; k < y.size(); ++k) out[k] = y[k].value();
  };
  return compare_with_differences(plain, x, jacobian(f, x), tolerance);
}

/// Compares hessian(f, x), column by column, with differences of the gradient by the reverse sweep,
/// as check_gradient() does with f; H[i][j] and H[j][i] separately. Then vᵀ·H·v, which is a sweep
/// of its own (directional_second), with differences of the gradient along v.
/// That the gradient is right is for check_gradient() to say.
/// Cost: one Hessian, and for each x[j] and for v 8 to 14 gradients where f is smooth, else up to
/// 98.
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
HessianCheck check_hessian(F&& f, const X& x, double tolerance = 1e-6) {
  const PlainFunctions by_sweep = [&](std::span<const double> point, std::span<double> out) {
    const GradientCall call(point);
    call.sweep(std::invoke(f, shaped_inputs<X, F>(call.inputs())), out);
  };
  const std::size_t n = std::span<const double>(x).size();
  const double along = directional_second(f, x, check_direction(n)).second;
  return compare_with_differences(by_sweep, x, hessian(f, x), along, tolerance);
}

}  // namespace tapegrad
