// How the names that users give look in texts.
#pragma once

#include <string>
#include <string_view>

namespace tapegrad {

/// The text on one line, harmless to any terminal: control characters, and bytes that are no UTF-8,
/// are written as \n or \x1b. All else stays as it is, backslashes too.
std::string shown(std::string_view text);

}  // namespace tapegrad
