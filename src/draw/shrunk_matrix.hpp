// A matrix made as small as what has room for it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace tapegrad {

/// The matrix, or a smaller one of which each number stands for several: the one of the largest
/// size, or one that is not finite. Row by row.
struct ShrunkMatrix {
  std::size_t rows;
  std::size_t columns;
  std::vector<double> values;
};

inline ShrunkMatrix shrunk(std::span<const double> values, std::size_t rows, std::size_t columns,
                           std::size_t most_rows, std::size_t most_columns) {
  const auto stronger = [](double a, double b) {
    if (!std::isfinite(a)) return a;
    return !std::isfinite(b) || std::abs(b) > std::abs(a) ? b : a;
  };
  ShrunkMatrix small{
      .rows = std::min(rows, most_rows), .columns = std::min(columns, most_columns), .values = {}};
  small.values.resize(small.rows * small.columns);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      double& cell =
          small.values[i * small.rows / rows * small.columns + j * small.columns / columns];
      cell = stronger(cell, values[i * columns + j]);
    }
  }
  return small;
}

}  // namespace tapegrad
