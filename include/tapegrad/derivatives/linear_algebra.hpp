// Dense linear algebra as operations of the tape: a product, a solution, a determinant.
//
// Each is one node with its operands and one node for each result, where recorded arithmetic would
// take n³ nodes or so. First and second derivatives are again products and solutions, with what the
// operation has kept of its value. Matrices are row-major, and up to a few hundred rows: the code
// is plain, without blocks or threads.
//
// Numbers that are known are constants: Values made of doubles. The same functions of doubles
// record nothing.
//
// Source of the derivatives: Giles 2008, "Collected matrix derivative results for forward and
// reverse mode algorithmic differentiation".
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// C = A·B.
/// @param a  rows × inner
/// @param b  inner × columns
/// @return   rows × columns; zeros where `inner` is 0
/// @throws ShapeError if the sizes do not fit; StaleValueError; NoActiveTapeError; TapeFullError
/// Derivatives: Ċ = Ȧ·B + A·Ḃ, Ā = C̄·Bᵀ, B̄ = Aᵀ·C̄.
/// Cost: rows·inner·columns multiplications, and twice as many in a sweep.
TAPEGRAD_API std::vector<Value> product(std::span<const Value> a, std::span<const Value> b,
                                        std::size_t rows, std::size_t inner, std::size_t columns);
TAPEGRAD_API std::vector<double> product(std::span<const double> a, std::span<const double> b,
                                         std::size_t rows, std::size_t inner, std::size_t columns);

/// X with A·X = B, for one or several right-hand sides.
/// @param a  n × n
/// @param b  n × m, with m = b.size() / n
/// @return   n × m
/// @throws ArgumentError naming the pivot if A is singular, or so near to it that rounding decides;
///         ShapeError; StaleValueError; NoActiveTapeError; TapeFullError
/// NaN or infinity in A or B: as it comes out of the elimination.
/// Derivatives: Ẋ = A⁻¹·(Ḃ - Ȧ·X), B̄ = A⁻ᵀ·X̄, Ā = -B̄·Xᵀ.
/// Cost: n³/3 multiplications once, for a factorisation (LU with partial pivoting) that is kept: n²
/// numbers. A sweep takes 2n²m, a second-order sweep 7n²m.
TAPEGRAD_API std::vector<Value> solve(std::span<const Value> a, std::span<const Value> b,
                                      std::size_t n);
TAPEGRAD_API std::vector<double> solve(std::span<const double> a, std::span<const double> b,
                                       std::size_t n);

/// log det S of the symmetric positive definite S = (A + Aᵀ)/2: with a symmetric A, of A itself.
///
/// All n² numbers count, also those above the diagonal. That makes it a function of each of them:
/// ∂/∂A[i][j] is the derivative if A[i][j] alone moves and A[j][i] does not, S⁻¹[i][j]. Where both
/// are the same Value, it takes both.
/// @param a  n × n
/// @return   0 for n = 0
/// @throws ArgumentError naming the pivot if S is not positive definite; ShapeError;
///         StaleValueError; NoActiveTapeError; TapeFullError
/// NaN in A: NaN.
/// Derivatives: ẏ = tr(S⁻¹·Ṡ), Ā = ȳ·S⁻¹.
/// Cost: n³ multiplications, for a factorisation and S⁻¹, which is kept; n² in a sweep, and 2n³ in
/// a second-order sweep.
TAPEGRAD_API Value cholesky_log_determinant(std::span<const Value> a, std::size_t n);
TAPEGRAD_API double cholesky_log_determinant(std::span<const double> a, std::size_t n);

}  // namespace tapegrad
