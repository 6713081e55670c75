// First the text that gnuplot reads, then the run that makes a picture of it.
#include "gnuplot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "draw/palette.hpp"
#include "draw/process.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad::gnuplot {
namespace {

// In pixels: the room around the axes for text, and axes so small that they are no picture.
constexpr std::size_t left_margin = 110;
constexpr std::size_t right_margin = 25;
constexpr std::size_t bottom_margin = 80;
constexpr std::size_t title_height = 56;
constexpr std::size_t legend_row_height = 22;
constexpr std::size_t least_axes = 100;

std::string terminal(Size size, PictureFormat format) {
  if (format == PictureFormat::svg)
    return fmt::format("bead(size) = size\nline = 1\nset terminal svg size {},{}", size.width,
                       size.height);
  // Against an SVG, letters of 16 points need 1.5 times the size to have 32 pixels, and discs four
  // times; a line of text is less high, and a disc on a line as much larger as the line is wide.
  return fmt::format(
      "if (strstrt(GPVAL_TERMINALS, ' pngcairo ') == 0) {{\n"
      "  print 'it draws no PNG here; install gnuplot with cairo (Debian: gnuplot-nox), or pass a "
      "name that ends in .svg'\n"
      "  exit status 1\n"
      "}}\n"
      "bead(size) = size - 0.19\n"
      "line = 1.29\n"
      "set terminal pngcairo size {},{} fontscale 1.5 linewidth 2 pointscale 4",
      2 * size.width, 2 * size.height);
}

}  // namespace

std::string quoted(std::string_view text) {
  // In single quotes gnuplot knows neither escapes nor substitutions, and an apostrophe is written
  // as two; but its scanner goes astray where several meet. So each is a string of its own, by its
  // code: an unpaired quote would make gnuplot look for macros in what follows.
  std::string result = "'";
  for (char c : text) {
    if (c == '\'')
      result += "'.\"\\047\".'";
    else
      result += static_cast<unsigned char>(c) < ' ' || c == '\x7F' ? ' ' : c;
  }
  return result + "'";
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string result = "\"";
  for (char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

bool is_drawable(double x, double y, bool logarithmic_y) {
  return std::isfinite(x) && std::isfinite(y) && (y > 0 || !logarithmic_y);
}

bool is_drawable(const Series& series, bool logarithmic_y) {
  for (std::size_t i = 0; i < series.x.size(); ++i)
    if (is_drawable(series.x[i], series.y[i], logarithmic_y)) return true;
  return false;
}

bool has_beads(const Series& line) { return line.x.size() <= 50; }

Series bead_points(const Series& line, bool logarithmic_y) {
  if (has_beads(line)) return line;
  const auto is_there = [&](std::size_t i) {
    return i < line.x.size() && is_drawable(line.x[i], line.y[i], logarithmic_y);
  };
  Series lone;
  for (std::size_t i = 0; i < line.x.size(); ++i) {
    const bool is_joined = (i > 0 && is_there(i - 1)) || is_there(i + 1);
    if (!is_there(i) || is_joined) continue;
    lone.x.push_back(line.x[i]);
    lone.y.push_back(line.y[i]);
  }
  return lone;
}

std::string data_block(std::string_view name, const Series& series, bool logarithmic_y) {
  std::string text = fmt::format("${} << EOD\n", name);
  bool in_gap = true;  // two blank lines would begin another data set
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (is_drawable(series.x[i], series.y[i], logarithmic_y)) {
      fmt::format_to(std::back_inserter(text), "{} {}\n", series.x[i], series.y[i]);
      in_gap = false;
    } else if (!in_gap) {
      text += "\n";
      in_gap = true;
    }
  }
  return text + "EOD\n";
}

std::string lines(double width, std::string_view color) {
  return fmt::format("with lines lw {} lc rgb '{}'", width, color);
}

std::string discs(double size, std::string_view color) {
  return fmt::format("with points pt 7 ps {} lc rgb '{}'", size, color);
}

std::string beads(std::string_view color) {
  return fmt::format("with points pt 7 ps bead(0.4) lc rgb '{}'", color);
}

std::string legend_entry(std::string_view name) {
  return name.empty() ? "notitle" : "title " + quoted(name);
}

void check_room(std::string_view name, std::size_t pixels, std::size_t least) {
  if (pixels < least) {
    throw ArgumentError(
        fmt::format("draw: a {} of {} pixels has no room for axes, titles and legend; pass at "
                    "least {}",
                    name, pixels, least));
  }
}

std::size_t axes_width(Size size, std::size_t panels) {
  constexpr std::size_t margins = left_margin + right_margin;
  check_room("width", size.width, panels * (margins + least_axes));
  return size.width / panels - margins;
}

std::size_t legend_rows(std::span<const std::string> names, std::size_t axes_width) {
  // gnuplot takes a letter of this font for 12 pixels wide, and a line's sample for four letters.
  std::size_t longest = 0;
  std::size_t entries = 0;
  for (const std::string& name : names) {
    longest = std::max(longest, name.size());
    entries += name.empty() ? 0 : 1;
  }
  const std::size_t columns = std::max<std::size_t>(1, axes_width / (12 * (longest + 4)));
  return (entries + columns - 1) / columns;
}

std::size_t top_margin(std::size_t legend_rows) {
  return title_height + legend_row_height * legend_rows;
}

std::size_t picture_height(std::size_t axes_height, std::size_t legend_rows) {
  return top_margin(legend_rows) + std::max(axes_height, legend_row_height * legend_rows) +
         bottom_margin;
}

std::string prologue(Size size, PictureFormat format, Theme theme) {
  const PlotInks& inks = plot_inks(theme);
  return fmt::format(
      "set encoding utf8\n"
      "set minussign\n"
      "set format '%h'\n"
      "{} noenhanced rounded font 'sans-serif,16' background '{}'\n"
      "set border 3 lw 1 lc rgb '{}'\n"
      "set tics nomirror out scale 0.5 textcolor rgb '{}'\n"
      "set grid back lt 1 lw 1 lc rgb '{}'\n"
      "set key left bottom vertical Left reverse samplen 1.5 at graph -0.01,1.01 "
      "spacing line textcolor rgb '{}'\n"
      "set xlabel textcolor rgb '{}'\n"
      "set ylabel textcolor rgb '{}'\n"
      "set label 1 '' textcolor rgb '{}'\n",
      terminal(size, format), inks.paper, inks.axis, inks.soft, inks.grid, inks.text, inks.soft,
      inks.soft, inks.text);
}

std::string layout(Size size, std::size_t panels, std::size_t legend_rows) {
  check_room("height", size.height, picture_height(least_axes, legend_rows));
  const auto of_width = [&](std::size_t pixels) {
    return static_cast<double>(pixels) / static_cast<double>(size.width);
  };
  const auto of_height = [&](std::size_t pixels) {
    return static_cast<double>(pixels) / static_cast<double>(size.height);
  };
  return fmt::format(
      "set key maxrows {}\n"
      "set multiplot layout 1,{} margins screen {:.4f},{:.4f},{:.4f},{:.4f} "
      "spacing screen {:.4f}\n",
      std::max<std::size_t>(1, legend_rows), panels, of_width(left_margin),
      1 - of_width(right_margin), of_height(bottom_margin), 1 - of_height(top_margin(legend_rows)),
      of_width(left_margin + right_margin));
}

std::string labels(const Labels& labels) {
  // Offsets are in characters, each 24 pixels high: the title stands above the legend's rows.
  constexpr double row = legend_row_height / 24.0;
  return fmt::format(
      "set xlabel {} offset 0,0.3\n"
      "set ylabel {} offset 0.8,0\n"
      "set label 1 {} at graph 0,1 offset character 0,line*{} left font ',20'\n",
      quoted(labels.x_label), quoted(labels.y_label), quoted(labels.title),
      static_cast<double>(labels.legend_rows) * row + 1.2);
}

void check_lengths(const Series& series) {
  if (series.x.size() != series.y.size()) {
    throw ShapeError(fmt::format("draw: series '{}' has {} x for {} y; pass one for each",
                                 series.name, series.x.size(), series.y.size()));
  }
}

void check(const Series& series) {
  check_lengths(series);
  if (series.x.empty())
    throw ShapeError(fmt::format("draw: series '{}' has no points", series.name));
}

void render(std::string_view script, const std::filesystem::path& file,
            const PictureOptions& options, Picture& picture) {
  // Without the user's start-up files (-d): the same picture everywhere.
  const PictureResult result =
      run({.program = options.gnuplot,
           .arguments = {"-d"},
           .format = format_of(file),
           .install = "install gnuplot (Debian: gnuplot-nox) and run this again"},
          script);
  if (result.problem.empty()) {
    write_file(file, result.picture);
    picture.files.push_back(file);
  } else {
    picture.hint = fmt::format("{} was not drawn: {}; its numbers are in {}", file.string(),
                               result.problem, picture.files.front().string());
  }
}

}  // namespace tapegrad::gnuplot
