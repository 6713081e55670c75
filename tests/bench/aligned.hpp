// Tables: text to the left, numbers to the right.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace tapegrad::bench {

using Row = std::vector<std::string>;

/// All rows have as many cells as the first.
inline void print_aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], row[k].size());
  for (const Row& row : rows) {
    fmt::print("{:<{}}", row[0], widths[0]);
    for (std::size_t k = 1; k < row.size(); ++k) fmt::print("  {:>{}}", row[k], widths[k]);
    fmt::print("\n");
  }
}

}  // namespace tapegrad::bench
