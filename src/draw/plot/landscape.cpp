#include "landscape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "draw/palette.hpp"
#include "gnuplot.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad::gnuplot {

std::vector<double> sorted_heights(const Grid& grid) {
  std::vector<double> heights;
  std::copy_if(grid.z.begin(), grid.z.end(), std::back_inserter(heights),
               [](double z) { return std::isfinite(z); });
  if (heights.empty())
    throw ArgumentError("draw: the grid holds no finite value; there is nothing to show");
  std::sort(heights.begin(), heights.end());
  return heights;
}

double rank(double z, const std::vector<double>& heights) {
  const auto below = std::lower_bound(heights.begin(), heights.end(), z) - heights.begin();
  return static_cast<double>(below) / static_cast<double>(heights.size());
}

std::string rank_palette(Theme theme) {
  const auto& colors = plot_inks(theme).heights;
  return fmt::format(
      "set cbrange [0:1]\n"
      "set palette defined (0 '{}', 0.3 '{}', 1 '{}')\n",
      colors[0], colors[1], colors[2]);
}

Ends ends_of(const Series& path) {
  Ends ends;
  for (std::size_t i = 0; i < path.x.size(); ++i) {
    if (!is_drawable(path.x[i], path.y[i], false)) continue;
    ends.end = {.name = {}, .x = {path.x[i]}, .y = {path.y[i]}};
    if (ends.start.x.empty()) ends.start = ends.end;
  }
  return ends;
}

namespace {

/// Whether it shows no way, but a place.
bool is_point(const Series& path) {
  int points = 0;
  for (std::size_t i = 0; i < path.x.size(); ++i)
    points += is_drawable(path.x[i], path.y[i], false) ? 1 : 0;
  return points == 1;
}

bool all_are_points(const std::vector<Series>& paths) {
  return std::ranges::all_of(paths, is_point);
}

}  // namespace

std::string path_entries(const std::vector<Series>& paths, Theme theme) {
  std::string entries;
  const auto add = [&](const std::string& look, std::string_view name) {
    fmt::format_to(std::back_inserter(entries), ", keyentry {} {}", look, legend_entry(name));
  };
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string_view color = series_color(i, theme);
    if (!paths[i].name.empty())
      add(is_point(paths[i]) ? discs(1.2, color) : lines(2.5, color), paths[i].name);
  }
  if (!all_are_points(paths)) {
    const std::string_view ink = plot_inks(theme).soft;
    add(fmt::format("with points pt 6 ps 1.1 lc rgb '{}'", ink), "start");
    add(discs(1.2, ink), "end");
  }
  return entries;
}

std::vector<std::string> path_names(const std::vector<Series>& paths) {
  std::vector<std::string> names;
  names.reserve(paths.size() + 2);
  for (const Series& path : paths) names.push_back(path.name);
  if (!all_are_points(paths)) names.insert(names.end(), {"start", "end"});
  return names;
}

}  // namespace tapegrad::gnuplot
