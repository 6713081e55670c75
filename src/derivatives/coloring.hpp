// Which columns of a sparse matrix, or rows, may share a direction: graph colouring.
//
// All are greedy: one after the other, those with most neighbours first, each gets the first colour
// that is not forbidden. What has no entry gets no colour, since there is nothing to find out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "tapegrad/derivatives/sparse.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

inline constexpr std::uint32_t no_color = std::numeric_limits<std::uint32_t>::max();

struct Coloring {
  std::vector<std::uint32_t> of;  // of each column, or vertex: 0, 1, ..., or no_color
  std::uint32_t count = 0;
};

TAPEGRAD_API SparsityPattern transposed(const SparsityPattern& pattern);

/// Of columns: any two with an entry in the same row differ. (Distance-2 colouring of one side of
/// the bipartite graph.) Cost: the squares of the rows' numbers of entries.
TAPEGRAD_API Coloring color_columns(const SparsityPattern& pattern);

/// No colouring of the columns can have fewer: the most entries in a row.
TAPEGRAD_API std::size_t fewest_column_colors(const SparsityPattern& pattern);

/// Of the vertices of a symmetric pattern's graph: any two neighbours differ, and a path over four
/// vertices has more than two colours. The diagonal doesn't matter, but for what has no entry.
/// Cost: entries times colours at most; mostly the entries alone.
TAPEGRAD_API Coloring star_coloring(const SparsityPattern& pattern);

}  // namespace tapegrad
