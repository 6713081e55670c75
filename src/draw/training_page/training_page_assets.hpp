// What the page of a training is made of. The texts lie beside this file, as what they are; Meson
// puts them into the library (training_page_assets.cpp.in).
#pragma once

#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// training_page.html: {{title}}, {{style}}, {{film}} and {{script}} stand for the rest.
TAPEGRAD_API extern const std::string_view training_page_template;
extern const std::string_view training_page_style;  // training_page.css: after page_style
/// training_page_data.js and the others, in this order: data, curves, maps, then training_page.js.
extern const std::string_view training_page_script;

}  // namespace tapegrad
