// Texts in a picture: whatever a name holds, it is shown, and is never more than a text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// `text` for a label of Graphviz, of both kinds: "in quotes" and <like HTML>. Line breaks and
/// other control characters become spaces; what is no UTF-8, and what would turn the direction of
/// the letters around it, becomes U+FFFD. Of a long text the middle is left out.
/// @param most  letters
TAPEGRAD_API std::string picture_text(std::string_view text, std::size_t most);

/// Four digits, with a minus sign as long as a plus: "−0.3142". Infinity is "∞", and -0 is "0".
TAPEGRAD_API std::string picture_number(double x);

/// "1,234,567 nodes", "1 node".
TAPEGRAD_API std::string picture_count(std::size_t count, std::string_view noun);

}  // namespace tapegrad
