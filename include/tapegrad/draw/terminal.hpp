// Numbers in a terminal, in a log, in a test's message: without a picture's file.
//
//   sparkline(losses)                  2.303 █▅▄▃▂▂▁▁ 0.0112
//   heat_map(w, rows, columns)         a matrix of weights, a block for each number
//
// The graph above a value as an indented tree: tree() of inspect/dump.hpp.
//
// Colours are escape sequences of a terminal (24 bits a colour). They are written if standard
// output is one, unless the environment variable NO_COLOR is there and not empty (no-color.org), or
// TERM is "dumb". Without colours the same is said by shades and signs.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tapegrad/draw/plot.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

struct SparklineOptions {
  std::size_t width = 40;  // most blocks, at least 1
  Scale scale = Scale::automatic;
};

/// A curve in a line of eighths of blocks, between its first number and its last; "(log)" behind
/// it where the scale is logarithmic. Of more numbers than blocks each block is the mean of those
/// it stands for, as far as they can be shown. The lowest block is the least, the highest the
/// greatest; if all are equal they are in the middle. Where no number can be shown, as NaN,
/// infinity, and 0 on a logarithmic scale cannot, there is a "×". Nothing gives an empty text.
/// @throws ArgumentError if the width is 0
TAPEGRAD_API std::string sparkline(std::span<const double> values,
                                   const SparklineOptions& options = {});

enum class Colors { automatic, always, never };

struct HeatMapOptions {
  std::size_t most_rows = 32;     // at least 1; of larger matrices see below
  std::size_t most_columns = 32;  // likewise; each takes two letters
  Colors colors = Colors::automatic;
};

/// A matrix as coloured blocks, a line for each row, and under it the scale. Blue is negative,
/// orange positive, as in the pictures of graphs; without colours, the shades ░▒▓█ grow with the
/// size, and a negative number has a minus before it. NaN is "??", infinity "+∞" and "-∞".
/// Where the matrix is larger, a block stands for several numbers: the one of the largest size, or
/// one that is not finite; and the last line says so.
/// @param values  rows * columns numbers, row by row, as a layer's W
/// @throws ShapeError if there are not rows * columns numbers, or none; ArgumentError if an option
///         is 0
TAPEGRAD_API std::string heat_map(std::span<const double> values, std::size_t rows,
                                  std::size_t columns, const HeatMapOptions& options = {});

}  // namespace tapegrad
