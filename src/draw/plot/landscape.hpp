// What contours and surfaces share: colours by rank, and paths with a start and an end.
//
// Heights of a loss span decades, and a colour for each height would show one peak and a plain.
// So colours follow the *rank* of a height, the share of the grid that lies below it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tapegrad/draw/plot.hpp"

namespace tapegrad::gnuplot {

/// The finite heights of the grid, the lowest first.
/// @throws ArgumentError if there is none
std::vector<double> sorted_heights(const Grid& grid);

/// The share of `heights`, which are sorted, that is lower than z: 0 to 1.
double rank(double z, const std::vector<double>& heights);

/// Makes ranks colours.
std::string rank_palette(Theme theme);

/// One point each, or none if the path has none that can be shown.
struct Ends {
  Series start;
  Series end;
};
Ends ends_of(const Series& path);

/// The paths' part of the legend, to follow other curves, and the names there. A path of one point
/// is a disc; where there are only such, no start and no end is explained.
std::string path_entries(const std::vector<Series>& paths, Theme theme);
std::vector<std::string> path_names(const std::vector<Series>& paths);

}  // namespace tapegrad::gnuplot
