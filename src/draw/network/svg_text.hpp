// Texts and numbers in an SVG that is written without knowing the reader's fonts: how wide they
// are, what of them finds room, and the element.
#pragma once

#include <string>
#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// A width that `text` hardly exceeds in a sans-serif font, in units of the font's size. Entities
/// count as a letter.
/// @param text  UTF-8, as from picture_text()
TAPEGRAD_API double width_in_ems(std::string_view text);

/// `text` with entities for what is special to XML, its middle left out where it is wider than
/// `room`, as far as two letters.
/// @param room  in units of the font's size
TAPEGRAD_API std::string fitted_text(std::string_view text, double room);

/// picture_number() with fewer digits where they find no room, as few as one.
/// @param room  in units of the font's size
TAPEGRAD_API std::string fitted_number(double x, int digits, double room);

struct Point {
  double x;
  double y;
};

enum class Anchor { start, middle, end };

struct SvgTextStyle {
  double size;
  std::string_view color;
  std::string_view ground = {};  // of a box behind the text, if that is in the middle
  Anchor anchor = Anchor::middle;
  bool is_bold = false;
};

/// The element.
/// @param place  where the text begins, has its middle or ends, at half the letters' height
/// @param text   without what is special to XML, as from fitted_text()
std::string svg_text(Point place, std::string_view text, const SvgTextStyle& style);

}  // namespace tapegrad
