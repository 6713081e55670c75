// Curves, landscapes with paths over them, matrices, and maps of what a classifier decides.
//
// gnuplot draws them, where it is installed; the numbers are written as CSV beside the picture
// in any case. So a long training loses nothing on a machine without gnuplot: the returned
// Picture says which files there are, and how to get the one that is missing.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tapegrad/draw/picture.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// How a Plot shows a series: joined by a line, as discs, or as rings around other series' discs.
enum class Marks { line, discs, rings };

/// Points in their order. One with a NaN or infinite coordinate is not shown, and a gap in a line.
struct Series {
  std::string name;  // in the legend; an empty one is left out there
  std::vector<double> x;
  std::vector<double> y;
  Marks marks = Marks::line;
};

struct Range {
  double low = 0;
  double high = 1;
};

/// The values of f at evenly spaced places, ends included, as a curve.
/// @throws ShapeError if points < 2; ArgumentError unless the range is finite and low < high
TAPEGRAD_API Series sample_curve(std::string name, const std::function<double(double x)>& f,
                                 Range x, std::size_t points = 200);

/// Automatic is logarithmic where all numbers are positive and span two decades or more. A
/// logarithmic axis shows numbers that are not positive as gaps.
enum class Scale { automatic, linear, logarithmic };

/// Curves over one pair of axes. The n-th series has the same colour in every plot; rings are grey.
struct Plot {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;
  Scale y_scale = Scale::automatic;
};

/// Values of a function of two variables at evenly spaced points, ends included.
struct Grid {
  Range x;
  Range y;
  std::size_t columns = 0;  // points along x, at least 3
  std::size_t rows = 0;     // points along y, at least 3
  std::vector<double> z;    // rows * columns values, row by row, from the lowest y; NaN: none
};

/// The values of f at points * points places.
/// @throws ShapeError if points < 3; ArgumentError unless the ranges are finite and low < high
TAPEGRAD_API Grid sample_grid(const std::function<double(double x, double y)>& f, Range x, Range y,
                              std::size_t points = 200);

/// From (x, y) to (x + dx, y + dy). One with a NaN or infinite number is not shown.
struct Arrow {
  double x;
  double y;
  double dx;
  double dy;
};

/// Paths over the landscape of a function. The lower, the darker, from the least height to the
/// greatest, which the legend tells; a line of equal height is drawn where a fixed share of the
/// area lies below, so that valleys show whatever the scale of z.
struct Contour {
  std::string title;
  std::string x_label;
  std::string y_label;
  Grid grid;
  std::vector<Series> paths = {};  // ring: start, disc: end; one of a single point: a disc
  std::vector<Arrow> arrows = {};
};

/// What a classifier of two classes makes of every point of a plane, and the points that it knows.
/// The more certain, the deeper the colour; a line is drawn where it is undecided.
struct DecisionMap {
  std::string title;
  Grid grid;                      // probability of the second class, 0 to 1
  std::array<Series, 2> classes;  // points of the first class, and of the second; there may be none
};

/// The landscape of a function as a surface, seen from above at an angle. The lower, the darker;
/// paths lie on the surface, their heights interpolated from the grid, and end where it ends.
struct Surface {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::string z_label;
  Grid grid;
  std::vector<Series> paths = {};  // ring: start, disc: end; one of a single point: a disc
};

/// A matrix as coloured cells: blue is negative, orange positive, and what is not finite purple.
struct HeatMap {
  std::string title;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values = {};  // rows * columns numbers, row by row, the first row above
  std::string row_label = {};       // beside all of them
  std::string column_label = {};
  std::vector<std::string> row_names = {};  // one for each, or none: numbers from 1
  std::vector<std::string> column_names = {};
};

/// Draws curves. The numbers go to a file beside the picture, curves.csv for curves.svg, with
/// columns panel, series, x, y.
/// @param file  where to: a name that ends in .svg, or in .png for twice as many pixels on each
///              side as the options say, in a folder that exists
/// @throws ShapeError if there is no series, or one without points or with not as many x as y;
///         ArgumentError if file has another ending or the picture is too small for its text;
///         FileError if a file cannot be written
TAPEGRAD_API Picture draw(const Plot& plot, const std::filesystem::path& file,
                          const PictureOptions& options = {});

/// The same for several plots side by side, in one picture:
///   draw({{.title = "Loss", .series = {train, test}}, {.title = "Accuracy", ...}}, "curves.svg")
/// @throws ShapeError if `panels` is empty; all that draw(Plot) throws
TAPEGRAD_API Picture draw(const std::vector<Plot>& panels, const std::filesystem::path& file,
                          const PictureOptions& options = {});

/// Draws a landscape, arrows and paths over it, both axes in the same unit unless one range is more
/// than twice as long as the other. The numbers go to landscape.csv (x, y, z),
/// landscape.paths.csv (path, step, x, y) and, if there are arrows, landscape.arrows.csv
/// (x, y, dx, dy) for landscape.svg. There may be no path.
/// @throws ShapeError if z does not hold rows * columns values or there are fewer than 3 rows or
///         columns, or if a path is no series for draw(Plot); ArgumentError if the ranges are not
///         finite and rising, if z holds no finite value, if file has another ending, or if the
///         picture is too small for its text;
///         FileError if a file cannot be written
TAPEGRAD_API Picture draw(const Contour& contour, const std::filesystem::path& file,
                          const PictureOptions& options = {});

/// Draws decision maps, three in a row; the legend has the names of the first one's classes. Both
/// axes have the same unit unless one range of the first map is more than twice as long as the
/// other. The numbers go to maps.csv (panel, x, y, z) and maps.points.csv (panel, class, x, y) for
/// maps.svg.
/// @throws ShapeError if there is no map, z does not hold rows * columns values, there are fewer
///         than 3 rows or columns, or a class has not as many x as y; ArgumentError if the ranges
///         are not finite and rising, if z holds a number outside of 0 to 1 (NaN is none),
///         if file has another ending, or if the picture is too small for its text;
///         FileError if a file cannot be written
TAPEGRAD_API Picture draw(const std::vector<DecisionMap>& maps, const std::filesystem::path& file,
                          const PictureOptions& options = {});

/// Draws a surface, of a large grid every few points. What of a path is hidden is dashed. The
/// numbers go to surface.csv (x, y, z) and surface.paths.csv (path, step, x, y, z; beside the grid
/// z is NaN) for surface.svg. There may be no path.
/// @throws as draw(Contour)
TAPEGRAD_API Picture draw(const Surface& surface, const std::filesystem::path& file,
                          const PictureOptions& options = {});

/// Draws matrices side by side, their colours on one scale with 0 in its middle; cells large enough
/// hold their number. Small numbers show a colour, too: a quarter of the largest has half of its
/// colour. A name of more than 24 letters is cut off in the picture. The numbers go to
/// maps.csv (panel, row, column, value) for maps.svg.
/// @throws ShapeError if there is no map, or one without cells, with not as many values as cells,
///         or with names for some of its rows or columns; ArgumentError if file has another ending,
///         or if the picture is too small for its text; FileError if a file cannot be written
TAPEGRAD_API Picture draw(const std::vector<HeatMap>& maps, const std::filesystem::path& file,
                          const PictureOptions& options = {});

}  // namespace tapegrad
