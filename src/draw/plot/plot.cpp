#include "tapegrad/draw/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "draw/extent.hpp"
#include "draw/palette.hpp"
#include "gnuplot.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

bool has_logarithmic_y(const Plot& plot) {
  Extent extent;
  for (const Series& series : plot.series) extent.add(series.y);
  return is_logarithmic(plot.y_scale, extent);
}

std::string csv(const std::vector<Plot>& panels) {
  std::string text = "panel,series,x,y\n";
  for (const Plot& plot : panels) {
    for (const Series& series : plot.series) {
      for (std::size_t i = 0; i < series.x.size(); ++i) {
        fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", gnuplot::csv_field(plot.title),
                       gnuplot::csv_field(series.name), series.x[i], series.y[i]);
      }
    }
  }
  return text;
}

/// What follows a curve's points to say how they are shown.
std::string look_of(const Series& series, std::size_t i, Theme theme) {
  switch (series.marks) {
    case Marks::line:
      if (!gnuplot::has_beads(series)) return gnuplot::lines(2.5, series_color(i, theme));
      return fmt::format("with linespoints lw 2.5 pt 7 ps bead(0.4) lc rgb '{}'",
                         series_color(i, theme));
    case Marks::discs:
      return gnuplot::discs(0.6, series_color(i, theme));
    case Marks::rings:
      return fmt::format("with points pt 6 ps 1.4 lw 2 lc rgb '{}'", plot_inks(theme).soft);
  }
  throw ArgumentError("draw: marks are lines, discs or rings");
}

/// Lines begin at the axis, but a disc there would be half hidden.
bool has_points(const Plot& plot) {
  return std::any_of(plot.series.begin(), plot.series.end(),
                     [](const Series& series) { return series.marks != Marks::line; });
}

/// One pair of axes and its curves.
std::string panel_script(const Plot& plot, std::size_t legend_rows, Theme theme) {
  const bool logarithmic = has_logarithmic_y(plot);
  std::string data;
  std::vector<std::string> curves;
  bool empty = true;
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    std::string source = "keyentry";  // an empty curve still has its place in the legend
    if (gnuplot::is_drawable(series, logarithmic)) {
      data += gnuplot::data_block(fmt::format("series{}", i), series, logarithmic);
      source = fmt::format("$series{} using 1:2", i);
      empty = false;
    }
    curves.push_back(fmt::format("{} {} {}", source, look_of(series, i, theme),
                                 gnuplot::legend_entry(series.name)));
    if (series.marks != Marks::line || gnuplot::has_beads(series)) continue;
    const Series beads = gnuplot::bead_points(series, logarithmic);
    if (beads.x.empty()) continue;
    data += gnuplot::data_block(fmt::format("beads{}", i), beads, logarithmic);
    curves.push_back(
        fmt::format("$beads{} using 1:2 {} notitle", i, gnuplot::beads(series_color(i, theme))));
  }
  if (empty) curves.insert(curves.begin(), "NaN notitle");  // a legend alone is no plot
  const std::string range = empty ? "[0:1]" : "[*:*]";
  return data +
         gnuplot::labels({.title = plot.title,
                          .x_label = plot.x_label,
                          .y_label = plot.y_label,
                          .legend_rows = legend_rows}) +
         fmt::format("set xrange {0}\nset yrange {0}\nset autoscale xfix\n", range) +
         (has_points(plot) ? "set offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04\n"
                           : "unset offsets\n") +
         (logarithmic && !empty ? "set logscale y\nset format y '%g'\n"
                                : "unset logscale y\nset format y '%h'\n") +
         fmt::format("plot {}\n", fmt::join(curves, ", "));
}

std::string script_of(const std::vector<Plot>& panels, PictureFormat format,
                      const PictureOptions& options) {
  const std::size_t n = panels.size();
  const std::size_t usual_width = n == 1 ? 800 : 600 * n;
  gnuplot::Size size{options.width ? options.width : usual_width, options.height};
  const std::size_t axes_width = gnuplot::axes_width(size, n);
  std::size_t rows = 0;
  for (const Plot& plot : panels) {
    std::vector<std::string> names;
    for (const Series& series : plot.series) names.push_back(series.name);
    rows = std::max(rows, gnuplot::legend_rows(names, axes_width));
  }
  if (size.height == 0) size.height = gnuplot::picture_height(320, rows);
  std::string script =
      gnuplot::prologue(size, format, options.theme) + gnuplot::layout(size, n, rows);
  for (const Plot& plot : panels) script += panel_script(plot, rows, options.theme);
  return script;
}

}  // namespace

Picture draw(const Plot& plot, const std::filesystem::path& file, const PictureOptions& options) {
  return draw(std::vector{plot}, file, options);
}

Picture draw(const std::vector<Plot>& panels, const std::filesystem::path& file,
             const PictureOptions& options) {
  if (panels.empty()) throw ShapeError("draw: there is no plot; pass at least one");
  for (const Plot& plot : panels) {
    if (plot.series.empty())
      throw ShapeError(fmt::format("draw: plot '{}' has no series", plot.title));
    for (const Series& series : plot.series) gnuplot::check(series);
  }
  const PictureFormat format = format_of(file);
  const std::string script = script_of(panels, format, options);

  Picture picture;
  write_beside(file, ".csv", csv(panels), picture);
  gnuplot::render(script, file, options, picture);
  return picture;
}

}  // namespace tapegrad
