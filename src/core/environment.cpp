#include "environment.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "shown.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

std::string_view environment(const char* variable) {
  const char* const text = std::getenv(variable);
  return text != nullptr ? text : "";
}

bool is_switched_on(const char* variable) {
  const std::string_view text = environment(variable);
  if (!text.empty() && text != "0" && text != "1")
    throw ArgumentError(fmt::format("the environment says {}={}; set it to 1, or to nothing",
                                    variable, shown(text)));
  return text == "1";
}

}  // namespace tapegrad
