// The landscape is drawn in three coats: shades by rank, lines of equal height, paths.
//
// Heights of a loss span decades, and a colour for each height would show one peak and a plain.
// So shades and lines follow the *rank* of a height, the share of the grid that lies below it.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "gnuplot.hpp"
#include "grid.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

namespace tapegrad {
namespace {

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

/// The ranks of the cells between the grid's points.
std::string shades_block(const Grid& grid, const std::vector<double>& heights) {
  return gnuplot::cells_block("shades", grid, [&](double z) {
    const auto below = std::lower_bound(heights.begin(), heights.end(), z) - heights.begin();
    return static_cast<double>(below) / static_cast<double>(heights.size());
  });
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
  const auto [aspect, same_unit] = gnuplot::shape_of(grid);
  gnuplot::Size size{options.width ? options.width : 760, options.height};
  const std::size_t axes_width = gnuplot::axes_width(size, 1);
  const std::size_t rows = legend_rows(contour.paths, axes_width);
  const double axes_height = static_cast<double>(axes_width) / aspect;
  if (size.height == 0)
    size.height = gnuplot::picture_height(static_cast<std::size_t>(axes_height), rows);

  std::string data = gnuplot::grid_block("grid", grid) + shades_block(grid, heights);
  std::string curves = "plot " + gnuplot::cells_source("shades", grid) + " with image notitle";
  const std::vector<double> lines = levels(heights);
  if (!lines.empty()) {
    data += gnuplot::lines_block("lines", "grid", grid, lines);
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

Picture draw(const Contour& contour, const std::filesystem::path& svg,
             const PictureOptions& options) {
  gnuplot::check(contour.grid);
  const std::vector<double> heights = sorted_heights(contour.grid);
  for (const Series& path : contour.paths) gnuplot::check(path);
  gnuplot::check_name(svg);
  const std::string script = script_of(contour, heights, options);

  const std::filesystem::path numbers = std::filesystem::path(svg).replace_extension(".csv");
  const std::filesystem::path paths = std::filesystem::path(svg).replace_extension(".paths.csv");
  gnuplot::write_file(numbers, "x,y,z\n" + gnuplot::grid_csv(contour.grid, ""));
  gnuplot::write_file(paths, paths_csv(contour.paths));
  Picture picture{.files = {numbers, paths}, .hint = {}};
  gnuplot::render(script, svg, options, picture);
  return picture;
}

}  // namespace tapegrad
