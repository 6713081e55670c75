// Special functions of plain numbers that the C++ standard library lacks, or has with a flaw.
#pragma once

#include "tapegrad/export.hpp"

namespace tapegrad::special {

/// ln |Γ(x)|. Unlike std::lgamma it writes no global sign, so that threads may call it at once.
/// Poles at 0, -1, -2, ...: +∞.
TAPEGRAD_API float lgamma(float x);
TAPEGRAD_API double lgamma(double x);
TAPEGRAD_API long double lgamma(long double x);

/// ψ(x) = d ln Γ(x) / dx. The error is below 10 epsilon·max(1, |ψ|): absolute near the zeros.
/// Poles: ψ(±0) = ∓∞; at -1, -2, ... and at -∞ NaN; ψ(+∞) = +∞.
/// Source: Abramowitz & Stegun 6.3.5, 6.3.7, 6.3.18.
TAPEGRAD_API float digamma(float x);
TAPEGRAD_API double digamma(double x);
TAPEGRAD_API long double digamma(long double x);

/// ψ⁽ⁿ⁾(x), the n-th derivative of digamma, for n = 0, 1, 2, ...; NaN for any other n.
/// Poles at 0, -1, -2, ...: +∞ for odd n; for even n ∓∞ at ±0 and NaN at the others.
/// ψ⁽ⁿ⁾(+∞) = 0 for n > 0, ψ⁽ⁿ⁾(-∞) = NaN.
/// The relative error is below 10 epsilon for x > 0 and for odd n; for even n there is a zero
/// between two poles, and near it the error is absolute. All holds while n! and ζ are in range
/// (n <= 170 for float and double); beyond that the result is ∞, 0 or NaN.
/// Source: ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n+1, x) (Abramowitz & Stegun 6.4.10), the Hurwitz zeta function
/// by the Euler-Maclaurin formula.
TAPEGRAD_API float polygamma(float n, float x);
TAPEGRAD_API double polygamma(double n, double x);
TAPEGRAD_API long double polygamma(long double n, long double x);

}  // namespace tapegrad::special
