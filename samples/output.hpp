// Where the samples' pictures go, and what is said about them.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <system_error>

#include "tapegrad/draw/plot.hpp"

/// The folder for what a sample writes, in the current one; made if it is not there.
inline std::filesystem::path output_folder(const std::filesystem::path& folder = "output") {
  std::error_code ignored;  // whoever writes there tells if there is no folder
  std::filesystem::create_directories(folder, ignored);
  return folder;
}

/// `title`, then the files, and why there is no picture if there is none.
inline void print_files(std::string_view title, const tapegrad::Picture& picture) {
  fmt::print("\n{}:\n", title);
  for (const std::filesystem::path& file : picture.files) fmt::print("  {}\n", file.string());
  if (!picture.hint.empty()) fmt::print("  {}\n", picture.hint);
}
