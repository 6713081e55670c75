// Rows of Values as rows of numbers, and one behind the other.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "tapegrad/core/value.hpp"

namespace tapegrad {

inline std::vector<double> values_of(std::span<const Value> row) {
  std::vector<double> numbers(row.size());
  std::ranges::transform(row, numbers.begin(), &Value::value);
  return numbers;
}

inline std::vector<Value> joined(std::span<const Value> a, std::span<const Value> b) {
  std::vector<Value> both(a.begin(), a.end());
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

}  // namespace tapegrad
