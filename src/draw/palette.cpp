#include "draw/palette.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tapegrad {
namespace {

// Lightness 0 to 1; chroma from grey on; hue in degrees. Oklab is made such that equal distances
// look equal. Source: Ottosson 2020, "A perceptual color space for image processing".
struct Oklch {
  double lightness;
  double chroma;
  double hue;
};

// Of sRGB, for a share of light.
std::uint8_t encoded(double light) {
  light = std::clamp(light, 0.0, 1.0);
  const double level =
      light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * level));
}

Rgb to_rgb(Oklch color) {
  const double radians = color.hue * 3.14159265358979323846 / 180;
  const double a = color.chroma * std::cos(radians);
  const double b = color.chroma * std::sin(radians);
  const auto cube = [](double x) { return x * x * x; };
  const double l = cube(color.lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(color.lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(color.lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          encoded(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

// Text stands on it: black on the light theme's colours, white on the dark one's, with a contrast
// of 4.5 or more.
constexpr double blue = 250;
constexpr double orange = 62;
constexpr double purple = 350;
constexpr double greatest_chroma = 0.13;

// Of all dark pictures.
constexpr std::string_view dark_paper = "#17181c";
constexpr std::string_view dark_text = "#f4f4f4";
constexpr std::string_view dark_soft = "#c4c4c8";

struct Lightness {
  double middle;
  double end;
};

constexpr Lightness lightness(Theme theme) {
  return theme == Theme::light ? Lightness{1.0, 0.74} : Lightness{0.27, 0.53};
}

}  // namespace

Rgb diverging_color(double t, Theme theme) {
  const double size = std::min(std::abs(t), 1.0);
  const auto [middle, end] = lightness(theme);
  // The darker a colour, the less of it there is in sRGB: 0.11 of orange at the dark end.
  const double chroma = (theme == Theme::light ? greatest_chroma : 0.11) * size;
  return to_rgb({middle + (end - middle) * size, chroma, t < 0 ? blue : orange});
}

Rgb not_finite_color(Theme theme) { return to_rgb({lightness(theme).end, 0.15, purple}); }

double scale_position(double x, double largest) {
  if (!(largest > 0)) return 0;
  return std::copysign(std::sqrt(std::min(std::abs(x) / largest, 1.0)), x);
}

Rgb number_color(double x, double largest, Theme theme) {
  if (!std::isfinite(x)) return not_finite_color(theme);
  return diverging_color(scale_position(x, largest), theme);
}

std::string hex(Rgb color) {
  return fmt::format("#{:02x}{:02x}{:02x}", color.red, color.green, color.blue);
}

std::string_view series_color(std::size_t n, Theme theme) {
  // Told apart also by colour-blind readers. Source: Okabe & Ito 2008, "Color Universal Design";
  // in an order of our own: the strongest contrasts first, yellow (weak on white) last.
  static constexpr std::array<std::string_view, 8> okabe_ito = {
      "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"};
  // Black became white, and what is too dark lighter; the others as far from them as they were.
  static constexpr std::array<std::string_view, 8> on_dark = {
      "#3D93EA", "#E0691A", "#0AA57A", "#E596C4", "#E69F00", "#86CDF8", "#F4F4F4", "#F0E442"};
  return (theme == Theme::light ? okabe_ito : on_dark)[n % okabe_ito.size()];
}

const GraphInks& graph_inks(Theme theme) {
  static constexpr GraphInks light{"#ffffff", "#111111", "#3c3c3c", "#5a5a5a", "#f7f7f7",
                                   "#f3f3f1", "#e8e8e5", "#b4b4b0", "#b02a83"};
  static constexpr GraphInks dark{dark_paper, dark_text, dark_soft, "#a6a6ac", "#34353b",
                                  "#222329",  "#2d2e35", "#55565e", "#ee82c4"};
  return theme == Theme::light ? light : dark;
}

const PlotInks& plot_inks(Theme theme) {
  static constexpr PlotInks light{"#ffffff",
                                  "#000000",
                                  "#404040",
                                  "#808080",
                                  "#e8e8e8",
                                  "#8fa3b5",
                                  "#303030",
                                  {"#b9d0e4", "#d8e5f0", "#fbfcfe"},
                                  {"#7db3d9", "#fbfbfb", "#f2a97f"}};
  static constexpr PlotInks dark{dark_paper,
                                 dark_text,
                                 dark_soft,
                                 "#80828a",
                                 "#2d2e35",
                                 "#5f7489",
                                 "#e4e4e8",
                                 {"#0d1a27", "#1b2c3d", "#353f4b"},
                                 {"#17496b", "#232428", "#6b3a17"}};
  return theme == Theme::light ? light : dark;
}

}  // namespace tapegrad
