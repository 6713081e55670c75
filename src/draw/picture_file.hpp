// The file that a picture or a page becomes.
#pragma once

#include <filesystem>
#include <string_view>

#include "tapegrad/draw/picture.hpp"

namespace tapegrad {

enum class PictureFormat { svg, png };

/// What the name's ending says.
/// @throws ArgumentError unless the name ends in .svg or .png
PictureFormat format_of(const std::filesystem::path& file);

/// An older file of that name is replaced.
/// @throws FileError
void write_file(const std::filesystem::path& path, std::string_view content);

/// Writes what a picture is made of to a file beside it, and adds that to `picture`.
/// @param ending  instead of the picture's, as ".csv"
/// @throws FileError
void write_beside(const std::filesystem::path& file, std::string_view ending,
                  std::string_view content, Picture& picture);

}  // namespace tapegrad
