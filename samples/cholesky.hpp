// Linear equations with a small symmetric positive definite matrix, for `hessian_newton` and
// `lotka_volterra`.
//
// Such a matrix is A = L·Lᵀ with L lower triangular, and only such a one: where the factorisation
// fails, A is not positive definite. Source: Cholesky 1910, published by Benoît 1924.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tapegrad/derivatives/matrix.hpp"

/// L of A = L·Lᵀ, zeros above the diagonal; none if A is not positive definite. n³/3 operations.
inline std::optional<tapegrad::Matrix> cholesky(const tapegrad::Matrix& A) {
  tapegrad::Matrix L(A.rows, A.rows);
  for (std::size_t i = 0; i < A.rows; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = A(i, j);
      for (std::size_t k = 0; k < j; ++k) rest -= L(i, k) * L(j, k);
      if (i == j && !(rest > 0)) return std::nullopt;  // or NaN
      L(i, j) = i == j ? std::sqrt(rest) : rest / L(j, j);
    }
  }
  return L;
}

/// x of L·Lᵀ·x = b: forwards for L, then backwards for Lᵀ. 2n² operations.
inline std::vector<double> solve(const tapegrad::Matrix& L, std::span<const double> b) {
  std::vector<double> x(b.begin(), b.end());
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) x[i] -= L(i, k) * x[k];
    x[i] /= L(i, i);
  }
  for (std::size_t i = x.size(); i-- > 0;) {
    for (std::size_t k = i + 1; k < x.size(); ++k) x[i] -= L(k, i) * x[k];
    x[i] /= L(i, i);
  }
  return x;
}
