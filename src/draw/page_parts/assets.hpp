// What pages are made of. The texts lie as what they are in page/ and training_page/, and here what
// both have in common; src/meson.build says which of them make one, and puts them into the library.
#pragma once

#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

// In the HTML {{title}}, {{style}}, {{data}} and {{script}} stand for the rest.

TAPEGRAD_API extern const std::string_view page_html;
extern const std::string_view page_style;
TAPEGRAD_API extern const std::string_view page_math_script;  // goes before the rules
extern const std::string_view page_script;                    // goes after them

TAPEGRAD_API extern const std::string_view training_page_html;
extern const std::string_view training_page_style;
extern const std::string_view training_page_script;

}  // namespace tapegrad
