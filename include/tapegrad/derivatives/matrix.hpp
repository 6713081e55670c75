// Derivatives of many numbers by many.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tapegrad {

/// rows × columns numbers, row after row.
struct Matrix {
  Matrix() = default;
  Matrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), numbers(row_count * column_count) {}

  double operator()(std::size_t i, std::size_t j) const { return numbers[i * columns + j]; }
  double& operator()(std::size_t i, std::size_t j) { return numbers[i * columns + j]; }
  std::span<const double> row(std::size_t i) const {
    return std::span(numbers).subspan(i * columns, columns);
  }

  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> numbers;

  friend bool operator==(const Matrix&, const Matrix&) = default;
};

}  // namespace tapegrad
