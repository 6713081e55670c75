#include "heat_map_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "draw/picture_text.hpp"

namespace tapegrad {
namespace {

// In pixels.
constexpr double margin = 20;
constexpr double label_height = 30;
constexpr double title_letter = 12;  // its width
constexpr double usual_side = 480;   // of a single matrix
constexpr double usual_cell = 64;
constexpr double least_side = 60;
constexpr double least_height = 110;  // of the colour bar
constexpr double bar_gap = 26;
constexpr double bar_text = 104;

// Cells of a matrix that is longer, by its other side, are no squares.
constexpr double longest_of_squares = 8;

constexpr std::size_t most_letters = 24;  // of a name

double room_left(const HeatMap& map) {
  return margin + (map.row_label.empty() ? 0 : label_height) + names_width(map.row_names, map.rows);
}

double names_below(const HeatMap& map, bool upright) {
  return upright ? 12 + names_width(map.column_names, map.columns) : 30;
}

double room_below(const HeatMap& map, bool upright_names) {
  return names_below(map, upright_names) + (map.column_label.empty() ? 0 : label_height) +
         margin / 2;
}

/// What the cells of one matrix may take.
struct Room {
  double width;
  double height;
  double cell;
};

CellsPlace cells_within(const HeatMap& map, const Room& room) {
  const auto columns = static_cast<double>(map.columns);
  const auto rows = static_cast<double>(map.rows);
  CellsPlace cells;
  if (rows <= longest_of_squares * columns && columns <= longest_of_squares * rows) {
    const double side = std::min({room.cell, room.width / columns, room.height / rows});
    cells.width = columns * side;
    cells.height = rows * side;
  } else {
    cells.width = std::min(room.width, columns * room.cell);
    cells.height = std::min(room.height, rows * room.cell);
  }
  cells.upright_names = !map.column_names.empty() &&
                        names_width(map.column_names, map.columns) + 8 > cells.width / columns;
  return cells;
}

struct Row {
  HeatMapLayout layout;
  double right = 0;  // where all ends
  double below = 0;  // the room that the cells leave for names
};

Row row_of(const std::vector<HeatMap>& maps, bool has_bar, const Room& room) {
  Row row;
  double tallest = least_height;
  for (const HeatMap& map : maps) {
    CellsPlace cells = cells_within(map, room);
    cells.left = row.right + room_left(map);
    cells.row_label = row.right + margin / 2 + label_height / 2;
    cells.column_label = names_below(map, cells.upright_names) + label_height / 2;
    const double title = title_letter * static_cast<double>(letter_count(map.title));
    row.layout.bar_left = cells.left + cells.width + bar_gap;
    row.right = cells.left + std::max(cells.width, std::min(title, room.width)) + margin;
    row.below = std::max(row.below, room_below(map, cells.upright_names));
    tallest = std::max(tallest, cells.height);
    row.layout.maps.push_back(cells);
  }
  row.layout.bar_height = tallest;
  if (has_bar) row.right = std::max(row.right, row.layout.bar_left + bar_width + bar_text);
  return row;
}

std::size_t pixels(double x) { return static_cast<std::size_t>(std::ceil(x)); }

}  // namespace

std::string shown_name(const std::vector<std::string>& names, std::size_t i) {
  if (names.empty()) return fmt::format("{}", i + 1);
  return first_letters(names[i], most_letters);
}

double names_width(const std::vector<std::string>& names, std::size_t count) {
  std::size_t longest = fmt::format("{}", count).size();
  if (!names.empty()) longest = 0;
  for (std::size_t i = 0; i < names.size(); ++i)
    longest = std::max(longest, letter_count(shown_name(names, i)));
  return name_letter * static_cast<double>(longest);
}

HeatMapLayout arrange(const std::vector<HeatMap>& maps, bool has_bar,
                      const PictureOptions& options) {
  const auto n = static_cast<double>(maps.size());
  double beside = has_bar ? bar_gap + bar_width + bar_text : 0;
  for (const HeatMap& map : maps) beside += room_left(map) + margin;
  Room room{.width = n == 1 ? usual_side : 0.75 * usual_side,
            .height = usual_side,
            .cell = options.width || options.height ? usual_side : usual_cell};
  if (options.width != 0) {
    gnuplot::check_room("width", options.width, pixels(beside + n * least_side));
    room.width = (static_cast<double>(options.width) - beside) / n;
  }
  Row row = row_of(maps, has_bar, room);
  // Smaller cells may turn the columns' names upright, which takes from the cells' height.
  for (int i = 0; options.height != 0 && i < 2; ++i) {
    const double around = above_cells + row.below;
    gnuplot::check_room("height", options.height, pixels(around + least_height));
    room.height = static_cast<double>(options.height) - around;
    row = row_of(maps, has_bar, room);
  }
  row.layout.size = {
      options.width ? options.width : pixels(row.right),
      options.height ? options.height : pixels(above_cells + row.layout.bar_height + row.below)};
  return row.layout;
}

}  // namespace tapegrad
