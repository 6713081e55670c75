// Matrices as cells: the numbers in them, their colours, and the colour bar.
//
// The colours are those of palette.hpp to the last bit: gnuplot is told each cell's, and has no
// scale of its own. Where all stands: heat_map_layout.hpp.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "draw/palette.hpp"
#include "draw/picture_text.hpp"
#include "gnuplot.hpp"
#include "heat_map_layout.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/draw/plot.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t most_boxes = 4000;  // in one matrix; more cells become an image

/// What all numbers of the picture have in common; only the finite ones count.
struct NumberScale {
  double largest = 0;  // without its sign
  bool negative = false;
  bool positive = false;
  bool whole = true;
};

NumberScale scale_of(const std::vector<HeatMap>& maps) {
  NumberScale scale;
  for (const HeatMap& map : maps) {
    for (double x : map.values) {
      if (!std::isfinite(x)) continue;
      scale.largest = std::max(scale.largest, std::abs(x));
      scale.negative = scale.negative || x < 0;
      scale.positive = scale.positive || x > 0;
      scale.whole = scale.whole && x == std::trunc(x);
    }
  }
  return scale;
}

/// Three digits of the largest, and as many decimals for all; whole numbers stay whole.
std::string number_text(double x, const NumberScale& scale) {
  const bool is_far = scale.largest >= 1e6 || (scale.largest > 0 && scale.largest < 0.01);
  if (!std::isfinite(x) || is_far) return picture_number(x, 2);
  const int decimals =
      scale.whole ? 0 : std::max(0, 2 - static_cast<int>(std::floor(std::log10(scale.largest))));
  std::string digits = fmt::format("{:.{}f}", x, std::min(decimals, 3));
  const bool is_zero = digits.find_first_of("123456789") == std::string::npos;
  if (is_zero && digits.front() == '-') digits.erase(0, 1);
  return with_minus_signs(digits);
}

/// Of the numbers in the cells; 0 where they do not fit.
int font_size(const HeatMap& map, const NumberScale& scale, double cell_width, double cell_height) {
  std::size_t longest = 0;
  for (double x : map.values) longest = std::max(longest, letter_count(number_text(x, scale)));
  for (const int size : {14, 11}) {
    const double letter = 0.65 * size;
    if (static_cast<double>(longest) * letter + 6 <= cell_width && size + 6 <= cell_height)
      return size;
  }
  return 0;
}

/// The colours of a matrix's cells as block $`name`.
std::string colors_block(std::string_view name, const HeatMap& map, const NumberScale& scale,
                         Theme theme) {
  std::string text = fmt::format("${} << EOD\n", name);
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    const Rgb color = number_color(map.values[i], scale.largest, theme);
    fmt::format_to(std::back_inserter(text), "{} {} {} {} {}\n", i % map.columns, i / map.columns,
                   color.red, color.green, color.blue);
  }
  return text + "EOD\n";
}

std::string numbers_block(const HeatMap& map, const NumberScale& scale) {
  std::string text = "$numbers << EOD\n";
  for (std::size_t i = 0; i < map.values.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{} {} \"{}\"\n", i % map.columns, i / map.columns,
                   number_text(map.values[i], scale));
  }
  return text + "EOD\n";
}

std::string margins(gnuplot::Size size, double left, double width, double height) {
  const auto x = [&](double pixels) { return pixels / static_cast<double>(size.width); };
  const auto y = [&](double pixels) { return 1 - pixels / static_cast<double>(size.height); };
  return fmt::format(
      "set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\n"
      "set bmargin at screen {:.5f}\nset tmargin at screen {:.5f}\n",
      x(left), x(left + width), y(above_cells + height), y(above_cells));
}

/// Names at the cells of an axis; where they would meet, only every few.
std::string names_at(char axis, const std::vector<std::string>& names, std::size_t count,
                     double cell, double needed) {
  const auto every = static_cast<std::size_t>(std::max(1.0, std::ceil(needed / cell)));
  std::string text;
  for (std::size_t i = 0; i < count; i += every) {
    fmt::format_to(std::back_inserter(text), "{}{} {}", i == 0 ? "" : ", ",
                   gnuplot::quoted(shown_name(names, i)), i);
  }
  return fmt::format("set {}tics ({})\n", axis, text);
}

/// In the middle beside and below the cells.
std::string axis_labels(const HeatMap& map, const CellsPlace& place, gnuplot::Size size,
                        Theme theme) {
  return fmt::format(
      "set label 2 {} at screen {:.5f},graph 0.5 center rotate by 90 textcolor rgb '{}'\n"
      "set label 3 {} at graph 0.5,screen {:.5f} center textcolor rgb '{}'\n",
      gnuplot::quoted(map.row_label), place.row_label / static_cast<double>(size.width),
      plot_inks(theme).soft, gnuplot::quoted(map.column_label),
      1 - (above_cells + place.height + place.column_label) / static_cast<double>(size.height),
      plot_inks(theme).soft);
}

std::string panel_script(const HeatMap& map, const CellsPlace& place, gnuplot::Size size,
                         const NumberScale& scale, Theme theme) {
  const double cell_width = place.width / static_cast<double>(map.columns);
  const double cell_height = place.height / static_cast<double>(map.rows);
  std::string data = colors_block("cells", map, scale, theme);
  std::string curves = "$cells using 1:2:3:4:5 with rgbimage notitle";
  if (map.values.size() <= most_boxes || map.columns == 1 || map.rows == 1) {
    curves = fmt::format(
        "$cells using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):(65536*$3+256*$4+$5) "
        "with boxxyerror fs solid border lc rgb '{}' fc rgb variable notitle",
        plot_inks(theme).grid);
  }
  if (const int font = font_size(map, scale, cell_width, cell_height)) {
    data += numbers_block(map, scale);
    curves +=
        fmt::format(", $numbers using 1:2:3 with labels font ',{}' textcolor rgb '{}' notitle",
                    font, plot_inks(theme).text);
  }
  const double column_name =
      place.upright_names ? name_height : 8 + names_width(map.column_names, map.columns);
  return data + margins(size, place.left, place.width, place.height) +
         gnuplot::labels({.title = map.title, .x_label = "", .y_label = "", .legend_rows = 0}) +
         axis_labels(map, place, size, theme) +

         (place.upright_names ? "set xtics rotate by 90 right\n" : "set xtics norotate center\n") +
         names_at('x', map.column_names, map.columns, cell_width, column_name) +
         names_at('y', map.row_names, map.rows, cell_height, name_height) +
         fmt::format("set xrange [-0.5:{}.5]\nset yrange [{}.5:-0.5]\nplot {}\n", map.columns - 1,
                     map.rows - 1, curves);
}

/// From the greatest number down to the least, with names at the ends, the halves and 0.
std::string bar_script(const HeatMapLayout& layout, const NumberScale& scale, Theme theme) {
  constexpr std::size_t steps = 100;
  const double high = scale.positive ? 1 : 0;
  const double low = scale.negative ? -1 : 0;
  const auto number_at = [&](double t) { return std::copysign(t * t, t) * scale.largest; };
  HeatMap bar{.title = "", .rows = steps, .columns = 2};  // of one, gnuplot makes no image
  for (std::size_t i = 0; i < steps; ++i) {
    const double share = (static_cast<double>(i) + 0.5) / steps;
    bar.values.insert(bar.values.end(), 2, number_at(high - (high - low) * share));
  }
  std::string names;
  for (const double t : {1.0, 0.5, 0.0, -0.5, -1.0}) {
    if (t < low || t > high) continue;
    fmt::format_to(std::back_inserter(names), "{}'{}' {}", names.empty() ? "" : ", ",
                   picture_number(number_at(t)), (high - t) / (high - low) * steps - 0.5);
  }
  return colors_block("bar", bar, scale, theme) +
         margins(layout.size, layout.bar_left, bar_width, layout.bar_height) +
         gnuplot::labels({.title = "", .x_label = "", .y_label = "", .legend_rows = 0}) +
         fmt::format(
             "unset label 2\nunset label 3\nunset xtics\nunset ytics\nset y2tics ({0})\n"
             "set xrange [-0.5:1.5]\nset yrange [{1}:-0.5]\nset y2range [{1}:-0.5]\n"
             "plot $bar using 1:2:3:4:5 with rgbimage notitle\n",
             names, steps - 0.5);
}

std::string script_of(const std::vector<HeatMap>& maps, PictureFormat format,
                      const PictureOptions& options) {
  const NumberScale scale = scale_of(maps);
  const bool has_bar = scale.largest > 0;
  const HeatMapLayout layout = arrange(maps, has_bar, options);
  std::string script = gnuplot::prologue(layout.size, format, options.theme) +
                       "set multiplot\n"
                       "unset grid\n"
                       "set border 15\n"
                       "set tics scale 0 font ',13'\n";
  for (std::size_t i = 0; i < maps.size(); ++i)
    script += panel_script(maps[i], layout.maps[i], layout.size, scale, options.theme);
  return has_bar ? script + bar_script(layout, scale, options.theme) : script;
}

void check_names(const HeatMap& map, std::string_view what, std::size_t count,
                 const std::vector<std::string>& names) {
  if (!names.empty() && names.size() != count) {
    throw ShapeError(
        fmt::format("draw: map '{}' has {} names for {} {}; pass one for each, or none", map.title,
                    names.size(), count, what));
  }
}

void check(const HeatMap& map) {
  if (map.rows == 0 || map.columns == 0) {
    throw ShapeError(
        fmt::format("draw: map '{}' has {} rows and {} columns; pass at least one of each",
                    map.title, map.rows, map.columns));
  }
  if (map.values.size() / map.rows != map.columns || map.values.size() % map.rows != 0) {
    throw ShapeError(fmt::format("draw: map '{}' holds {} values for {} rows and {} columns",
                                 map.title, map.values.size(), map.rows, map.columns));
  }
  check_names(map, "rows", map.rows, map.row_names);
  check_names(map, "columns", map.columns, map.column_names);
}

std::string csv(const std::vector<HeatMap>& maps) {
  const auto name = [](const std::vector<std::string>& names, std::size_t i) {
    return names.empty() ? fmt::format("{}", i + 1) : gnuplot::csv_field(names[i]);
  };
  std::string text = "panel,row,column,value\n";
  for (const HeatMap& map : maps) {
    for (std::size_t i = 0; i < map.values.size(); ++i) {
      fmt::format_to(std::back_inserter(text), "{},{},{},{}\n", gnuplot::csv_field(map.title),
                     name(map.row_names, i / map.columns), name(map.column_names, i % map.columns),
                     map.values[i]);
    }
  }
  return text;
}

}  // namespace

Picture draw(const std::vector<HeatMap>& maps, const std::filesystem::path& file,
             const PictureOptions& options) {
  if (maps.empty()) throw ShapeError("draw: there is no map; pass at least one");
  for (const HeatMap& map : maps) check(map);
  const PictureFormat format = format_of(file);
  const std::string script = script_of(maps, format, options);

  Picture picture;
  write_beside(file, ".csv", csv(maps), picture);
  gnuplot::render(script, file, options, picture);
  return picture;
}

}  // namespace tapegrad
