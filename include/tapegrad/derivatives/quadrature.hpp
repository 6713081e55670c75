// An integral as one operation of the tape.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// f(x, p). It sees Values of a tape of the library's own; a captured Value of another tape throws
/// StaleValueError: make it a parameter.
using Integrand = std::function<Value(Value x, std::span<const Value> parameters)>;

struct QuadratureOptions {
  /// Good enough, when the error is estimated to be below this part of ∫|f| dx.
  double tolerance = 1e-10;
  /// How many intervals the range may be cut into.
  std::size_t most_intervals = 1000;
};

/// ∫ f(x, p) dx from x = a to b, on the active tape. Negative where b < a.
///
/// A Gauss–Kronrod formula of 15 points; the interval with the largest estimated error is halved
/// until the sum is good enough. The ends are not evaluated for the value: a singularity there,
/// like that of log x at 0, only costs more intervals. It should be at 0, as near any other number
/// rounding leaves no room: substitute. f should be smooth inside; at a kink or a jump it takes
/// many intervals, and it is better to integrate to there and from there.
/// @param f           a copy is kept by the operation, and called by second-order sweeps only: what
///                    it captures by reference has to live until the last of these
/// @param a, b        finite
/// @param parameters  what f depends on and the integral is to be differentiated by
/// @return            a constant if a, b and the parameters are; then no tape is needed
/// @throws NoConvergenceError if most_intervals are not enough; ArgumentError if an end is infinite
///         (substitute, x = t/(1 - t²) for instance) or the options make no sense; StaleValueError;
///         NoActiveTapeError; TapeFullError; whatever f throws
/// NaN or infinity of f at some point: so is the integral, which is not an error.
/// Derivatives: by a parameter, the same sum of the same points with ∂f/∂p: the exact derivative of
/// the number that is returned, the intervals being held. By the ends Leibniz' rule, f(b) and
/// -f(a): that of the integral, from which the sum differs by its error; so at an end that is no
/// constant f is evaluated.
/// Cost: 15 evaluations an interval tried, and for the derivatives, once, 15 gradients an interval
/// kept. A sweep takes one multiplication an operand, a second-order sweep 15 Hessian-vector
/// products of f an interval.
/// Source: Kronrod 1965, for the formula; Piessens et al. 1983, "QUADPACK", for its numbers.
TAPEGRAD_API Value integrate(const Integrand& f, Value a, Value b,
                             std::span<const Value> parameters = {},
                             const QuadratureOptions& options = {});

}  // namespace tapegrad
