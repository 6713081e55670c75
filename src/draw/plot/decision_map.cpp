// Small multiples: one picture for each moment of a training, so that the eye can compare.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "draw/palette.hpp"
#include "gnuplot.hpp"
#include "grid.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

namespace tapegrad {
namespace {

constexpr double undecided = 0.5;

// In pixels.
constexpr std::size_t left_margin = 54;
constexpr std::size_t right_margin = 22;
constexpr std::size_t title_height = 44;
constexpr std::size_t tics_height = 40;
constexpr std::size_t legend_height = 34;
constexpr std::size_t least_axes = 100;

struct Panels {
  std::size_t columns;
  std::size_t rows;
  gnuplot::Size size;  // of the picture
};

bool has_legend(const DecisionMap& map) {
  return !map.classes[0].name.empty() || !map.classes[1].name.empty();
}

Panels arrange(const std::vector<DecisionMap>& maps, const PictureOptions& options) {
  const std::size_t columns = std::min<std::size_t>(maps.size(), 3);
  const std::size_t rows = (maps.size() + columns - 1) / columns;
  const std::size_t beside = left_margin + right_margin;
  const std::size_t between = title_height + tics_height;
  const std::size_t legend = has_legend(maps[0]) ? legend_height : 0;
  gnuplot::Size size{options.width ? options.width : columns * (300 + beside), options.height};
  const std::size_t least_width = columns * (beside + least_axes);
  gnuplot::check_room("width", size.width, least_width);
  if (size.height == 0) {
    const std::size_t axes_width = size.width / columns - beside;
    const double axes_height =
        static_cast<double>(axes_width) / gnuplot::shape_of(maps[0].grid).aspect;
    size.height = legend + rows * (between + static_cast<std::size_t>(axes_height));
  }
  gnuplot::check_room("height", size.height, legend + rows * (between + least_axes));
  return {columns, rows, size};
}

std::string layout(const Panels& panels, bool legend) {
  const auto of_width = [&](std::size_t pixels) {
    return static_cast<double>(pixels) / static_cast<double>(panels.size.width);
  };
  const auto of_height = [&](std::size_t pixels) {
    return static_cast<double>(pixels) / static_cast<double>(panels.size.height);
  };
  const std::size_t top = title_height + (legend ? legend_height : 0);
  return fmt::format(
      "set multiplot layout {},{} margins screen {:.4f},{:.4f},{:.4f},{:.4f} "
      "spacing screen {:.4f},{:.4f}\n"
      "set key maxrows 1 at screen {:.4f},{:.4f} left top\n",
      panels.rows, panels.columns, of_width(left_margin), 1 - of_width(right_margin),
      of_height(tics_height), 1 - of_height(top), of_width(left_margin + right_margin),
      of_height(title_height + tics_height), of_width(left_margin - 8), 1 - of_height(8));
}

/// How far from undecided, -1 to 1 at the most certain: where all are nearly undecided, gnuplot
/// would draw a jagged line through the last digits. Six decimals place a line well.
Grid certainty(Grid grid) {
  double most = 0;
  for (double& z : grid.z) {
    z -= undecided;
    most = std::isnan(z) ? most : std::max(most, std::abs(z));
  }
  for (double& z : grid.z) z = most > 0 ? std::round(z / most * 1e6) / 1e6 : z;
  return grid;
}

/// Values on both sides of the line, so that there is one.
bool has_line(const Grid& grid) {
  const auto any = [&](auto&& side) { return std::any_of(grid.z.begin(), grid.z.end(), side); };
  return any([](double z) { return z < undecided; }) && any([](double z) { return z > undecided; });
}

/// Alike for both classes, in all maps: large where that hides nothing.
double disc_size(const std::vector<DecisionMap>& maps) {
  std::size_t most = 0;
  for (const auto& [title, grid, classes] : maps)
    most = std::max(most, classes[0].x.size() + classes[1].x.size());
  return most <= 40 ? 1.2 : 0.55;
}

/// The points with a white rim, so that they stand out from the deepest shade of their own colour.
std::string discs(std::string_view block, std::size_t k, double size, Theme theme) {
  return fmt::format(", ${0} using 1:2 {1} notitle, ${0} using 1:2 {2} notitle", block,
                     gnuplot::discs(size + 0.3, plot_inks(theme).paper),
                     gnuplot::discs(size, series_color(k, theme)));
}

struct PanelText {
  std::string data;  // blocks, before the picture begins
  std::string plot;  // the panel itself
};

PanelText panel(const DecisionMap& map, std::size_t number, double size, Theme theme) {
  const Grid& grid = map.grid;
  const auto named = [&](std::string_view what) { return fmt::format("{}{}", what, number); };
  PanelText text;
  text.data = gnuplot::cells_block(named("shades"), grid, [](double z) { return z; });
  std::string curves =
      "plot " + gnuplot::cells_source(named("shades"), grid) + " with image notitle";
  if (has_line(grid)) {
    text.data += gnuplot::grid_block(named("grid"), certainty(grid)) +
                 gnuplot::lines_block(named("line"), named("grid"), grid, {{0.0}});
    curves += fmt::format(", ${} using 1:2 {} notitle", named("line"),
                          gnuplot::lines(2, plot_inks(theme).boundary));
  }
  for (std::size_t k = 0; k < map.classes.size(); ++k) {
    const Series& points = map.classes[k];
    if (gnuplot::is_drawable(points, false)) {
      const std::string block = fmt::format("class{}_{}", k, number);
      text.data += gnuplot::data_block(block, points, false);
      curves += discs(block, k, size, theme);
    }
    if (number == 0 && !points.name.empty())
      curves += fmt::format(", keyentry {} {}", gnuplot::discs(0.9, series_color(k, theme)),
                            gnuplot::legend_entry(points.name));
  }
  text.plot =
      gnuplot::labels({.title = map.title, .x_label = "", .y_label = "", .legend_rows = 0}) +
      fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", grid.x.low, grid.x.high, grid.y.low,
                  grid.y.high) +
      curves + "\n";
  return text;
}

std::string script_of(const std::vector<DecisionMap>& maps, PictureFormat format,
                      const PictureOptions& options) {
  const Panels panels = arrange(maps, options);
  std::string data;
  std::string plots;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    const PanelText text = panel(maps[i], i, disc_size(maps), options.theme);
    data += text.data;
    plots += text.plot;
  }
  const auto& shades = plot_inks(options.theme).classes;
  return gnuplot::prologue(panels.size, format, options.theme) + data +
         layout(panels, has_legend(maps[0])) +
         (gnuplot::shape_of(maps[0].grid).same_unit ? "set size ratio -1\n" : "") +
         "unset grid\n"
         "unset colorbox\n"
         "set tics font ',12'\n"
         "set cbrange [0:1]\n" +
         fmt::format("set palette defined (0 '{}', 0.5 '{}', 1 '{}')\n", shades[0], shades[1],
                     shades[2]) +
         plots;
}

void check(const DecisionMap& map) {
  gnuplot::check(map.grid);
  for (double z : map.grid.z)
    if (z < 0 || z > 1)
      throw ArgumentError(
          fmt::format("draw: map '{}' holds {}, which is no probability; pass numbers from 0 to 1",
                      map.title, z));
  for (const Series& points : map.classes) gnuplot::check_lengths(points);
}

std::string grids_csv(const std::vector<DecisionMap>& maps) {
  std::string text = "panel,x,y,z\n";
  for (const DecisionMap& map : maps)
    text += gnuplot::grid_csv(map.grid, gnuplot::csv_field(map.title) + ",");
  return text;
}

std::string points_csv(const std::vector<DecisionMap>& maps) {
  std::string text = "panel,class,x,y\n";
  for (const DecisionMap& map : maps)
    for (const Series& points : map.classes)
      for (std::size_t i = 0; i < points.x.size(); ++i)
        fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", gnuplot::csv_field(map.title),
                       gnuplot::csv_field(points.name), points.x[i], points.y[i]);
  return text;
}

}  // namespace

Picture draw(const std::vector<DecisionMap>& maps, const std::filesystem::path& file,
             const PictureOptions& options) {
  if (maps.empty()) throw ShapeError("draw: there is no map; pass at least one");
  for (const DecisionMap& map : maps) check(map);
  const PictureFormat format = format_of(file);
  const std::string script = script_of(maps, format, options);

  Picture picture;
  write_beside(file, ".csv", grids_csv(maps), picture);
  write_beside(file, ".points.csv", points_csv(maps), picture);
  gnuplot::render(script, file, options, picture);
  return picture;
}

}  // namespace tapegrad
