// Jacobians and Hessians of mostly zeros, for the price of a few sweeps.
//
// Where the zeros are follows from what is recorded, whatever the values (the pattern). Columns
// that have no row in common share one direction of a sweep, and their entries are read from the
// product one by one: they get the same colour. A Hessian with neighbours left and right needs 3
// colours, one sweep, for 10 variables as for 10,000.
//
//   SparsityPattern, SparseMatrix       by compressed rows (CSR), and as triplets
//   jacobian_pattern, hessian_pattern   where entries may differ from 0
//   sparse_jacobian, sparse_hessian     all at once: auto [H, colors, sweeps] = ...
//   JacobianPlan, HessianPlan           pattern and colours once, then many points
//
// Each function comes twice: of a function at a point, f(x), and of what is recorded already, y and
// x on a tape that is active on this thread. Dense: jacobian.hpp, hessian.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/derivatives/matrix.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// Where a matrix may have numbers other than 0. The entries of row i are those from row_starts[i]
/// to row_starts[i + 1], and their columns rise.
struct TAPEGRAD_API SparsityPattern {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<std::size_t> row_starts = {0};  // rows + 1, the last is the number of entries
  std::vector<std::size_t> column_indices;    // of each entry

  std::size_t non_zeros() const { return column_indices.size(); }
  /// The columns of a row's entries. @throws ShapeError if there is no such row
  std::span<const std::size_t> row(std::size_t i) const;
  /// Has it all entries of `other`, and its size?
  bool covers(const SparsityPattern& other) const;

  friend bool operator==(const SparsityPattern&, const SparsityPattern&) = default;
};

/// An entry of a sparse matrix.
struct Triplet {
  std::size_t row = 0;
  std::size_t column = 0;
  double number = 0;

  friend bool operator==(const Triplet&, const Triplet&) = default;
};

/// The entries of a pattern with their numbers. A number may happen to be 0.
struct TAPEGRAD_API SparseMatrix : SparsityPattern {
  std::vector<double> numbers;  // of each entry

  /// 0 where there is no entry. Cost: a binary search in the row.
  /// @throws ShapeError outside the matrix
  double operator()(std::size_t i, std::size_t j) const;
  /// By rows, in each by columns.
  std::vector<Triplet> triplets() const;
  Matrix to_dense() const;

  friend bool operator==(const SparseMatrix&, const SparseMatrix&) = default;
};

/// A derivative, and what it took.
struct SparseDerivative {
  SparseMatrix matrix;
  std::size_t colors = 0;  // directions swept
  std::size_t sweeps = 0;  // they took: up to 16 directions go together
};

// ---- Where the zeros are ----

/// The entries (k, i) where y[k] depends on x[i]. They follow from the operations and from which
/// operands are constants, not from values: no entry appears at another point where the same is
/// recorded. A partial that is always 0 (floor, a comparison, the condition of a select()) is no
/// dependence; a product with a constant 0 is one. Of a user's operation each result is taken to
/// depend on each operand.
/// @param y  m Values; a constant has no entry
/// @param x  n Values on a tape that is active on this thread
/// @throws StaleValueError if they are not all on one such tape; NoAdjointError if an x is a
///         constant
/// Cost: min(m, n) / 256 sweeps over sets of bits. Memory: 32 bytes a node.
TAPEGRAD_API SparsityPattern jacobian_pattern(std::span<const Value> y, std::span<const Value> x);

/// The entries (i, j) where ∂²y/∂x[i]∂x[j] may differ from 0: symmetric, by the same reasoning.
/// Kinks are flat (abs, max, relu). Of a user's operation any two operands are taken to interact.
/// Cost: linear in the nodes that y depends on, and in the pairs of nodes that interact on the way.
/// Memory: 24 bytes a node and 4 a pair.
/// Source: Gower & Mello 2012, "A new framework for the computation of Hessians" (edge pushing, of
/// the structure alone).
TAPEGRAD_API SparsityPattern hessian_pattern(Value y, std::span<const Value> x);

// ---- Once the pattern, then many points ----

/// The pattern of a Jacobian and how it is compressed: by columns, forward, or by rows, in reverse,
/// whichever needs fewer colours. Good for every point where the same operations are recorded;
/// copies share it, and threads may.
class TAPEGRAD_API JacobianPlan {
 public:
  /// @throws as jacobian_pattern()
  JacobianPlan(std::span<const Value> y, std::span<const Value> x);
  /// Records f at x, and forgets the numbers.
  template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
  JacobianPlan(F&& f, const X& x)
      : JacobianPlan(
            with_recorded(f, x, [](std::span<const Value> y, std::span<const Value> inputs) {
              return JacobianPlan(y, inputs);
            })) {}

  // Copied also in place of a move, which would leave nothing.
  JacobianPlan(const JacobianPlan&) = default;
  JacobianPlan& operator=(const JacobianPlan&) = default;

  const SparsityPattern& pattern() const;
  std::size_t colors() const;
  std::size_t sweeps() const;
  bool by_rows() const;

 private:
  friend TAPEGRAD_API SparseMatrix sparse_jacobian(std::span<const Value> y,
                                                   std::span<const Value> x,
                                                   const JacobianPlan& plan);
  struct Parts;
  std::shared_ptr<const Parts> parts_;
};

/// The pattern of a Hessian and a star colouring of it: inputs that interact differ in colour, and
/// any four in a row have three colours or more. Then each entry stands alone in a product, or its
/// mirror image does.
/// Source: Coleman & Moré 1984, "Estimation of sparse Hessian matrices and graph coloring
/// problems"; Gebremedhin, Manne & Pothen 2005, "What color is your Jacobian?".
class TAPEGRAD_API HessianPlan {
 public:
  /// @throws as hessian_pattern()
  HessianPlan(Value y, std::span<const Value> x);
  /// Records f at x, and forgets the numbers.
  template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
  HessianPlan(F&& f, const X& x) : HessianPlan(of(f, x)) {}

  // Copied also in place of a move, which would leave nothing.
  HessianPlan(const HessianPlan&) = default;
  HessianPlan& operator=(const HessianPlan&) = default;

  const SparsityPattern& pattern() const;
  std::size_t colors() const;
  std::size_t sweeps() const;

 private:
  friend TAPEGRAD_API SparseMatrix sparse_hessian(Value y, std::span<const Value> x,
                                                  const HessianPlan& plan);
  template <class F, class X> static HessianPlan of(F& f, const X& x) {
    const GradientCall call(x);
    return HessianPlan(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs());
  }
  struct Parts;
  std::shared_ptr<const Parts> parts_;
};

// ---- Of what is recorded ----

/// J[k][i] = ∂y[k]/∂x[i] at the entries of a plan.
///
/// Each number equals that of a sweep in its own direction to the last bit: what shares the
/// direction never meets it. So a NaN or an infinity stays in the entries that depend on it.
///
/// The plan need not come from this recording, only from one like it. If other operations were
/// recorded, say in another branch, the pattern is found anew, and must have no entry that the plan
/// lacks.
/// @throws ShapeError if the plan is of another size; ArgumentError if it lacks an entry;
///         else as jacobian()
/// Cost: one direction for each colour, 16 to a sweep.
TAPEGRAD_API SparseMatrix sparse_jacobian(std::span<const Value> y, std::span<const Value> x,
                                          const JacobianPlan& plan);
/// The same with a plan of its own.
TAPEGRAD_API SparseDerivative sparse_jacobian(std::span<const Value> y, std::span<const Value> x);

/// H[i][j] = ∂²y/∂x[i]∂x[j] at the entries of a plan. Symmetric to the last bit; else as
/// sparse_jacobian(), also for NaN and infinities.
/// @throws ShapeError, ArgumentError as sparse_jacobian(); else as hessian()
/// Cost: one direction for each colour, 16 to a sweep.
TAPEGRAD_API SparseMatrix sparse_hessian(Value y, std::span<const Value> x,
                                         const HessianPlan& plan);
/// The same with a plan of its own.
TAPEGRAD_API SparseDerivative sparse_hessian(Value y, std::span<const Value> x);

// ---- Of a function at a point ----

template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
SparsityPattern jacobian_pattern(F&& f, const X& x) {
  return with_recorded(f, x, [](std::span<const Value> y, std::span<const Value> inputs) {
    return jacobian_pattern(y, inputs);
  });
}

template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
SparsityPattern hessian_pattern(F&& f, const X& x) {
  const GradientCall call(x);
  return hessian_pattern(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs());
}

template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
SparseDerivative sparse_jacobian(F&& f, const X& x) {
  return with_recorded(f, x, [](std::span<const Value> y, std::span<const Value> inputs) {
    return sparse_jacobian(y, inputs);
  });
}

template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
SparseMatrix sparse_jacobian(F&& f, const X& x, const JacobianPlan& plan) {
  return with_recorded(f, x, [&](std::span<const Value> y, std::span<const Value> inputs) {
    return sparse_jacobian(y, inputs, plan);
  });
}

template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
SparseDerivative sparse_hessian(F&& f, const X& x) {
  const GradientCall call(x);
  return sparse_hessian(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs());
}

template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
SparseMatrix sparse_hessian(F&& f, const X& x, const HessianPlan& plan) {
  const GradientCall call(x);
  return sparse_hessian(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs(), plan);
}

}  // namespace tapegrad
