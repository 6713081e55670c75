// What every page is made of. The texts lie beside this file, as what they are; Meson puts them
// into the library (page_assets.cpp.in).
#pragma once

#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// page.html: {{title}}, {{style}}, {{recording}} and {{script}} stand for the rest.
extern const std::string_view page_template;
extern const std::string_view page_style;                     // page.css, page_graph.css
TAPEGRAD_API extern const std::string_view page_math_script;  // page_math.js: goes before the rules
extern const std::string_view page_script;  // page_model.js and the others: go after them

}  // namespace tapegrad
