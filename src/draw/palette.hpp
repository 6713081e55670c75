// The colours of pictures, light and dark.
//
// Some say how large a number is, and of which sign: from blue over the background's white or black
// to orange, the two that all kinds of colour blindness tell apart. Lightness changes evenly, and
// alike on both sides, so that equal steps of the number look like equal steps, also printed in
// grey. Others tell series apart, and the rest stand for nothing: paper and text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tapegrad/draw/picture.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

struct Rgb {
  std::uint8_t red;
  std::uint8_t green;
  std::uint8_t blue;

  friend bool operator==(const Rgb&, const Rgb&) = default;
};

/// @param t  -1 (blue) to 1 (orange); beyond, as at the end. Not NaN.
TAPEGRAD_API Rgb diverging_color(double t, Theme theme);

/// What is not a number: off the scale, a reddish purple.
TAPEGRAD_API Rgb not_finite_color(Theme theme);

/// Where a number stands on the scale: ±sqrt(|x| / largest), so that small ones show a colour too.
/// @param largest  0 puts all at 0
TAPEGRAD_API double scale_position(double x, double largest);

/// The colour of a number where `largest` is the end of the scale, whatever the number is.
TAPEGRAD_API Rgb number_color(double x, double largest, Theme theme);

/// As #rrggbb.
TAPEGRAD_API std::string hex(Rgb color);

/// The colour of the n-th series, as #rrggbb. After eight they start again.
TAPEGRAD_API std::string_view series_color(std::size_t n, Theme theme);

/// The colours of graphs and networks that stand for no number, as #rrggbb.
struct GraphInks {
  std::string_view paper;
  std::string_view text;
  std::string_view faint;  // text that is read second
  std::string_view line;   // borders and arrows
  std::string_view empty;  // boxes and discs without a number
  std::string_view group;  // the ground of a group, and of one within it
  std::string_view inner_group;
  std::string_view group_line;
  std::string_view odd_line;  // an arrow whose partial is not finite
};
TAPEGRAD_API const GraphInks& graph_inks(Theme theme);

/// All other colours of plots, as #rrggbb.
struct PlotInks {
  std::string_view paper;     // also the rim of what lies over shades
  std::string_view text;      // titles and legends, numbers in cells
  std::string_view soft;      // text that is read second; rings, and marks of no series
  std::string_view axis;      // lines around what is shown
  std::string_view grid;      // lines behind it
  std::string_view level;     // lines of equal height
  std::string_view boundary;  // where a classifier is undecided
  std::array<std::string_view, 3> heights;  // of a landscape: the lowest, at 0.3, the highest
  std::array<std::string_view, 3> classes;  // certain of the first class, undecided, of the second
};
TAPEGRAD_API const PlotInks& plot_inks(Theme theme);

}  // namespace tapegrad
