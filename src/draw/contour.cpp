// The landscape is drawn in three coats: shades by rank, lines of equal height, paths.
//
// Heights of a loss span decades, and a colour for each height would show one peak and a plain.
// So shades and lines follow the *rank* of a height, the share of the grid that lies below it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "gnuplot.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

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

void check_shape(const Grid& grid) {
  if (grid.columns < 3 || grid.rows < 3) {
    throw ShapeError(fmt::format("draw: a grid of {} rows and {} columns; pass at least 3 of each",
                                 grid.rows, grid.columns));
  }
  if (grid.z.size() / grid.rows != grid.columns || grid.z.size() % grid.rows != 0) {
    throw ShapeError(fmt::format("draw: the grid holds {} values for {} rows and {} columns",
                                 grid.z.size(), grid.rows, grid.columns));
  }
}

/// The i-th of n evenly spaced points; the last one is the range's end to the last bit.
double point(Range range, std::size_t i, std::size_t n) {
  const double t = static_cast<double>(i) / static_cast<double>(n - 1);
  return range.low * (1 - t) + range.high * t;
}

/// From the first to the last centre of n equal parts of the range.
Range centers(Range range, std::size_t n) {
  const double half_part = (range.high - range.low) / static_cast<double>(2 * n);
  return {range.low + half_part, range.high - half_part};
}

std::vector<double> sorted_heights(const Grid& grid) {
  std::vector<double> heights;
  std::copy_if(grid.z.begin(), grid.z.end(), std::back_inserter(heights),
               [](double z) { return std::isfinite(z); });
  if (heights.empty())
    throw ArgumentError("draw: the grid holds no finite value; there is nothing to show");
  std::sort(heights.begin(), heights.end());
  return heights;
}

/// Heights of the lines: 12 of them, closer where it is low, each once.
std::vector<double> levels(const std::vector<double>& heights) {
  constexpr int lines = 12;
  std::vector<double> result;
  for (int line = 1; line <= lines; ++line) {
    const double t = line / (lines + 1.0);
    const double share = t * std::sqrt(t);
    result.push_back(
        heights[static_cast<std::size_t>(share * static_cast<double>(heights.size() - 1))]);
  }
  result.erase(std::unique(result.begin(), result.end()), result.end());
  // A line at the very bottom or top would be a point or the border of a plain.
  std::erase(result, heights.front());
  std::erase(result, heights.back());
  return result;
}

std::string landscape_csv(const Grid& grid) {
  std::string text = "x,y,z\n";
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.columns; ++column) {
      fmt::format_to(std::back_inserter(text), "{},{},{}\n", point(grid.x, column, grid.columns),
                     point(grid.y, row, grid.rows), grid.z[row * grid.columns + column]);
    }
  }
  return text;
}

std::string paths_csv(const std::vector<Series>& paths) {
  std::string text = "path,step,x,y\n";
  for (const Series& path : paths) {
    for (std::size_t i = 0; i < path.x.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", gnuplot::csv_field(path.name), i,
                     path.x[i], path.y[i]);
    }
  }
  return text;
}

/// The grid as lines of x, y and height.
std::string grid_block(const Grid& grid) {
  std::string text = "$grid << EOD\n";
  for (std::size_t row = 0; row < grid.rows; ++row) {
    for (std::size_t column = 0; column < grid.columns; ++column) {
      const double z = grid.z[row * grid.columns + column];
      fmt::format_to(std::back_inserter(text), "{} {} {}\n", point(grid.x, column, grid.columns),
                     point(grid.y, row, grid.rows), std::isfinite(z) ? z : no_value);
    }
    text += "\n";
  }
  return text + "EOD\n";
}

/// The ranks of the cells between the grid's points, as lines of x, y and rank. An image of the
/// points themselves would stand out over the axes by half a cell.
std::string shades_block(const Grid& grid, const std::vector<double>& heights) {
  const std::size_t columns = grid.columns - 1;
  const std::size_t rows = grid.rows - 1;
  const Range x = centers(grid.x, columns);
  const Range y = centers(grid.y, rows);
  std::string text = "$shades << EOD\n";
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const double* lower = &grid.z[row * grid.columns + column];
      const double* upper = lower + grid.columns;
      const double z = lower[0] / 4 + lower[1] / 4 + upper[0] / 4 + upper[1] / 4;
      const auto below = std::lower_bound(heights.begin(), heights.end(), z) - heights.begin();
      const double rank = static_cast<double>(below) / static_cast<double>(heights.size());
      fmt::format_to(std::back_inserter(text), "{} {} {:.3f}\n", point(x, column, columns),
                     point(y, row, rows), std::isfinite(z) ? rank : no_value);
    }
    text += "\n";
  }
  return text + "EOD\n";
}

/// Draws the lines of equal height into the block $lines.
std::string lines_block(const std::vector<double>& levels) {
  return fmt::format(
      "set contour base\n"
      "set cntrparam levels discrete {}\n"
      "unset surface\n"
      "set table $lines\n"
      "splot $grid using 1:2:3\n"
      "unset table\n"
      "unset contour\n",
      fmt::join(levels, ","));
}

struct Ends {
  Series start;  // one point each, or none if the path has none that can be shown
  Series end;
};

Ends ends_of(const Series& path) {
  Ends ends;
  for (std::size_t i = 0; i < path.x.size(); ++i) {
    if (!gnuplot::is_drawable(path.x[i], path.y[i], false)) continue;
    ends.end = {.name = {}, .x = {path.x[i]}, .y = {path.y[i]}};
    if (ends.start.x.empty()) ends.start = ends.end;
  }
  return ends;
}

/// The path with a white rim, so that it stays visible over shades and lines; on it a disc for
/// each step, a ring at the start and a larger disc at the end.
void add_path(const Series& path, std::size_t i, std::string& data, std::string& curves) {
  const Ends ends = ends_of(path);
  if (ends.start.x.empty()) return;
  data += gnuplot::data_block(fmt::format("path{}", i), path, false) +
          gnuplot::data_block(fmt::format("start{}", i), ends.start, false) +
          gnuplot::data_block(fmt::format("end{}", i), ends.end, false);
  fmt::format_to(std::back_inserter(curves),
                 ", $path{0} using 1:2 with lines lw 5.5 lc rgb '#ffffff' notitle"
                 ", $path{0} using 1:2 with linespoints lw 2.5 pt 7 ps 0.4 lc rgb '{1}' notitle"
                 ", $start{0} using 1:2 with points pt 7 ps 1.2 lc rgb '{1}' notitle"
                 ", $start{0} using 1:2 with points pt 7 ps 0.8 lc rgb '#ffffff' notitle"
                 ", $end{0} using 1:2 with points pt 7 ps 1.7 lc rgb '#ffffff' notitle"
                 ", $end{0} using 1:2 with points pt 7 ps 1.2 lc rgb '{1}' notitle",
                 i, gnuplot::color(i));
}

std::string legend_entries(const std::vector<Series>& paths) {
  std::string entries;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!paths[i].name.empty()) {
      fmt::format_to(std::back_inserter(entries), ", keyentry with lines lw 2.5 lc rgb '{}' {}",
                     gnuplot::color(i), gnuplot::legend_entry(paths[i].name));
    }
  }
  if (!paths.empty()) {
    entries +=
        ", keyentry with points pt 6 ps 1.1 lc rgb '#404040' title 'start'"
        ", keyentry with points pt 7 ps 1.2 lc rgb '#404040' title 'end'";
  }
  return entries;
}

std::size_t legend_rows(const std::vector<Series>& paths, std::size_t axes_width) {
  std::vector<std::string> names;
  names.reserve(paths.size() + 2);
  for (const Series& path : paths) names.push_back(path.name);
  if (!paths.empty()) names.insert(names.end(), {"start", "end"});
  return gnuplot::legend_rows(names, axes_width);
}

std::string script_of(const Contour& contour, const std::vector<double>& heights,
                      const PictureOptions& options) {
  const Grid& grid = contour.grid;
  const double aspect = (grid.x.high - grid.x.low) / (grid.y.high - grid.y.low);
  const bool same_unit = aspect >= 0.5 && aspect <= 2;
  gnuplot::Size size{options.width ? options.width : 760, options.height};
  const std::size_t axes_width = gnuplot::axes_width(size, 1);
  const std::size_t rows = legend_rows(contour.paths, axes_width);
  const double axes_height = static_cast<double>(axes_width) / (same_unit ? aspect : 1);
  if (size.height == 0)
    size.height = gnuplot::picture_height(static_cast<std::size_t>(axes_height), rows);

  std::string data = grid_block(grid) + shades_block(grid, heights);
  std::string curves = "plot $shades using 1:2:3 with image notitle";
  const std::vector<double> lines = levels(heights);
  if (!lines.empty()) {
    data += lines_block(lines);
    curves += ", $lines using 1:2 with lines lw 1 lc rgb '#8fa3b5' notitle";
  }
  for (std::size_t i = 0; i < contour.paths.size(); ++i)
    add_path(contour.paths[i], i, data, curves);

  return gnuplot::prologue(size) + data + gnuplot::layout(size, 1, rows) +
         gnuplot::labels({.title = contour.title,
                          .x_label = contour.x_label,
                          .y_label = contour.y_label,
                          .legend_rows = rows}) +
         (same_unit ? "set size ratio -1\n" : "") +
         fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", grid.x.low, grid.x.high,
                     grid.y.low, grid.y.high) +
         "set clip two\n"  // a step across the whole picture is shown, too
         "unset grid\n"
         "unset colorbox\n"
         "set cbrange [0:1]\n"
         "set palette defined (0 '#b9d0e4', 0.3 '#d8e5f0', 1 '#fbfcfe')\n" +
         curves + legend_entries(contour.paths) + "\n";
}

}  // namespace

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

Picture draw(const Contour& contour, const std::filesystem::path& svg,
             const PictureOptions& options) {
  check_ranges(contour.grid);
  check_shape(contour.grid);
  const std::vector<double> heights = sorted_heights(contour.grid);
  for (const Series& path : contour.paths) gnuplot::check(path);
  gnuplot::check_name(svg);
  const std::string script = script_of(contour, heights, options);

  const std::filesystem::path numbers = std::filesystem::path(svg).replace_extension(".csv");
  const std::filesystem::path paths = std::filesystem::path(svg).replace_extension(".paths.csv");
  gnuplot::write_file(numbers, landscape_csv(contour.grid));
  gnuplot::write_file(paths, paths_csv(contour.paths));
  Picture picture{.files = {numbers, paths}, .hint = {}};
  gnuplot::render(script, svg, options, picture);
  return picture;
}

}  // namespace tapegrad
