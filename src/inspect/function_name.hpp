// Functions by names that people read.
#pragma once

#include <string>
#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// From a linker's symbol, or from the text that a demangler makes of it:
/// "_ZN4loss7softmaxISt6vectorIdEEEdRKT_" is "loss::softmax". Return type, arguments, template
/// arguments and unnamed namespaces go; a lambda is called lambda: "train::lambda".
TAPEGRAD_API std::string function_name(const char* symbol);

/// A name without its template arguments: "softmax<double>" is "softmax"; of operators the sign
/// stays: "operator<".
TAPEGRAD_API std::string_view without_template_arguments(std::string_view name);

}  // namespace tapegrad
