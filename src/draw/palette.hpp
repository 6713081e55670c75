// Colours that say how large a number is, and of which sign.
//
// From blue over the background's white or black to orange: the two that all kinds of colour
// blindness tell apart. Lightness changes evenly, and alike on both sides, so that equal steps of
// the number look like equal steps, also printed in grey.
#pragma once

#include <cstdint>
#include <string>

#include "tapegrad/draw/graph.hpp"
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

/// As #rrggbb.
TAPEGRAD_API std::string hex(Rgb color);

}  // namespace tapegrad
