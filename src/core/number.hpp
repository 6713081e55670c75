// How numbers look in texts.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace tapegrad {

/// Six digits. A NaN's sign says nothing and depends on the processor: always "nan".
inline std::string number(double x) { return std::isnan(x) ? "nan" : fmt::format("{:.6g}", x); }

}  // namespace tapegrad
