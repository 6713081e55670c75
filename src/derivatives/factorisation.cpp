#include "factorisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

// Row i of a matrix of so many columns -= factor · row k.
void subtract_row(std::vector<double>& matrix, std::size_t columns, std::size_t i, double factor,
                  std::size_t k) {
  if (factor == 0) return;
  for (std::size_t j = 0; j < columns; ++j)
    matrix[i * columns + j] -= factor * matrix[k * columns + j];
}

void divide_row(std::vector<double>& matrix, std::size_t columns, std::size_t i, double divisor) {
  for (std::size_t j = 0; j < columns; ++j) matrix[i * columns + j] /= divisor;
}

}  // namespace

Factorisation::Factorisation(std::span<const double> a, std::size_t n, std::string_view what)
    : n_(n), factors_(a.begin(), a.end()), rows_(n) {
  const double relative_noise = static_cast<double>(n) * std::numeric_limits<double>::epsilon();
  std::vector<double> sizes;  // of the terms that were added up to each number
  for (double number : factors_) sizes.push_back(std::abs(number));
  for (std::size_t i = 0; i < n; ++i) rows_[i] = i;

  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = n;
    for (std::size_t i = k; i < n; ++i) {
      const double noise = relative_noise * sizes[i * n + k];
      const double size = std::abs(at(i, k));
      if (std::isfinite(noise) && size <= noise) continue;
      if (pivot == n || size > std::abs(at(pivot, k))) pivot = i;
    }
    if (pivot == n)
      throw ArgumentError(
          fmt::format("{} is singular: pivot {} of {} is 0, or no more than the "
                      "rounding of what it is computed from",
                      what, k + 1, n));
    swap_rows(k, pivot, sizes);
    eliminate_below(k, sizes);
  }
}

void Factorisation::swap_rows(std::size_t i, std::size_t k, std::vector<double>& sizes) {
  if (i == k) return;
  std::swap(rows_[i], rows_[k]);
  for (std::size_t j = 0; j < n_; ++j) {
    std::swap(factors_[i * n_ + j], factors_[k * n_ + j]);
    std::swap(sizes[i * n_ + j], sizes[k * n_ + j]);
  }
}

void Factorisation::eliminate_below(std::size_t k, std::vector<double>& sizes) {
  for (std::size_t i = k + 1; i < n_; ++i) {
    const double factor = at(i, k) / at(k, k);
    factors_[i * n_ + k] = factor;
    if (factor == 0) continue;
    for (std::size_t j = k + 1; j < n_; ++j) {
      const double term = factor * at(k, j);
      factors_[i * n_ + j] -= term;
      sizes[i * n_ + j] += std::abs(term);
    }
  }
}

std::vector<double> Factorisation::solve(std::span<const double> b, std::size_t columns) const {
  std::vector<double> x(b.size());
  for (std::size_t i = 0; i < n_; ++i)
    std::copy_n(b.begin() + static_cast<std::ptrdiff_t>(rows_[i] * columns), columns,
                x.begin() + static_cast<std::ptrdiff_t>(i * columns));
  for (std::size_t i = 0; i < n_; ++i)
    for (std::size_t k = 0; k < i; ++k) subtract_row(x, columns, i, at(i, k), k);
  for (std::size_t i = n_; i-- > 0;) {
    for (std::size_t k = i + 1; k < n_; ++k) subtract_row(x, columns, i, at(i, k), k);
    divide_row(x, columns, i, at(i, i));
  }
  return x;
}

std::vector<double> Factorisation::solve_transposed(std::span<const double> b,
                                                    std::size_t columns) const {
  std::vector<double> y(b.begin(), b.end());
  for (std::size_t i = 0; i < n_; ++i) {  // Uᵀ
    divide_row(y, columns, i, at(i, i));
    for (std::size_t k = i + 1; k < n_; ++k) subtract_row(y, columns, k, at(i, k), i);
  }
  for (std::size_t i = n_; i-- > 0;)  // Lᵀ
    for (std::size_t k = 0; k < i; ++k) subtract_row(y, columns, k, at(i, k), i);
  std::vector<double> x(b.size());
  for (std::size_t i = 0; i < n_; ++i)
    std::copy_n(y.begin() + static_cast<std::ptrdiff_t>(i * columns), columns,
                x.begin() + static_cast<std::ptrdiff_t>(rows_[i] * columns));
  return x;
}

}  // namespace tapegrad
