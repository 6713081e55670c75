// Functions that are given by an equation: u(p) with F(u, p) = 0.
//
// The root is found outside the tape, by Newton's method. Its derivative needs nothing of the way
// there: the implicit function theorem says du/dp = -(∂F/∂u)⁻¹·∂F/∂p at the root. So the tape gets
// one operation with the parameters as operands and the unknowns as results, where each recorded
// iteration would add all of F and a solution of linear equations.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// F(u, p): n unknowns u and m parameters p to n numbers. It sees Values of a tape of the library's
/// own; a captured Value of another tape throws StaleValueError: make it a parameter.
using Residual = std::function<std::vector<Value>(std::span<const Value> unknowns,
                                                  std::span<const Value> parameters)>;

struct RootOptions {
  /// Found, when Newton's method wants to move no unknown by more than this, relative to the
  /// largest of them or to `scale`. The last step is then taken: as it converges quadratically, the
  /// root is usually exact to rounding.
  double tolerance = 1e-10;
  /// Unknowns smaller than that count as 0, in their units.
  double scale = 1;
  std::size_t most_iterations = 50;
  /// Of the operation, on the tape and in messages; empty: the function's own name.
  std::string name = {};
};

/// u with residual(u, parameters) = 0, on the active tape.
///
/// Newton's method, with the exact Jacobian; a step is halved until the residual becomes smaller.
/// Among several roots it is the one that the guess leads to, and the derivatives are those of the
/// branch it lies on; by the guess there is none.
/// @param residual  n unknowns and m parameters to n numbers. A copy is kept by the operation, and
///                  called by second-order sweeps only: what it captures by reference has to live
///                  until the last of these
/// @param guess     n numbers to start from
/// @return          n Values. If all parameters are constants, so are they, and no tape is needed
/// @throws NoConvergenceError with the size of the residual if no root is found; ArgumentError if
///         ∂F/∂u is singular where it got to, or the options make no sense; ShapeError if there are
///         not as many residuals as unknowns; StaleValueError; NoActiveTapeError; TapeFullError;
///         whatever the residual throws. The tape is as before then
/// Derivatives, with u̇ = -(∂F/∂u)⁻¹·∂F/∂p·ṗ: p̄ = -(∂F/∂p)ᵀ·λ, where (∂F/∂u)ᵀ·λ = ū. Their accuracy
/// is that of the root. Second derivatives come from the Hessian of λᵀ·F, in the direction (u̇, ṗ).
/// Cost: n directions and a factorisation for each iteration; it keeps n² + n·m numbers. A sweep
/// takes n² + n·m multiplications, a second-order sweep one Hessian-vector product of F.
/// Source: Griewank & Walther 2008, "Evaluating Derivatives", ch. 15; Deuflhard 2004, "Newton
/// Methods for Nonlinear Problems", for the halving.
TAPEGRAD_API std::vector<Value> implicit_function(const Residual& residual,
                                                  std::span<const double> guess,
                                                  std::span<const Value> parameters,
                                                  const RootOptions& options = {});

/// u with u = g(u, parameters): the root of u - g(u, p), all else as there. (Newton's method and
/// not the iteration itself, so that it converges also where that does not.)
/// @param g  n unknowns and m parameters to n numbers
TAPEGRAD_API std::vector<Value> fixed_point(const Residual& g, std::span<const double> guess,
                                            std::span<const Value> parameters,
                                            const RootOptions& options = {});

}  // namespace tapegrad
