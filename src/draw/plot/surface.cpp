// The landscape in space: shaded patches, grid lines, paths.
//
// gnuplot paints the patches from the back to the front, and all lines over them. What of a line is
// hidden, surface_view.hpp says: such parts of grid lines are left out, those of paths dashed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "draw/palette.hpp"
#include "gnuplot.hpp"
#include "grid.hpp"
#include "landscape.hpp"
#include "surface_view.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

namespace tapegrad {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

constexpr std::size_t most_patches = 80;  // along x and along y: an SVG of half a megabyte
constexpr std::size_t patches_between_lines = 5;

// In pixels, around the box.
constexpr std::size_t left_margin = 100;
constexpr std::size_t right_margin = 60;
constexpr std::size_t bottom_margin = 66;

constexpr std::size_t least_box = 150;

std::string block(std::string_view name, const std::vector<SpacePoint>& points) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (const SpacePoint& p : points)
    fmt::format_to(std::back_inserter(text), "{:.12g} {:.12g} {:.12g}\n", p.x, p.y, p.z);
  return text + "EOD\n";
}

bool is_empty(const std::vector<SpacePoint>& points) {
  return std::all_of(points.begin(), points.end(), [](SpacePoint p) { return std::isnan(p.z); });
}

double place(Range range, std::size_t i, std::size_t n) {
  const double t = static_cast<double>(i) / static_cast<double>(n - 1);
  return range.low * (1 - t) + range.high * t;
}

/// Along every few rows and columns of the mesh, the last one included.
LineParts grid_lines(const SurfaceView& view, const Grid& mesh) {
  LineParts parts;
  const auto add = [&](std::size_t lines, std::size_t points, auto&& point) {
    for (std::size_t k = 0; k < lines; ++k) {
      if (k % patches_between_lines != 0 && k + 1 != lines) continue;
      std::vector<SpacePoint> line;
      for (std::size_t i = 0; i < points; ++i) line.push_back(point(k, i));
      add_line(view, line, parts);
    }
  };
  const auto at = [&](std::size_t row, std::size_t column) {
    return SpacePoint{place(mesh.x, column, mesh.columns), place(mesh.y, row, mesh.rows),
                      mesh.z[row * mesh.columns + column]};
  };
  add(mesh.rows, mesh.columns, [&](std::size_t k, std::size_t i) { return at(k, i); });
  add(mesh.columns, mesh.rows, [&](std::size_t k, std::size_t i) { return at(i, k); });
  return parts;
}

/// The part of a step, from t = 0 to 1, that lies over the range; narrows `t`.
void clip(double from, double to, Range range, Range& t) {
  if (from == to) {
    if (from < range.low || from > range.high) t = {1, 0};
    return;
  }
  const double a = (range.low - from) / (to - from);
  const double b = (range.high - from) / (to - from);
  t = {std::max(t.low, std::min(a, b)), std::min(t.high, std::max(a, b))};
}

/// The path on the surface, with as many points between its steps as there are patches.
std::vector<SpacePoint> draped(const SurfaceView& view, const Grid& mesh, const Series& path) {
  std::vector<SpacePoint> line;
  for (std::size_t i = 0; i + 1 < path.x.size(); ++i) {
    const double dx = path.x[i + 1] - path.x[i];
    const double dy = path.y[i + 1] - path.y[i];
    Range t{0, 1};
    if (std::isfinite(dx) && std::isfinite(dy)) {
      clip(path.x[i], path.x[i + 1], mesh.x, t);
      clip(path.y[i], path.y[i + 1], mesh.y, t);
    }
    if (!std::isfinite(dx) || !std::isfinite(dy) || !(t.low <= t.high)) {
      line.push_back(gap);
      continue;
    }
    const double share = std::max(std::abs(dx) / (mesh.x.high - mesh.x.low),
                                  std::abs(dy) / (mesh.y.high - mesh.y.low));
    // In this order a NaN, of steps beyond all measure, becomes 1, too.
    const double seen = std::min(1.0, (t.high - t.low) * share);
    const auto n = static_cast<std::size_t>(seen * most_patches) + 2;
    if (t.low > 0) line.push_back(gap);
    for (std::size_t k = 0; k < n; ++k) {
      const double s = place(t, k, n);
      line.push_back(view.on_surface(std::clamp(path.x[i] + s * dx, mesh.x.low, mesh.x.high),
                                     std::clamp(path.y[i] + s * dy, mesh.y.low, mesh.y.high)));
    }
  }
  return line;
}

struct Script {
  std::string data;    // blocks, before the picture begins
  std::string curves;  // what to plot
};

/// A curve of these points; none if there are none.
void add_curve(std::string_view name, const std::vector<SpacePoint>& points, std::string_view look,
               Script& script) {
  if (is_empty(points)) return;
  script.data += block(name, points);
  fmt::format_to(std::back_inserter(script.curves), ", ${} using 1:2:3 {} notitle", name, look);
}

/// As over a contour: a rim, discs for a few steps, a ring at the start, a larger disc at the end.
void add_path(const Series& path, std::size_t i, const Grid& mesh, const SurfaceView& view,
              Theme theme, Script& script) {
  const std::string_view color = series_color(i, theme);
  const std::string_view paper = plot_inks(theme).paper;
  LineParts parts;
  add_line(view, draped(view, mesh, path), parts);
  std::vector<SpacePoint> steps;
  const Series beads = gnuplot::bead_points(path, false);
  for (std::size_t k = 0; k < beads.x.size(); ++k) {
    const SpacePoint step = view.on_surface(beads.x[k], beads.y[k]);
    if (view.is_visible(step)) steps.push_back(step);
  }
  const auto curve = [&](std::string_view what, const std::vector<SpacePoint>& points,
                         const std::string& look) {
    add_curve(fmt::format("{}{}", what, i), points, look, script);
  };
  curve("hidden", parts.hidden, fmt::format("with lines lw 1.5 dt (4,5) lc rgb '{}'", color));
  curve("rim", parts.visible, gnuplot::lines(5.5, paper));
  curve("path", parts.visible, gnuplot::lines(2.5, color));
  curve("step", steps, gnuplot::beads(color));
  const gnuplot::Ends ends = gnuplot::ends_of(path);
  if (ends.start.x.empty()) return;
  const std::vector<SpacePoint> start{view.on_surface(ends.start.x[0], ends.start.y[0])};
  const std::vector<SpacePoint> end{view.on_surface(ends.end.x[0], ends.end.y[0])};
  curve("start", start, gnuplot::discs(1.2, color));
  curve("ring", start, gnuplot::discs(0.8, paper));
  curve("halo", end, gnuplot::discs(1.7, paper));
  curve("end", end, gnuplot::discs(1.2, color));
}

/// The patches' corners, with the rank of their heights for the colour.
std::string mesh_block(const Grid& mesh, const std::vector<double>& heights) {
  std::string text = "$mesh << EOD\n";
  for (std::size_t row = 0; row < mesh.rows; ++row) {
    for (std::size_t column = 0; column < mesh.columns; ++column) {
      const double z = mesh.z[row * mesh.columns + column];
      fmt::format_to(std::back_inserter(text), "{:.12g} {:.12g} {:.12g} {:.3f}\n",
                     place(mesh.x, column, mesh.columns), place(mesh.y, row, mesh.rows),
                     std::isfinite(z) ? z : no_value, gnuplot::rank(z, heights));
    }
    text += "\n";
  }
  return text + "EOD\n";
}

/// Places the box, as large as there is room for, and title and legend above it.
std::string layout(gnuplot::Size size, std::size_t top_margin, const Surface& surface,
                   std::size_t legend_rows) {
  const BoxOutline outline = box_outline();
  const double width = static_cast<double>(size.width);
  const double height = static_cast<double>(size.height);
  const double free_width = width - left_margin - right_margin;
  const double free_height = height - static_cast<double>(top_margin + bottom_margin);
  const double half_side =
      std::min(free_width / outline.half_width, free_height / outline.half_height) / 2;
  const double x = left_margin + free_width / 2;
  const double y = bottom_margin + free_height / 2;
  // gnuplot makes the margins' inside as wide as the ground's side.
  return fmt::format(
      "set lmargin at screen {:.4f}\nset rmargin at screen {:.4f}\n"
      "set bmargin at screen {:.4f}\nset tmargin at screen {:.4f}\n"
      "set key maxrows {} at screen {:.4f},{:.4f} left top\n"
      "set label 1 {} at screen {:.4f},{:.4f} left font ',20'\n"
      "set label 2 {} at screen {:.4f},{:.4f} left front\n",
      (x - half_side) / width, (x + half_side) / width, (y - half_side) / height,
      (y + half_side) / height, std::max<std::size_t>(1, legend_rows), 24 / width, 1 - 46 / height,
      gnuplot::quoted(surface.title), 30 / width, 1 - 30 / height, gnuplot::quoted(surface.z_label),
      30 / width, (y + outline.axis_top * half_side + 24) / height);
}

std::string script_of(const Surface& surface, const std::vector<double>& heights,
                      PictureFormat format, const PictureOptions& options) {
  const Grid mesh =
      gnuplot::resampled(surface.grid, std::min(surface.grid.columns, most_patches + 1),
                         std::min(surface.grid.rows, most_patches + 1));
  gnuplot::Size size{options.width ? options.width : 760, options.height};
  const std::size_t beside = left_margin + right_margin;
  gnuplot::check_room("width", size.width, beside + least_box);
  const std::size_t rows =
      gnuplot::legend_rows(gnuplot::path_names(surface.paths), size.width - beside);
  const std::size_t top_margin = gnuplot::top_margin(rows);
  if (size.height == 0) {
    const BoxOutline outline = box_outline();
    size.height = top_margin + bottom_margin +
                  static_cast<std::size_t>(static_cast<double>(size.width - beside) *
                                           outline.half_height / outline.half_width);
  }
  gnuplot::check_room("height", size.height, top_margin + bottom_margin + least_box);

  const SurfaceView view(mesh, heights);
  Script script{mesh_block(mesh, heights), "splot $mesh using 1:2:3:4 with pm3d notitle"};
  add_curve("lines", grid_lines(view, mesh).visible,
            gnuplot::lines(0.7, plot_inks(options.theme).level), script);
  for (std::size_t i = 0; i < surface.paths.size(); ++i)
    add_path(surface.paths[i], i, mesh, view, options.theme, script);

  return gnuplot::prologue(size, format, options.theme) + script.data +
         layout(size, top_margin, surface, rows) +
         fmt::format(
             "set view {},{},1,{}\n"
             "{}"
             "set xyplane relative 0\n"
             "set border 31\n"
             "set xrange [{}:{}]\nset yrange [{}:{}]\nset zrange [{}:{}]\n"
             "set xlabel {}\nset ylabel {}\nset label 2 textcolor rgb '{}'\n"
             "unset grid\n"
             "unset colorbox\n"
             "set pm3d scansautomatic corners2color mean\n",
             view_from_vertical, view_around, height_share,
             gnuplot::shape_of(mesh).same_unit ? "set view equal xy\n" : "", mesh.x.low,
             mesh.x.high, mesh.y.low, mesh.y.high, view.heights().low, view.heights().high,
             gnuplot::quoted(surface.x_label), gnuplot::quoted(surface.y_label),
             plot_inks(options.theme).soft) +
         gnuplot::rank_palette(options.theme) + script.curves +
         gnuplot::path_entries(surface.paths, options.theme) + "\n";
}

std::string paths_csv(const Surface& surface) {
  std::string text = "path,step,x,y,z\n";
  for (const Series& path : surface.paths) {
    for (std::size_t i = 0; i < path.x.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{},{},{},{},{}\n", gnuplot::csv_field(path.name), i,
                     path.x[i], path.y[i], gnuplot::height(surface.grid, path.x[i], path.y[i]));
    }
  }
  return text;
}

}  // namespace

Picture draw(const Surface& surface, const std::filesystem::path& file,
             const PictureOptions& options) {
  gnuplot::check(surface.grid);
  const std::vector<double> heights = gnuplot::sorted_heights(surface.grid);
  for (const Series& path : surface.paths) gnuplot::check(path);
  const PictureFormat format = format_of(file);
  const std::string script = script_of(surface, heights, format, options);

  Picture picture;
  write_beside(file, ".csv", "x,y,z\n" + gnuplot::grid_csv(surface.grid, ""), picture);
  write_beside(file, ".paths.csv", paths_csv(surface), picture);
  gnuplot::render(script, file, options, picture);
  return picture;
}

}  // namespace tapegrad
