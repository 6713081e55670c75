// Texts and numbers inside of a page, and the template that they are filled into.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tapegrad::html {

/// JSON has no numbers that are not finite: they are the strings "nan", "inf", "-inf". All others
/// are written so that reading them gives the same bits.
std::string json(double x);

/// A text as JSON that may stand inside of an HTML element.
std::string json(std::string_view text);

/// A text as the content of an HTML element.
std::string text(std::string_view text);

/// `page` with each name replaced by its content, all at once: what is filled in is not looked
/// through again.
/// @param fields  names begin with two braces: {{title}}
std::string filled_in(std::string_view page,
                      const std::vector<std::pair<std::string_view, std::string>>& fields);

}  // namespace tapegrad::html
