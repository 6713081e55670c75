// What the tests of pictures share: a folder with an awkward name, and what can be said about any
// SVG.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "draw/palette.hpp"
#include "tapegrad/draw/plot.hpp"

namespace fs = std::filesystem;

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

inline std::string unique_name() {
  return "tapegrad_plot_" + std::to_string(std::random_device{}());
}

/// A folder for the pictures of a test, gone when the test is over. Its name has what a shell
/// would trip over.
class Folder {
 public:
  Folder() { fs::create_directories(path_); }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_ = fs::temp_directory_path() / (unique_name() + " it's; `a` $(test)");
};

inline std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline bool is_installed(const std::string& program) {
  const bool found = std::system((program + " --version >/dev/null 2>&1").c_str()) == 0;
  if (!found) MESSAGE(program << " is not installed: its part of this test is left out");
  return found;
}

/// Every tag that is opened is closed, in the right order, and only one element is outermost.
inline bool is_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  int outermost = 0;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find(xml.compare(at, 4, "<!--") == 0 ? "-->" : ">", at);
    if (end == std::string::npos) return false;
    if (xml[at + 1] == '?' || xml[at + 1] == '!') continue;
    const bool closes = xml[at + 1] == '/';
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name = xml.substr(begin, xml.find_first_of(" \t\r\n/>", begin) - begin);
    if (closes) {
      if (open.empty() || open.back() != name) return false;
      open.pop_back();
    } else if (xml[end - 1] != '/') {
      outermost += open.empty() ? 1 : 0;
      open.push_back(name);
    }
  }
  return open.empty() && outermost == 1;
}

/// The SVG at `path`, after all that can be said about any picture has been checked.
inline std::string checked_svg(const tapegrad::Picture& picture, const fs::path& path) {
  CHECK(picture.hint == "");
  REQUIRE(!picture.files.empty());
  CHECK(picture.files.back() == path);
  std::string svg = content_of(path);
  CHECK(is_well_formed(svg));
  if (is_installed("rsvg-convert")) {
    const fs::path plain = fs::temp_directory_path() / (unique_name() + ".svg");
    fs::copy_file(path, plain);
    CHECK(std::system(("rsvg-convert " + plain.string() + " >/dev/null").c_str()) == 0);
    fs::remove(plain);
  }
  return svg;
}

struct PixelSize {
  std::size_t width;
  std::size_t height;

  friend bool operator==(const PixelSize&, const PixelSize&) = default;
};

/// The size of the PNG at `path`, after it has been found whole.
inline PixelSize checked_png(const tapegrad::Picture& picture, const fs::path& path) {
  CHECK(picture.hint == "");
  REQUIRE(!picture.files.empty());
  CHECK(picture.files.back() == path);
  const std::string png = content_of(path);
  REQUIRE(png.size() > 24);
  CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  CHECK(png.substr(png.size() - 8, 4) == "IEND");
  const auto number_at = [&](std::size_t at) {
    std::size_t number = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      number = 256 * number + static_cast<unsigned char>(png[i]);
    return number;
  };
  return {number_at(16), number_at(20)};
}

/// #rrggbb as gnuplot writes it for lines and areas of an SVG.
inline std::string svg_color(std::string_view hex) {
  std::string text = "rgb(";
  for (std::size_t i = 1; i < 7; i += 2) {
    const std::string level = std::to_string(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    text += std::string(3 - level.size(), ' ') + level + (i < 5 ? ", " : ")");
  }
  return text;
}

inline std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++n;
  return n;
}

/// How often the picture shows the text, by itself.
inline std::size_t texts(const std::string& svg, std::string_view text) {
  return count(svg, ">" + std::string(text) + "</text>");
}

/// The picture shows each of the texts once.
inline void check_texts(const std::string& svg, std::initializer_list<std::string_view> shown) {
  for (const std::string_view text : shown) {
    CAPTURE(text);
    CHECK(texts(svg, text) == 1);
  }
}

/// A picture's texts may be whatever leads gnuplot's scanner astray.
/// @param svg_with  makes a picture that shows its text so many times
template <class SvgWith> void check_apostrophes(std::size_t times, SvgWith&& svg_with) {
  if (!is_installed("gnuplot")) return;
  for (const std::string text : {"'quoted'", "'", "''", "'' and '", "a''", "a'''b", "'`echo no`'",
                                 "it's @a \\n `echo no`"}) {
    CAPTURE(text);
    CHECK(texts(svg_with(text), text) == times);
  }
}

/// A dark plot, of at least one series or path, has the dark theme's colours.
inline void check_dark(const std::string& svg) {
  using tapegrad::Theme;
  CHECK(svg.find("fill=\"" + std::string(tapegrad::plot_inks(Theme::dark).paper) + "\"") !=
        std::string::npos);
  CHECK(count(svg, svg_color(tapegrad::series_color(0, Theme::dark))) > 0);
  CHECK(count(svg, svg_color(tapegrad::series_color(0, Theme::light))) == 0);
}
