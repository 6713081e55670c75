// The landscape is drawn in four coats: shades by rank, lines of equal height, arrows, paths.
//
// As the shades do (landscape.hpp), the lines follow the rank of a height.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <iterator>

#include "draw/palette.hpp"
#include "draw/picture_text.hpp"
#include "gnuplot.hpp"
#include "grid.hpp"
#include "landscape.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

namespace tapegrad {
namespace {

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

constexpr double arrow_head = 9;  // in pixels

struct Canvas {
  std::size_t width;  // of the picture, in pixels
  Theme theme;
};

struct Script {
  std::string data;    // blocks, before the picture begins
  std::string curves;  // what to plot, from the first coat on
};

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
  return gnuplot::cells_block("shades", grid, [&](double z) { return gnuplot::rank(z, heights); });
}

bool is_drawable(const Arrow& arrow) {
  return std::isfinite(arrow.x + arrow.dx) && std::isfinite(arrow.y + arrow.dy) &&
         (arrow.dx != 0 || arrow.dy != 0);
}

std::string arrows_csv(const std::vector<Arrow>& arrows) {
  std::string text = "x,y,dx,dy\n";
  for (const Arrow& arrow : arrows)
    fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", arrow.x, arrow.y, arrow.dx, arrow.dy);
  return text;
}

/// Thin arrows with a rim.
void add_arrows(const std::vector<Arrow>& arrows, const Canvas& canvas, Script& script) {
  if (std::none_of(arrows.begin(), arrows.end(), is_drawable)) return;
  script.data += "$arrows << EOD\n";
  for (const Arrow& arrow : arrows) {
    if (is_drawable(arrow))
      fmt::format_to(std::back_inserter(script.data), "{} {} {} {}\n", arrow.x, arrow.y, arrow.dx,
                     arrow.dy);
  }
  script.data += "EOD\n";
  const PlotInks& inks = plot_inks(canvas.theme);
  fmt::format_to(std::back_inserter(script.curves),
                 ", $arrows using 1:2:3:4 with vectors head filled size screen {0:.4f},20 lw 3.5 "
                 "lc rgb '{1}' notitle"
                 ", $arrows using 1:2:3:4 with vectors head filled size screen {0:.4f},20 lw 1.2 "
                 "lc rgb '{2}' notitle",
                 arrow_head / static_cast<double>(canvas.width), inks.paper, inks.boundary);
}

/// The path with a rim, so that it stays visible over shades and lines; on it a disc for each
/// step (where there are few), a ring at the start and a larger disc at the end.
void add_path(const Series& path, std::size_t i, Theme theme, Script& script) {
  const gnuplot::Ends ends = gnuplot::ends_of(path);
  if (ends.start.x.empty()) return;
  const auto add = [&](std::string_view name, const Series& points,
                       std::initializer_list<std::string> looks) {
    if (points.x.empty()) return;
    const std::string block = fmt::format("{}{}", name, i);
    script.data += gnuplot::data_block(block, points, false);
    for (const std::string& look : looks)
      fmt::format_to(std::back_inserter(script.curves), ", ${} using 1:2 {} notitle", block, look);
  };
  const std::string_view color = series_color(i, theme);
  const std::string_view paper = plot_inks(theme).paper;
  add("path", path, {gnuplot::lines(5.5, paper), gnuplot::lines(2.5, color)});
  add("steps", gnuplot::bead_points(path, false), {gnuplot::beads(color)});
  add("start", ends.start, {gnuplot::discs(1.2, color), gnuplot::discs(0.8, paper)});
  add("end", ends.end, {gnuplot::discs(1.7, paper), gnuplot::discs(1.2, color)});
}

/// Both ends of the palette, in the legend.
struct Shade {
  std::string name;
  std::string_view color;
};

std::vector<Shade> shades_of(const std::vector<double>& heights, Theme theme) {
  const auto& colors = plot_inks(theme).heights;
  return {{"low: " + picture_number(heights.front(), 3), colors.front()},
          {"high: " + picture_number(heights.back(), 3), colors.back()}};
}

std::string shade_entries(const std::vector<Shade>& shades, Theme theme) {
  std::string entries;
  for (const auto& [name, color] : shades)
    fmt::format_to(std::back_inserter(entries),
                   ", keyentry with boxes fs solid border lc rgb '{}' fc rgb '{}' {}",
                   plot_inks(theme).level, color, gnuplot::legend_entry(name));
  return entries;
}

std::string script_of(const Contour& contour, const std::vector<double>& heights,
                      PictureFormat format, const PictureOptions& options) {
  const Grid& grid = contour.grid;
  const auto [aspect, same_unit] = gnuplot::shape_of(grid);
  gnuplot::Size size{options.width ? options.width : 760, options.height};
  const std::size_t axes_width = gnuplot::axes_width(size, 1);
  const std::vector<Shade> shades = shades_of(heights, options.theme);
  std::vector<std::string> names = gnuplot::path_names(contour.paths);
  for (const Shade& shade : shades) names.push_back(shade.name);
  const std::size_t rows = gnuplot::legend_rows(names, axes_width);
  const double axes_height = static_cast<double>(axes_width) / aspect;
  if (size.height == 0)
    size.height = gnuplot::picture_height(static_cast<std::size_t>(axes_height), rows);

  Script script{gnuplot::grid_block("grid", grid) + shades_block(grid, heights),
                "plot " + gnuplot::cells_source("shades", grid) + " with image notitle"};
  const std::vector<double> lines = levels(heights);
  if (!lines.empty()) {
    script.data += gnuplot::lines_block("lines", "grid", grid, lines);
    script.curves += fmt::format(", $lines using 1:2 {} notitle",
                                 gnuplot::lines(1, plot_inks(options.theme).level));
  }
  add_arrows(contour.arrows, {size.width, options.theme}, script);
  for (std::size_t i = 0; i < contour.paths.size(); ++i)
    add_path(contour.paths[i], i, options.theme, script);

  return gnuplot::prologue(size, format, options.theme) + script.data +
         gnuplot::layout(size, 1, rows) +
         gnuplot::labels({.title = contour.title,
                          .x_label = contour.x_label,
                          .y_label = contour.y_label,
                          .legend_rows = rows}) +
         (same_unit ? "set size ratio -1\n" : "") +
         fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]\n", grid.x.low, grid.x.high,
                     grid.y.low, grid.y.high) +
         "set clip two\n"  // a step across the whole picture is shown, too
         "unset grid\n"
         "unset colorbox\n" +
         gnuplot::rank_palette(options.theme) + script.curves +
         gnuplot::path_entries(contour.paths, options.theme) +
         shade_entries(shades, options.theme) + "\n";
}

}  // namespace

Picture draw(const Contour& contour, const std::filesystem::path& file,
             const PictureOptions& options) {
  gnuplot::check(contour.grid);
  const std::vector<double> heights = gnuplot::sorted_heights(contour.grid);
  for (const Series& path : contour.paths) gnuplot::check(path);
  const PictureFormat format = format_of(file);
  const std::string script = script_of(contour, heights, format, options);

  Picture picture;
  write_beside(file, ".csv", "x,y,z\n" + gnuplot::grid_csv(contour.grid, ""), picture);
  write_beside(file, ".paths.csv", paths_csv(contour.paths), picture);
  if (!contour.arrows.empty())
    write_beside(file, ".arrows.csv", arrows_csv(contour.arrows), picture);
  gnuplot::render(script, file, options, picture);
  return picture;
}

}  // namespace tapegrad
