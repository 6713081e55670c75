#include "grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

void check_range(char axis, Range range) {
  if (!(range.low < range.high) || !std::isfinite(range.high - range.low)) {
    throw ArgumentError(
        fmt::format("grid: {} runs from {} to {}; pass finite ends, the lower one first", axis,
                    range.low, range.high));
  }
}

void check_ranges(const Grid& grid) {
  check_range('x', grid.x);
  check_range('y', grid.y);
}

/// The i-th of n evenly spaced points; the last one is the range's end to the last bit.
double point(Range range, std::size_t i, std::size_t n) {
  const double t = static_cast<double>(i) / static_cast<double>(n - 1);
  return range.low * (1 - t) + range.high * t;
}

/// Between the points of this index and the next, at this share of the way; NaN beyond the range.
struct Cell {
  std::size_t index;
  double share;
};

Cell cell_of(double x, Range range, std::size_t n) {
  if (!(x >= range.low && x <= range.high)) return {0, no_value};
  const double place = (x - range.low) / (range.high - range.low) * static_cast<double>(n - 1);
  // A point itself is found also where rounding errors say that it is beside.
  const double nearest = std::round(place);
  const double exact = std::abs(place - nearest) < 1e-9 ? nearest : place;
  const std::size_t index = std::min(static_cast<std::size_t>(exact), n - 2);
  return {index, exact - static_cast<double>(index)};
}

/// At the ends exactly a or b, whatever the other one is.
double between(double a, double b, double share) {
  if (share == 0) return a;
  if (share == 1) return b;
  return a * (1 - share) + b * share;
}

/// From the first to the last centre of n equal parts of the range.
Range centers(Range range, std::size_t n) {
  const double half_part = (range.high - range.low) / static_cast<double>(2 * n);
  return {range.low + half_part, range.high - half_part};
}

/// What gnuplot is told to read from the block of a matrix, whose rows and columns it counts from
/// 0.
std::string matrix_source(std::string_view block, Range x, std::size_t columns, Range y,
                          std::size_t rows) {
  return fmt::format("${} matrix using ({} + $1 * {}):({} + $2 * {}):3", block, x.low,
                     (x.high - x.low) / static_cast<double>(columns - 1), y.low,
                     (y.high - y.low) / static_cast<double>(rows - 1));
}

}  // namespace

namespace gnuplot {

void check(const Grid& grid) {
  check_ranges(grid);
  if (grid.columns < 3 || grid.rows < 3) {
    throw ShapeError(fmt::format("draw: a grid of {} rows and {} columns; pass at least 3 of each",
                                 grid.rows, grid.columns));
  }
  if (grid.z.size() / grid.rows != grid.columns || grid.z.size() % grid.rows != 0) {
    throw ShapeError(fmt::format("draw: the grid holds {} values for {} rows and {} columns",
                                 grid.z.size(), grid.rows, grid.columns));
  }
}

double height(const Grid& grid, double x, double y) {
  const Cell column = cell_of(x, grid.x, grid.columns);
  const Cell row = cell_of(y, grid.y, grid.rows);
  if (std::isnan(column.share) || std::isnan(row.share)) return no_value;
  const double* lower = &grid.z[row.index * grid.columns + column.index];
  const double* upper = lower + grid.columns;
  const double z = between(between(lower[0], lower[1], column.share),
                           between(upper[0], upper[1], column.share), row.share);
  return std::isfinite(z) ? z : no_value;
}

Grid resampled(const Grid& grid, std::size_t columns, std::size_t rows) {
  Grid result{.x = grid.x, .y = grid.y, .columns = columns, .rows = rows, .z = {}};
  result.z.reserve(columns * rows);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column)
      result.z.push_back(height(grid, point(grid.x, column, columns), point(grid.y, row, rows)));
  }
  return result;
}

std::string grid_csv(const Grid& grid, std::string_view prefix) {
  std::string text;
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.columns; ++column) {
      fmt::format_to(std::back_inserter(text), "{}{},{},{}\n", prefix,
                     point(grid.x, column, grid.columns), point(grid.y, row, grid.rows),
                     grid.z[row * grid.columns + column]);
    }
  }
  return text;
}

Shape shape_of(const Grid& grid) {
  const double aspect = (grid.x.high - grid.x.low) / (grid.y.high - grid.y.low);
  const bool same_unit = aspect >= 0.5 && aspect <= 2;
  return {same_unit ? aspect : 1, same_unit};
}

std::string grid_block(std::string_view name, const Grid& grid) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.columns; ++column) {
      const double z = grid.z[row * grid.columns + column];
      fmt::format_to(std::back_inserter(text), "{} ", std::isfinite(z) ? z : no_value);
    }
    text += "\n";
  }
  return text + "EOD\n";
}

std::string cells_block(std::string_view name, const Grid& grid,
                        const std::function<double(double z)>& shade) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (std::size_t row = 0; row + 1 < grid.rows; ++row) {
    for (std::size_t column = 0; column + 1 < grid.columns; ++column) {
      const double* lower = &grid.z[row * grid.columns + column];
      const double* upper = lower + grid.columns;
      const double z = lower[0] / 4 + lower[1] / 4 + upper[0] / 4 + upper[1] / 4;
      fmt::format_to(std::back_inserter(text), "{:.3f} ", std::isfinite(z) ? shade(z) : no_value);
    }
    text += "\n";
  }
  return text + "EOD\n";
}

std::string cells_source(std::string_view name, const Grid& grid) {
  return matrix_source(name, centers(grid.x, grid.columns - 1), grid.columns - 1,
                       centers(grid.y, grid.rows - 1), grid.rows - 1);
}

std::string lines_block(std::string_view name, std::string_view block, const Grid& grid,
                        std::span<const double> levels) {
  return fmt::format(
      "set contour base\n"
      "set cntrparam levels discrete {}\n"
      "unset surface\n"
      "set table ${}\n"
      "splot {}\n"
      "unset table\n"
      "unset contour\n",
      fmt::join(levels, ","), name, matrix_source(block, grid.x, grid.columns, grid.y, grid.rows));
}

}  // namespace gnuplot

Series sample_curve(std::string name, const std::function<double(double x)>& f, Range x,
                    std::size_t points) {
  check_range('x', x);
  if (points < 2) throw ShapeError(fmt::format("sample_curve: {} points; pass at least 2", points));
  Series curve{.name = std::move(name), .x = {}, .y = {}};
  for (std::size_t i = 0; i < points; ++i) {
    curve.x.push_back(point(x, i, points));
    curve.y.push_back(f(curve.x.back()));
  }
  return curve;
}

Grid sample_grid(const std::function<double(double x, double y)>& f, Range x, Range y,
                 std::size_t points) {
  Grid grid{.x = x, .y = y, .columns = points, .rows = points, .z = {}};
  check_ranges(grid);
  if (points < 3)
    throw ShapeError(fmt::format("sample_grid: {} points a side; pass at least 3", points));
  grid.z.reserve(points * points);
  for (std::size_t row = 0; row < points; ++row) {
    for (std::size_t column = 0; column < points; ++column)
      grid.z.push_back(f(point(x, column, points), point(y, row, points)));
  }
  return grid;
}

}  // namespace tapegrad
