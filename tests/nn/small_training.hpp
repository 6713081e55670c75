// For tests: something to learn in milliseconds, and a comparison of bits.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/random.hpp"

namespace tapegrad::testing {

/// Points around three centres, each with the centre it belongs to; samples 0, 1 and 2 are of
/// class 0, 1 and 2.
inline Dataset three_blobs(std::size_t samples, std::uint64_t seed) {
  constexpr double centres[3][2] = {{-1, -0.5}, {1, -0.5}, {0, 1}};
  Random random(seed);
  Dataset data{.inputs = 2, .classes = 3, .x = {}, .labels = {}};
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t label = i < 3 ? i : random.below(3);
    data.labels.push_back(label);
    for (const double centre : centres[label]) data.x.push_back(centre + 0.4 * random.normal());
  }
  return data;
}

inline std::vector<std::uint64_t> bits_of(std::span<const double> numbers) {
  std::vector<std::uint64_t> bits;
  for (const double number : numbers) bits.push_back(std::bit_cast<std::uint64_t>(number));
  return bits;
}

}  // namespace tapegrad::testing
