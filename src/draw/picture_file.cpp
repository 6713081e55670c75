#include "picture_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "tapegrad/core/error.hpp"

namespace tapegrad {

PictureFormat format_of(const std::filesystem::path& file) {
  if (file.extension() == ".svg") return PictureFormat::svg;
  if (file.extension() == ".png") return PictureFormat::png;
  throw ArgumentError(fmt::format(
      "{}: the picture is an SVG or a PNG; pass a name that ends in .svg or .png", file.string()));
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary);
  out << content;
  out.close();
  if (!out)
    throw FileError(fmt::format("{}: cannot be written: {}", path.string(),
                                std::generic_category().message(errno)));
}

}  // namespace tapegrad
