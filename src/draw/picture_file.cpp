#include "picture_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

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

void write_beside(const std::filesystem::path& file, std::string_view ending,
                  std::string_view content, Picture& picture) {
  std::filesystem::path path = file;
  path.replace_extension(ending);
  write_file(path, content);
  picture.files.push_back(std::move(path));
}

}  // namespace tapegrad
