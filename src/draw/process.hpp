// Another program as a function from what it reads to the SVG that it writes.
//
// No shell sees anything: the program is started with its arguments as they are, reads standard
// input, and writes standard output.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace tapegrad {

/// Either an SVG or the reason why there is none.
struct SvgResult {
  std::string svg;
  std::string problem;
};

/// Runs `program` until it ends.
/// @param program  a name on the PATH or a path
/// @param install  the problem where there is no such program: how to get it
/// @throws FileError if there is no place for temporary files
SvgResult svg_by(const std::string& program, std::initializer_list<std::string_view> arguments,
                 std::string_view input, std::string_view install);

}  // namespace tapegrad
