// Digamma and polygamma for generated code, which C++ does not have and no formula gives.
#pragma once

#include <string_view>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// ops/gamma_functions.inc as text: the templates digamma_of(x) and polygamma_of(n, x). They need
/// <array>, <cmath> and <limits>. Meson puts it here (gamma_functions.cpp.in).
TAPEGRAD_API extern const std::string_view gamma_functions;

}  // namespace tapegrad
