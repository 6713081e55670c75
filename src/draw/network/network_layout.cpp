#include "network_layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tapegrad {
namespace {

// ---- Discs ----

struct DiscSize {
  double radius;
  double pitch;  // from disc to disc: room for a small number under each
};

DiscSize disc_size(std::size_t rows) { return rows <= 6 ? DiscSize{29, 90} : DiscSize{21, 62}; }

std::size_t rows_of(std::size_t size, std::size_t most) { return size <= most ? size : most + 1; }

NetworkColumn make_column(std::size_t size, std::size_t most, Point top, double pitch) {
  NetworkColumn column;
  const std::size_t first = size <= most ? size : (most + 1) / 2;
  for (std::size_t row = 0; row < rows_of(size, most); ++row) {
    const Point place{top.x, top.y + pitch * static_cast<double>(row)};
    if (row == first) {
      column.hidden = size - most;
      column.dots = place;
      continue;
    }
    column.shown.push_back(row < first ? row : row - 1 + column.hidden);
    column.discs.push_back(place);
  }
  return column;
}

// ---- Numbers on lines ----

struct Box {
  double left;
  double right;
  double top;
  double bottom;
};

Box box_at(Point middle, double width, double height) {
  return {middle.x - width / 2, middle.x + width / 2, middle.y - height / 2, middle.y + height / 2};
}

double overlap(const Box& a, const Box& b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

Point point_on(const NumberedLine& line, double t) {
  return {line.from.x + t * (line.to.x - line.from.x), line.from.y + t * (line.to.y - line.from.y)};
}

// All lines run from the left to the right of the box.
bool crosses(const NumberedLine& line, const Box& box) {
  const auto height = [&](double x) {
    return point_on(line, (x - line.from.x) / (line.to.x - line.from.x)).y;
  };
  const auto [low, high] = std::minmax({height(box.left), height(box.right)});
  return high > box.top && low < box.bottom;
}

class NumberPlacer {
 public:
  NumberPlacer(std::span<const NumberedLine> lines, double radius, double height)
      : lines_(lines), radius_(radius), height_(height) {
    for (const NumberedLine& line : lines) places_.push_back(point_on(line, 0.5));
  }

  // Each in turn to its best place among the others, until that changes little.
  std::vector<Point> place() {
    constexpr int rounds = 6;
    for (int round = 0; round < rounds; ++round)
      for (std::size_t k = 0; k < lines_.size(); ++k) improve(k);
    return places_;
  }

 private:
  void improve(std::size_t k) {
    const NumberedLine& line = lines_[k];
    const double length = std::hypot(line.to.x - line.from.x, line.to.y - line.from.y);
    const double end = std::min(0.5, (radius_ + 4 + line.width / 2) / (line.to.x - line.from.x));
    constexpr int steps = 24;
    double least = std::numeric_limits<double>::infinity();
    for (int step = 0; step <= steps; ++step) {
      const double t = end + (1 - 2 * end) * step / steps;
      const double cost = cost_at(k, point_on(line, t)) + length * std::abs(t - 0.5) / 100;
      if (cost >= least) continue;
      least = cost;
      places_[k] = point_on(line, t);
    }
  }

  double cost_at(std::size_t k, Point place) const {
    const Box box = box_at(place, lines_[k].width + 4, height_ + 3);
    double cost = 0;
    for (std::size_t other = 0; other < lines_.size(); ++other) {
      if (other == k) continue;
      cost += overlap(box, box_at(places_[other], lines_[other].width + 4, height_ + 3));
      if (crosses(lines_[other], box)) cost += 4;
    }
    return cost;
  }

  std::span<const NumberedLine> lines_;
  double radius_;
  double height_;
  std::vector<Point> places_;
};

}  // namespace

NetworkLayout network_layout(std::span<const std::size_t> sizes, std::size_t most, Point start,
                             double room) {
  std::size_t rows = 0;
  for (const std::size_t size : sizes) rows = std::max(rows, rows_of(size, most));
  const auto [radius, pitch] = disc_size(rows);
  const double height = pitch * static_cast<double>(rows);
  // The higher, the wider: lines should not be steep.
  const double gap = std::max(room, std::clamp(0.4 * height, 190.0, 320.0));
  NetworkLayout layout{.radius = radius, .gap = gap, .end = start, .columns = {}};
  Point top = start;
  for (const std::size_t size : sizes) {
    const double free = pitch * static_cast<double>(rows - rows_of(size, most));
    top.y = start.y + radius + 2 + free / 2;
    layout.columns.push_back(make_column(size, most, top, pitch));
    layout.end.x = top.x;
    top.x += gap;
  }
  layout.end.y = start.y + height;
  return layout;
}

std::vector<Point> place_numbers(std::span<const NumberedLine> lines, double radius,
                                 double height) {
  return NumberPlacer(lines, radius, height).place();
}

}  // namespace tapegrad
