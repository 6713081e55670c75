// Texts and numbers in a picture: whatever a name holds, it is shown, and is never more than a
// text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Letters of a text in UTF-8.
std::size_t letter_count(std::string_view text);

/// The first letters of a text in UTF-8, and "…" if there are more than `most`.
std::string first_letters(std::string_view text, std::size_t most);

/// `text` for an SVG, or for a label of Graphviz, of both kinds: "in quotes" and <like HTML>. Line
/// breaks and other control characters become spaces; what is no UTF-8, and what would turn the
/// direction of the letters around it, becomes U+FFFD. Of a long text the middle is left out.
/// @param most  letters
TAPEGRAD_API std::string picture_text(std::string_view text, std::size_t most);

/// Each hyphen as a minus sign, which is as long as a plus.
std::string with_minus_signs(std::string_view number);

/// With so many digits, and as short as may be: "−0.3142", "1.2e−5", "12346", "∞", "NaN". -0 is
/// "0".
TAPEGRAD_API std::string picture_number(double x, int digits = 4);

/// "1,234,567 nodes", "1 node".
TAPEGRAD_API std::string picture_count(std::size_t count, std::string_view noun);

}  // namespace tapegrad
