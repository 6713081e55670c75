// Where the matrices of a picture stand, and how much room their names take.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gnuplot.hpp"
#include "tapegrad/draw/plot.hpp"

namespace tapegrad {

// In pixels.
inline constexpr double name_letter = 8.3;  // width of a letter of 13 pixels, as of names
inline constexpr double name_height = 17;
inline constexpr double above_cells = 52;  // for the title
inline constexpr double bar_width = 16;

/// The cells of one matrix, in pixels.
struct CellsPlace {
  double left = 0;
  double width = 0;
  double height = 0;
  bool upright_names = false;  // of columns: side by side they do not fit
  double row_label = 0;        // its middle, from the left
  double column_label = 0;     // its middle, below the cells
};

struct HeatMapLayout {
  std::vector<CellsPlace> maps;  // above_cells below the picture's top
  double bar_left = 0;
  double bar_height = 0;
  gnuplot::Size size{};  // of the picture
};

/// From left to right, the colour bar after the last one. Cells are squares where that makes no
/// strip; a size that `options` leave open is as large as all of it needs.
/// @throws ArgumentError if the picture is too small
HeatMapLayout arrange(const std::vector<HeatMap>& maps, bool has_bar,
                      const PictureOptions& options);

/// The i-th name, as it is shown: a long one is cut off. Without names, a number from 1.
std::string shown_name(const std::vector<std::string>& names, std::size_t i);

/// Width of the longest name, in pixels.
double names_width(const std::vector<std::string>& names, std::size_t count);

}  // namespace tapegrad
