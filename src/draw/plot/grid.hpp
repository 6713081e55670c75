// Grids as text: for CSV files, and as blocks of data for gnuplot.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "tapegrad/draw/plot.hpp"

namespace tapegrad::gnuplot {

/// @throws ShapeError for fewer than 3 rows or columns, or another number of values;
///         ArgumentError unless the ranges are finite and rising
void check(const Grid& grid);

/// The height at a place between the points, bilinear; NaN outside of the grid, or beside a value
/// that is not finite.
double height(const Grid& grid, double x, double y);

/// The same landscape with other numbers of points.
Grid resampled(const Grid& grid, std::size_t columns, std::size_t rows);

/// A line `prefix`x,y,z for each point.
std::string grid_csv(const Grid& grid, std::string_view prefix);

/// Width of the axes by their height, both axes in the same unit; 1 where that would be a strip.
struct Shape {
  double aspect;
  bool same_unit;
};
Shape shape_of(const Grid& grid);

/// The values at the points as a block $`name`, a line for each row, without their places: gnuplot
/// reads a script byte by byte, a million in about half a second.
std::string grid_block(std::string_view name, const Grid& grid);

/// The cells between the points, as a block $`name` of shade(mean of the four corners). An image of
/// the points themselves would stand out over the axes by half a cell.
std::string cells_block(std::string_view name, const Grid& grid,
                        const std::function<double(double z)>& shade);

/// What to plot to see the cells of a block, at their places.
std::string cells_source(std::string_view name, const Grid& grid);

/// Draws the lines of equal height of the grid, which is in block $`block`, into the block $`name`.
std::string lines_block(std::string_view name, std::string_view block, const Grid& grid,
                        std::span<const double> levels);

}  // namespace tapegrad::gnuplot
