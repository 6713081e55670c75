// How numbers look in texts.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

namespace tapegrad {

/// Six digits. A NaN's sign says nothing and depends on the processor: always "nan".
inline std::string number(double x) { return std::isnan(x) ? "nan" : fmt::format("{:.6g}", x); }

/// "1 variable", "2 variables".
inline std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace tapegrad
