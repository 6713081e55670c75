#include "draw/palette.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

using namespace tapegrad;

namespace {

double light(std::uint8_t level) {
  const double x = level / 255.0;
  return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
}

// Relative luminance, and contrast of two: WCAG 2.1.
double luminance(Rgb color) {
  return 0.2126 * light(color.red) + 0.7152 * light(color.green) + 0.0722 * light(color.blue);
}
double contrast(double a, double b) { return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05); }

Rgb rgb(std::string_view hex) {
  const auto level = [&](std::size_t at) {
    return static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(at, 2)), nullptr, 16));
  };
  return {level(1), level(3), level(5)};
}

// Lightness after CIE 1976, another witness than the space the colours are made in: 0 to 100.
double lightness(Rgb color) {
  const double y = luminance(color);
  return y > 216.0 / 24389 ? 116 * std::cbrt(y) - 16 : y * 24389 / 27;
}

struct Cones {
  double long_waves;
  double medium_waves;
  double short_waves;
};

// Hunt-Pointer-Estevez, as Viénot, Brettel & Mollon 1999 use them: "Digital video colourmaps for
// checking the legibility of displays by dichromats".
Cones cones(Rgb color) {
  const double r = light(color.red), g = light(color.green), b = light(color.blue);
  return {17.8824 * r + 43.5161 * g + 4.11935 * b, 3.45565 * r + 27.1554 * g + 3.86714 * b,
          0.0299566 * r + 0.184309 * g + 1.46709 * b};
}

}  // namespace

TEST_CASE("the scale goes from blue over the background to orange, and stays at its ends") {
  for (const Theme theme : {Theme::light, Theme::dark}) {
    const Rgb blue = diverging_color(-1, theme), middle = diverging_color(0, theme);
    const Rgb orange = diverging_color(1, theme);
    CHECK(blue.blue > blue.green);
    CHECK(blue.green > blue.red);
    CHECK(orange.red > orange.green);
    CHECK(orange.green > orange.blue);
    CHECK(std::abs(middle.red - middle.blue) <= 1);
    CHECK(diverging_color(-7, theme) == blue);
    CHECK(diverging_color(7, theme) == orange);
    CHECK(diverging_color(-0.0, theme) == middle);
  }
  CHECK(hex(diverging_color(0, Theme::light)) == "#ffffff");
}

TEST_CASE("equal steps look equal, and alike on both sides") {
  for (const Theme theme : {Theme::light, Theme::dark}) {
    const double middle = lightness(diverging_color(0, theme));
    const double range = lightness(diverging_color(1, theme)) - middle;
    for (double t = 0.1; t < 1.05; t += 0.1) {
      CAPTURE(t);
      const double orange = lightness(diverging_color(t, theme));
      const double blue = lightness(diverging_color(-t, theme));
      // 1.5 of 100: the two spaces differ by as much, and colours are rounded to bytes.
      CHECK(std::abs(orange - (middle + range * t)) < 1.5);
      CHECK(std::abs(orange - blue) < 6 * t);
    }
  }
}

TEST_CASE("whoever lacks a kind of cones tells blue from orange, from small numbers on") {
  // They see how the remaining two kinds of cones are balanced: blue has more of the short waves.
  for (const Theme theme : {Theme::light, Theme::dark}) {
    double last = 0;
    for (double t = 0.1; t < 1.05; t += 0.1) {
      const Cones blue = cones(diverging_color(-t, theme));
      const Cones orange = cones(diverging_color(t, theme));
      const double without_long =
          (blue.short_waves / blue.medium_waves) / (orange.short_waves / orange.medium_waves);
      const double without_medium =
          (blue.short_waves / blue.long_waves) / (orange.short_waves / orange.long_waves);
      CAPTURE(t);
      CHECK(without_long > 1 + t);
      CHECK(without_medium > 1 + t);
      CHECK(without_long > last);
      last = without_long;
    }
  }
}

TEST_CASE("text on every colour has a contrast of 4.5 and more") {
  for (double t = -1; t <= 1; t += 0.05) {
    CAPTURE(t);
    CHECK(contrast(luminance(diverging_color(t, Theme::light)), 0) > 4.5);
    CHECK(contrast(luminance(diverging_color(t, Theme::dark)), 1) > 4.5);
  }
  CHECK(contrast(luminance(not_finite_color(Theme::light)), 0) > 4.5);
  CHECK(contrast(luminance(not_finite_color(Theme::dark)), 1) > 4.5);
}

TEST_CASE("every series stands out from dark paper, and is told apart from the others") {
  const Rgb paper = rgb(plot_inks(Theme::dark).paper);
  for (std::size_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    const Rgb color = rgb(series_color(i, Theme::dark));
    CHECK(contrast(luminance(color), luminance(paper)) > 4.5);
    CHECK(series_color(i + 8, Theme::dark) == series_color(i, Theme::dark));
    for (std::size_t k = 0; k < i; ++k) {
      CAPTURE(k);
      const Rgb other = rgb(series_color(k, Theme::dark));
      const int distance = std::abs(color.red - other.red) + std::abs(color.green - other.green) +
                           std::abs(color.blue - other.blue);
      CHECK(distance > 80);
    }
  }
}

TEST_CASE("paths stand out from every shade of a dark landscape, text from paper and cells") {
  const PlotInks& dark = plot_inks(Theme::dark);
  for (const std::string_view shade : dark.heights) {
    for (std::size_t i = 0; i < 8; ++i)
      CHECK(contrast(luminance(rgb(series_color(i, Theme::dark))), luminance(rgb(shade))) > 3);
    CHECK(contrast(luminance(rgb(dark.boundary)), luminance(rgb(shade))) > 4.5);
  }
  // The lower, the darker.
  CHECK(luminance(rgb(dark.heights[0])) < luminance(rgb(dark.heights[1])));
  CHECK(luminance(rgb(dark.heights[1])) < luminance(rgb(dark.heights[2])));
  for (const Theme theme : {Theme::light, Theme::dark}) {
    const PlotInks& inks = plot_inks(theme);
    const double text = luminance(rgb(inks.text));
    CHECK(contrast(text, luminance(rgb(inks.paper))) > 12);
    CHECK(contrast(luminance(rgb(inks.soft)), luminance(rgb(inks.paper))) > 7);
    CHECK(contrast(text, luminance(not_finite_color(theme))) > 4.5);
    for (double t = -1; t <= 1; t += 0.05)
      CHECK(contrast(text, luminance(diverging_color(t, theme))) > 4.5);
  }
}

TEST_CASE("a number has the colour of the root of its share, with its sign") {
  CHECK(scale_position(4, 4) == 1);
  CHECK(scale_position(-1, 4) == -0.5);
  CHECK(scale_position(9, 4) == 1);
  CHECK(scale_position(0, 4) == 0);
  CHECK(scale_position(3, 0) == 0);
  CHECK(scale_position(-1e308, 1e308) == -1);
  for (const Theme theme : {Theme::light, Theme::dark}) {
    CHECK(number_color(-1, 4, theme) == diverging_color(-0.5, theme));
    CHECK(number_color(-std::numeric_limits<double>::infinity(), 4, theme) ==
          not_finite_color(theme));
  }
}
