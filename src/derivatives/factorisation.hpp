// P·A = L·U, kept for solving with A and with Aᵀ.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace tapegrad {

class Factorisation {
 public:
  /// By Gaussian elimination with partial pivoting, n³/3 multiplications. A pivot counts as 0, and
  /// the matrix as singular, if it is no more than the rounding of the terms that were added up to
  /// it; that does not depend on the units of rows and columns. NaN and infinity are no reason to
  /// refuse.
  /// @param a     n × n, row-major
  /// @param what  "solve: the matrix": the message goes on with "is singular"
  /// @throws ArgumentError if the matrix is singular
  Factorisation(std::span<const double> a, std::size_t n, std::string_view what);

  /// A⁻¹·b, with b of n × columns, row-major.
  std::vector<double> solve(std::span<const double> b, std::size_t columns) const;
  /// A⁻ᵀ·b.
  std::vector<double> solve_transposed(std::span<const double> b, std::size_t columns) const;

 private:
  double at(std::size_t i, std::size_t j) const { return factors_[i * n_ + j]; }
  void swap_rows(std::size_t i, std::size_t k, std::vector<double>& sizes);
  void eliminate_below(std::size_t k, std::vector<double>& sizes);

  std::size_t n_;
  std::vector<double> factors_;    // L below the diagonal, of which it has ones, and U
  std::vector<std::size_t> rows_;  // row i of P·A is row rows_[i] of A
};

}  // namespace tapegrad
