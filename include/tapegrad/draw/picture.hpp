// What all pictures have in common: what may be asked for, and what became of them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tapegrad {

enum class Theme { light, dark };

struct PictureOptions {
  std::size_t width = 0;   // in pixels of an SVG; 0 leaves it to the kind of picture
  std::size_t height = 0;  // likewise; a PNG has twice as many, so that it is sharp on a slide
  Theme theme = Theme::light;
  std::string gnuplot = "gnuplot";  // a program on the PATH, or a path to it
};

/// What became of a picture.
struct Picture {
  std::vector<std::filesystem::path> files;  // as written: the numbers first, then the picture
  std::string hint;  // empty if there is a picture, else why not and how to get it
};

}  // namespace tapegrad
