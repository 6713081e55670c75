// Derivatives of many numbers by many.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// rows × columns numbers, row after row.
struct Matrix {
  Matrix() = default;
  Matrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), numbers(row_count * column_count) {}

  /// @throws ShapeError outside
  double operator()(std::size_t i, std::size_t j) const { return numbers[place(i, j)]; }
  double& operator()(std::size_t i, std::size_t j) { return numbers[place(i, j)]; }
  std::span<const double> row(std::size_t i) const {
    check_row(i);
    return std::span(numbers).subspan(i * columns, columns);
  }

  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> numbers;

  friend bool operator==(const Matrix&, const Matrix&) = default;

 private:
  std::size_t place(std::size_t i, std::size_t j) const {
    if (i >= rows || j >= columns) [[unlikely]]
      throw_outside(i, j);
    return i * columns + j;
  }
  void check_row(std::size_t i) const {
    if (i >= rows) [[unlikely]]
      throw_outside(i, 0);
  }
  [[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_outside(std::size_t i, std::size_t j) const;
};

/// A line for each row, columns aligned. Also by fmt (format.hpp).
TAPEGRAD_API std::string to_string(const Matrix& matrix);

}  // namespace tapegrad
