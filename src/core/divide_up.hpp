// How many of some size it takes.
#pragma once

#include <cstddef>

namespace tapegrad {

/// a / b, rounded up.
constexpr std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

}  // namespace tapegrad
