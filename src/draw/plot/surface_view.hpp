// What one sees of a surface, and what of a line over it is hidden.
//
// A point is hidden if the surface comes between it and the viewer, who is infinitely far away:
// if the straight line from it to the viewer is first on one side of the surface, then on the
// other.
#pragma once

#include <limits>
#include <vector>

#include "tapegrad/draw/plot.hpp"

namespace tapegrad {

// The viewer's place: so high that valleys are not hidden by the walls around them.
inline constexpr double view_from_vertical = 45;  // in degrees
inline constexpr double view_around = 30;         // likewise, from the y axis
inline constexpr double height_share = 0.65;      // of the box, by its longer side

struct SpacePoint {
  double x;
  double y;
  double z;  // NaN: there is no such point
};

inline constexpr SpacePoint gap{std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::quiet_NaN()};

class SurfaceView {
 public:
  /// @param mesh     as it is drawn; must outlive the view
  /// @param heights  the finite ones, sorted
  SurfaceView(const Grid& mesh, const std::vector<double>& heights);

  /// Of the box; a plain lies in its middle.
  Range heights() const { return {low_, high_}; }

  SpacePoint on_surface(double x, double y) const;

  /// Also where one sees the surface from below, under a wall that leans over.
  bool is_visible(SpacePoint p) const;

 private:
  const Grid& mesh_;
  double low_;
  double high_;
  double x_unit_;  // half of the box's longer side, in the unit of each axis
  double y_unit_;
  double z_unit_;
};

struct LineParts {
  std::vector<SpacePoint> visible;  // a gap separates what does not belong together
  std::vector<SpacePoint> hidden;
};

/// Adds a line over the surface; a point without a height is a gap.
void add_line(const SurfaceView& view, const std::vector<SpacePoint>& line, LineParts& parts);

/// The box on the screen, from its middle, in half sides of its ground.
struct BoxOutline {
  double half_width;
  double half_height;
  double axis_top;  // the upper end of the z axis, which stands at the left corner
};
BoxOutline box_outline();

}  // namespace tapegrad
