// Seeds and tangents of any size, of both signs, and some of them 0.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace tapegrad::testing {

inline std::vector<double> waves(std::size_t count) {
  std::vector<double> numbers(count);
  for (std::size_t i = 0; i < count; ++i)
    numbers[i] = i % 3 == 0 ? 0 : std::sin(static_cast<double>(i));
  return numbers;
}

}  // namespace tapegrad::testing
