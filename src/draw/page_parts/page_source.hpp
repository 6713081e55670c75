// A page of its parts, less what a browser does not need: most of a small page would be that.
#pragma once

#include <string>
#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

struct PageSource {
  std::string_view html;  // where {{title}}, {{style}}, {{data}} and {{script}} stand for the rest
  std::string_view style;
  std::string_view script;
  std::string_view title;
  std::string_view data;  // JSON
};

/// The page, in which neither title nor data can be taken for one of the others.
std::string page_text(const PageSource& source);

/// The text without indentation, empty lines and comments: // at the start of a line, or between
/// spaces.
TAPEGRAD_API std::string compact(std::string_view text);

/// The paragraphs of `library`, between empty lines, that `script` needs: that define a function or
/// a constant of which it, or another paragraph that it needs, has the name. A paragraph that
/// defines several names in braces, or none, is always there.
TAPEGRAD_API std::string needed_paragraphs(std::string_view library, std::string_view script);

}  // namespace tapegrad
