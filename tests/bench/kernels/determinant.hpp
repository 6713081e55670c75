// Determinant: dense linear algebra in place, with a branch on the values in each column.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

// The determinant of a 12 by 12 matrix, row by row, by Gaussian elimination with partial pivoting.
struct Determinant {
  static constexpr const char* name = "Determinant, 12 x 12";
  static constexpr std::size_t n = 12;

  std::vector<double> inputs() const {
    Numbers numbers(6);
    std::vector<double> x(n * n);
    for (double& entry : x) entry = numbers.between(-1, 1);
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    std::array<T, n * n> a;
    std::copy(x.begin(), x.end(), a.begin());
    std::array<T*, n> row;  // swapped instead of what they point to
    for (std::size_t i = 0; i < n; ++i) row[i] = &a[i * n];

    bool odd = false;
    for (std::size_t k = 0; k + 1 < n; ++k) {
      const std::size_t pivot = largest(row, k);
      if (pivot != k) {
        std::swap(row[k], row[pivot]);
        odd = !odd;
      }
      const T* from = row[k];
      const T inverse = 1.0 / from[k];
      for (std::size_t i = k + 1; i < n; ++i) {
        T* to = row[i];
        const T factor = to[k] * inverse;
        for (std::size_t j = k + 1; j < n; ++j) to[j] -= factor * from[j];
      }
    }
    T det = row[0][0];
    for (std::size_t k = 1; k < n; ++k) det *= row[k][k];
    if (odd) return -det;
    return det;
  }

  // ∂det/∂a[i][j] is the cofactor: det times the inverse's [j][i]. The inverse is made in place by
  // Gauss and Jordan's elimination, above the pivot too; the matrix's row swaps come back as swaps
  // of the inverse's columns.
  double gradient(std::span<const double> x, std::span<double> out) const {
    std::array<double, n * n> a;
    std::copy(x.begin(), x.end(), a.begin());
    std::array<double*, n> row;
    for (std::size_t i = 0; i < n; ++i) row[i] = &a[i * n];
    std::array<std::size_t, n> swapped;
    double det = 1;
    for (std::size_t k = 0; k < n; ++k) {
      swapped[k] = largest(row, k);
      std::swap(row[k], row[swapped[k]]);
      double* pivot = row[k];
      det *= swapped[k] == k ? pivot[k] : -pivot[k];
      const double inverse = 1 / pivot[k];
      std::array<double, n> from;
      for (std::size_t j = 0; j < n; ++j) from[j] = pivot[j] * inverse;
      for (std::size_t i = 0; i < n; ++i) {
        if (i == k) continue;
        double* to = row[i];
        const double factor = to[k];
        for (std::size_t j = 0; j < n; ++j) to[j] -= factor * from[j];
        to[k] = -factor * inverse;
      }
      std::copy(from.begin(), from.end(), pivot);
      pivot[k] = inverse;
    }
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) out[i * n + j] = det * row[j][i];
    for (std::size_t k = n; k-- > 0;)
      if (swapped[k] != k) std::swap_ranges(&out[k * n], &out[k * n] + n, &out[swapped[k] * n]);
    return det;
  }

 private:
  // The row, from k on, whose entry in column k is largest in size.
  template <class T> static std::size_t largest(const std::array<T*, n>& row, std::size_t k) {
    std::size_t best = k;
    T high = row[k][k], low = -high;  // a larger entry lies outside of them
    if (high < low) std::swap(high, low);
    for (std::size_t i = k + 1; i < n; ++i) {
      const T& entry = row[i][k];
      if (entry > high) {
        high = entry;
        low = -entry;
        best = i;
      } else if (entry < low) {
        low = entry;
        high = -entry;
        best = i;
      }
    }
    return best;
  }
};

}  // namespace tapegrad::bench
