// Where the discs of a network's picture stand, and the numbers on its lines. Units are those of
// the picture; y grows downwards.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "svg_text.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

struct NetworkColumn {
  std::vector<std::size_t> shown;  // which neurons, from 0
  std::vector<Point> discs;        // their centres
  std::size_t hidden = 0;          // how many are not shown
  Point dots = {};                 // where they would stand
};

struct NetworkLayout {
  double radius;  // of a disc
  double gap;     // from column to column
  Point end;      // right and below it nothing of a column is left
  std::vector<NetworkColumn> columns;
};

/// @param sizes  discs of each column
/// @param most   discs that are shown of one, at least 2: the first and the last
/// @param start  the first column's middle, and the upper end of all
/// @param room   least distance from column to column, for the texts under them
TAPEGRAD_API NetworkLayout network_layout(std::span<const std::size_t> sizes, std::size_t most,
                                          Point start, double room);

/// A line between two columns with its number.
struct NumberedLine {
  Point from;
  Point to;
  double width;  // of the number
};

/// The middle of each number, on its line: no two in the same place, as few as may be on other
/// lines, else near the line's middle.
/// @param lines   all lines between two columns; a dozen or so
/// @param radius  of the discs, which are kept free
/// @param height  of a number
/// Cost: grows with the square of the number of lines.
TAPEGRAD_API std::vector<Point> place_numbers(std::span<const NumberedLine> lines, double radius,
                                              double height);

}  // namespace tapegrad
