// Another program as a function from what it reads to the picture that it writes.
//
// No shell sees anything: the program is started with its arguments as they are, reads standard
// input, and writes standard output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "draw/picture_file.hpp"

namespace tapegrad {

/// Either a picture, as the bytes of a file, or the reason why there is none.
struct PictureResult {
  std::string picture;
  std::string problem;
};

struct PictureCommand {
  std::string program;  // a name on the PATH or a path
  std::vector<std::string> arguments;
  PictureFormat format;  // of what it writes
  std::string install;   // the problem where there is no such program: how to get it
};

/// Runs the program until it ends.
/// @throws FileError if there is no place for temporary files
PictureResult run(const PictureCommand& command, std::string_view input);

}  // namespace tapegrad
