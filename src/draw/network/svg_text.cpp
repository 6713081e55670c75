#include "svg_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "draw/picture_text.hpp"

namespace tapegrad {
namespace {

constexpr double narrow_letter = 0.41;

// Of DejaVu Sans, which is wider than Helvetica and Arial.
double width_of_ascii(char letter) {
  constexpr std::string_view narrow = " !'(),./:;I[]fijlrt|";
  constexpr std::string_view wide = "%@MWmw";
  if (narrow.find(letter) != std::string_view::npos) return narrow_letter;
  if (wide.find(letter) != std::string_view::npos) return 1.0;
  return letter >= 'A' && letter <= 'Z' ? 0.77 : 0.64;
}

// By the first byte of a letter: up to U+0FFF, up to U+FFFF (Chinese, say), pictures.
double width_beyond_ascii(unsigned char lead) {
  if (lead >= 0xF0) return 1.35;
  return lead >= 0xE3 ? 1.0 : 0.84;
}

}  // namespace

double width_in_ems(std::string_view text) {
  double width = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '&') {
      at = std::min(text.find(';', at), text.size());
      width += 0.84;
    } else if (byte < 0x80) {
      width += width_of_ascii(text[at]);
    } else if (byte >= 0xC0) {
      width += width_beyond_ascii(byte);
    }
  }
  return width;
}

std::string fitted_text(std::string_view text, double room) {
  constexpr double most_letters = 200;
  // No letter is narrower; so a long text is not tried with all lengths.
  const double of_narrow = room / narrow_letter + 1;
  auto most = static_cast<std::size_t>(std::clamp(of_narrow, 2.0, most_letters));
  std::string result = picture_text(text, most);
  while (most > 2 && width_in_ems(result) > room) result = picture_text(text, --most);
  return result;
}

std::string fitted_number(double x, int digits, double room) {
  std::string number = picture_number(x, digits);
  while (digits > 1 && width_in_ems(number) > room) number = picture_number(x, --digits);
  return number;
}

std::string svg_text(Point place, std::string_view text, const SvgTextStyle& style) {
  std::string attributes;
  if (style.anchor != Anchor::start)
    attributes +=
        fmt::format(" text-anchor=\"{}\"", style.anchor == Anchor::middle ? "middle" : "end");
  if (style.is_bold) attributes += " font-weight=\"bold\"";
  std::string ground;
  if (!style.ground.empty()) {
    // Between Helvetica's width and that of DejaVu Sans.
    const double width = 0.92 * style.size * width_in_ems(text) + 4;
    const double height = 1.1 * style.size;
    ground = fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"{:.1f}\" "
        "fill=\"{}\"/>\n",
        place.x - width / 2, place.y - height / 2, width, height, height / 3, style.ground);
  }
  // Letters stand on y; not every program knows dominant-baseline.
  return ground +
         fmt::format(
             "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.1f}\" fill=\"{}\"{}>{}</text>\n",
             place.x, place.y + 0.35 * style.size, style.size, style.color, attributes, text);
}

}  // namespace tapegrad
