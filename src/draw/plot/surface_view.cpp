#include "surface_view.hpp"

#include <algorithm>
#include <cmath>

#include "grid.hpp"

namespace tapegrad {
namespace {

constexpr double degree = 3.14159265358979323846 / 180;

/// Where, between a visible and a hidden point, the line disappears.
SpacePoint turning_point(const SurfaceView& view, SpacePoint visible, SpacePoint hidden) {
  for (int i = 0; i < 6; ++i) {
    const SpacePoint middle =
        view.on_surface((visible.x + hidden.x) / 2, (visible.y + hidden.y) / 2);
    (view.is_visible(middle) ? visible : hidden) = middle;
  }
  return visible;
}

}  // namespace

SurfaceView::SurfaceView(const Grid& mesh, const std::vector<double>& heights)
    : mesh_(mesh), low_(heights.front()), high_(heights.back()) {
  if (!(high_ - low_ > 1e-12 * std::max(std::abs(low_), std::abs(high_)))) {  // a plain
    const double half = low_ == 0 ? 0.5 : std::abs(low_ / 2);
    low_ -= half;
    high_ += half;
  }
  const double width = mesh.x.high - mesh.x.low;
  const double depth = mesh.y.high - mesh.y.low;
  const bool same_unit = gnuplot::shape_of(mesh).same_unit;
  x_unit_ = (same_unit ? std::max(width, depth) : width) / 2;
  y_unit_ = (same_unit ? std::max(width, depth) : depth) / 2;
  z_unit_ = (high_ / 2 - low_ / 2) / height_share;
}

SpacePoint SurfaceView::on_surface(double x, double y) const {
  return {x, y, gnuplot::height(mesh_, x, y)};
}

bool SurfaceView::is_visible(SpacePoint p) const {
  if (std::isnan(p.z)) return false;
  const double up = std::cos(view_from_vertical * degree) * z_unit_;
  const double right =
      std::sin(view_from_vertical * degree) * std::sin(view_around * degree) * x_unit_;
  const double front =
      std::sin(view_from_vertical * degree) * std::cos(view_around * degree) * y_unit_;
  const double tolerance = 0.004 * z_unit_;
  bool above = false;
  bool below = false;
  constexpr double step = 0.01;  // of half the box
  for (double t = step; !(above && below); t += step) {
    const double x = p.x + t * right;
    const double y = p.y - t * front;
    const double z = p.z + t * up;
    if (x > mesh_.x.high || y < mesh_.y.low) return true;
    const double ground = gnuplot::height(mesh_, x, y);
    above = above || z > high_ || z > ground + tolerance;
    below = below || z < ground - tolerance;
    if (z > high_ && !below) return true;
  }
  return false;
}

void add_line(const SurfaceView& view, const std::vector<SpacePoint>& line, LineParts& parts) {
  SpacePoint last = gap;
  bool last_visible = false;
  for (const SpacePoint& point : line) {
    const bool visible = view.is_visible(point);
    if (!std::isnan(point.z) && !std::isnan(last.z) && visible != last_visible) {
      const SpacePoint turn =
          visible ? turning_point(view, point, last) : turning_point(view, last, point);
      parts.visible.push_back(turn);
      parts.hidden.push_back(turn);
      (visible ? parts.hidden : parts.visible).push_back(gap);
    }
    if (std::isnan(point.z)) {
      parts.visible.push_back(gap);
      parts.hidden.push_back(gap);
    } else {
      (visible ? parts.visible : parts.hidden).push_back(point);
    }
    last = point;
    last_visible = visible;
  }
  parts.visible.push_back(gap);
  parts.hidden.push_back(gap);
}

BoxOutline box_outline() {
  const double up = std::cos(view_from_vertical * degree);  // of a way to the back
  const double left = std::sin(view_around * degree);
  const double back = std::cos(view_around * degree);
  const double half_height =
      (left + back) * up + height_share * std::sin(view_from_vertical * degree);
  return {left + back, half_height, half_height - 2 * back * up};
}

}  // namespace tapegrad
