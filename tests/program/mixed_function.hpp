// A function of two varying and two uniform inputs, and numbers to try it with.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/program/batch.hpp"

namespace tapegrad::testing {

using Numbers = std::vector<double>;

// Of x, y, and two parameters, in no particular order: y·tanh(u·x + w) + x²·w, in the order
// u, x, w, y.
inline Value mixed(std::span<const Value> v) {
  return v[3] * tanh(v[0] * v[1] + v[2]) + v[1] * v[1] * v[2];
}
inline const Numbers mixed_point{0.3, 1.5, -0.2, 0.7};
inline const BatchOptions parameters_0_and_2{.uniform_inputs = {0, 2}};

inline Numbers wave(std::size_t count, double phase = 0) {
  Numbers all;
  for (std::size_t k = 0; k < count; ++k) all.push_back(std::sin(0.7 * double(k) + phase));
  return all;
}

// u, x, w, y of a point, from where a batch has them.
inline Numbers mixed_inputs(const Numbers& uniform, const Numbers& varying, std::size_t point) {
  return {uniform[0], varying[2 * point], uniform[1], varying[2 * point + 1]};
}

}  // namespace tapegrad::testing
