// Texts that fill a line, or a field of one, whatever stands in them.
#pragma once

#include <string>
#include <string_view>

namespace tapegrad {

/// A backslash, newline, return and tab become \\, \n, \r and \t.
std::string escaped(std::string_view text);
/// @return false if there is a backslash before anything else
bool unescape(std::string_view text, std::string& plain);

}  // namespace tapegrad
