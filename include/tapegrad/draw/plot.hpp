// Curves, paths over a landscape, and maps of what a classifier decides, as SVG.
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

struct Range {
  double low = 0;
  double high = 1;
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

/// Paths over the landscape of a function. The lower, the darker; a line of equal height is drawn
/// where a fixed share of the area lies below, so that valleys show whatever the scale of z.
struct Contour {
  std::string title;
  std::string x_label;
  std::string y_label;
  Grid grid;
  std::vector<Series> paths;  // ring: start, disc: end
};

/// What a classifier of two classes makes of every point of a plane, and the points that it knows.
/// The more certain, the deeper the colour; a line is drawn where it is undecided.
struct DecisionMap {
  std::string title;
  Grid grid;                      // probability of the second class, 0 to 1
  std::array<Series, 2> classes;  // points of the first class, and of the second; there may be none
};

struct PictureOptions {
  std::size_t width = 0;            // in pixels; 0 leaves it to the kind of picture
  std::size_t height = 0;           // likewise
  std::string gnuplot = "gnuplot";  // a program on the PATH, or a path to it
};

/// What became of a picture.
struct Picture {
  std::vector<std::filesystem::path> files;  // as written: the numbers first, then the SVG
  std::string hint;  // empty if there is an SVG, else why not and how to get it
};

/// Draws curves. The numbers go to a file beside the picture, curves.csv for curves.svg, with
/// columns panel, series, x, y.
/// @param svg  where to: a name that ends in .svg, in a folder that exists
/// @throws ShapeError if there is no series, or one without points or with not as many x as y;
///         ArgumentError if svg has another ending or the picture is too small for its text;
///         FileError if a file cannot be written
TAPEGRAD_API Picture draw(const Plot& plot, const std::filesystem::path& svg,
                          const PictureOptions& options = {});

/// The same for several plots side by side, in one picture:
///   draw({{.title = "Loss", .series = {train, test}}, {.title = "Accuracy", ...}}, "curves.svg")
/// @throws ShapeError if `panels` is empty; all that draw(Plot) throws
TAPEGRAD_API Picture draw(const std::vector<Plot>& panels, const std::filesystem::path& svg,
                          const PictureOptions& options = {});

/// Draws a landscape and the paths over it, both axes in the same unit unless one range is more
/// than twice as long as the other. The numbers go to landscape.csv (x, y, z) and
/// landscape.paths.csv (path, step, x, y) for landscape.svg. There may be no path.
/// @throws ShapeError if z does not hold rows * columns values or there are fewer than 3 rows or
///         columns, or if a path is no series for draw(Plot); ArgumentError if the ranges are not
///         finite and rising, if z holds no finite value, if svg has another ending, or if the
///         picture is too small for its text;
///         FileError if a file cannot be written
TAPEGRAD_API Picture draw(const Contour& contour, const std::filesystem::path& svg,
                          const PictureOptions& options = {});

/// Draws decision maps, three in a row; the legend has the names of the first one's classes. Both
/// axes have the same unit unless one range of the first map is more than twice as long as the
/// other. The numbers go to maps.csv (panel, x, y, z) and maps.points.csv (panel, class, x, y) for
/// maps.svg.
/// @throws ShapeError if there is no map, z does not hold rows * columns values, there are fewer
///         than 3 rows or columns, or a class has not as many x as y; ArgumentError if the ranges
///         are not finite and rising, if z holds a number outside of 0 to 1 (NaN is none),
///         if svg has another ending, or if the picture is too small for its text;
///         FileError if a file cannot be written
TAPEGRAD_API Picture draw(const std::vector<DecisionMap>& maps, const std::filesystem::path& svg,
                          const PictureOptions& options = {});

}  // namespace tapegrad
