#include "tapegrad/draw/terminal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string_view>
#include <vector>

#include "core/environment.hpp"
#include "core/number.hpp"
#include "draw/extent.hpp"
#include "draw/palette.hpp"
#include "draw/shrunk_matrix.hpp"
#include "files/is_terminal.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

bool has_colors(Colors colors) {
  if (colors != Colors::automatic) return colors == Colors::always;
  return environment("NO_COLOR").empty() && environment("TERM") != "dumb" && is_terminal(stdout);
}

// ---- Sparkline ----

constexpr double no_height = std::numeric_limits<double>::quiet_NaN();

/// For each block the mean of what it stands for, on the scale.
std::vector<double> heights(std::span<const double> values, std::size_t blocks, bool logarithmic) {
  std::vector<double> result;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t begin = block * values.size() / blocks;
    const std::size_t end = (block + 1) * values.size() / blocks;
    double mean = 0;
    double count = 0;
    for (const double x : values.subspan(begin, end - begin)) {
      if (!std::isfinite(x) || (logarithmic && x <= 0)) continue;
      count += 1;
      // Step by step: a sum could overflow, and so could a difference.
      mean += (logarithmic ? std::log(x) : x) / count - mean / count;
    }
    result.push_back(count > 0 ? mean : no_height);
  }
  return result;
}

// ---- Heat map ----

std::string colored(std::string_view text, Rgb ground) {
  // Black letters: all grounds of the light theme are light enough for them.
  return fmt::format("\x1b[38;2;0;0;0;48;2;{};{};{}m{}\x1b[0m", ground.red, ground.green,
                     ground.blue, text);
}

std::string cell(double x, double largest, bool colors) {
  if (!std::isfinite(x)) {
    const std::string_view text = std::isnan(x) ? "??" : x > 0 ? "+∞" : "-∞";
    return colors ? colored(text, not_finite_color(Theme::light)) : std::string(text);
  }
  const double share = largest > 0 ? x / largest : 0;
  if (colors) return colored("  ", diverging_color(share, Theme::light));
  constexpr std::array<std::string_view, 5> shades{"·", "░", "▒", "▓", "█"};
  const auto shade = static_cast<std::size_t>(std::ceil(4 * std::abs(share)));
  return fmt::format("{}{}", share < 0 ? "-" : " ", shades[shade]);
}

std::string scale_line(double largest, bool colors) {
  if (largest == 0) return cell(0, 0, colors) + " 0\n";
  std::string line = number(-largest) + ' ';
  for (int quarter = -4; quarter <= 4; ++quarter)
    line += cell(largest / 4 * quarter, largest, colors);
  return line + ' ' + number(largest) + '\n';
}

}  // namespace

std::string sparkline(std::span<const double> values, const SparklineOptions& options) {
  if (options.width == 0) throw ArgumentError("sparkline: the width is 0; pass at least 1");
  if (values.empty()) return "";
  Extent extent;
  extent.add(values);
  const bool logarithmic = is_logarithmic(options.scale, extent);
  const std::vector<double> all =
      heights(values, std::min(values.size(), options.width), logarithmic);
  Extent shown;
  shown.add(all);
  const auto [least, greatest] = shown;
  constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string text = number(values.front()) + ' ';
  for (const double height : all) {
    if (std::isnan(height)) {
      text += "×";
      continue;
    }
    // In halves: the range of all doubles is wider than a double.
    const double share =
        greatest > least ? (height / 2 - least / 2) / (greatest / 2 - least / 2) : 0.5;
    text += blocks[static_cast<std::size_t>(std::lround(7 * std::clamp(share, 0.0, 1.0)))];
  }
  return text + ' ' + number(values.back()) + (logarithmic ? " (log)" : "");
}

std::string heat_map(std::span<const double> values, std::size_t rows, std::size_t columns,
                     const HeatMapOptions& options) {
  if (rows == 0 || columns == 0 || values.size() / columns != rows || values.size() % columns != 0)
    throw ShapeError(fmt::format("heat_map: {} numbers for {} rows of {}; pass one for each place",
                                 values.size(), rows, columns));
  if (options.most_rows == 0 || options.most_columns == 0)
    throw ArgumentError("heat_map: most_rows or most_columns is 0; pass at least 1");
  const bool colors = has_colors(options.colors);
  const ShrunkMatrix small = shrunk(values, rows, columns, options.most_rows, options.most_columns);
  double largest = 0;
  for (const double x : small.values)
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));

  std::string text;
  for (std::size_t i = 0; i < small.rows; ++i) {
    std::string line;
    for (std::size_t j = 0; j < small.columns; ++j)
      line += cell(small.values[i * small.columns + j], largest, colors);
    text += line + '\n';
  }
  text += scale_line(largest, colors);
  if (small.values.size() < values.size())
    text += fmt::format("{} × {} numbers: a block shows the largest of those it stands for\n", rows,
                        columns);
  return text;
}

}  // namespace tapegrad
