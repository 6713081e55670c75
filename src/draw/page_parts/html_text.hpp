// Texts and numbers inside of a page.
#pragma once

#include <string>
#include <string_view>

namespace tapegrad::html {

/// JSON has no numbers that are not finite: they are the strings "nan", "inf", "-inf". All others
/// are written so that reading them gives the same bits.
std::string json(double x);

/// A text as JSON that may stand inside of an HTML element.
std::string json(std::string_view text);

/// A text as the content of an HTML element.
std::string text(std::string_view text);

}  // namespace tapegrad::html
