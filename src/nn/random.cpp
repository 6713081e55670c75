#include "tapegrad/nn/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {

Random::Random(std::uint64_t seed) {
  // SplitMix64: a counter in steps of 2^64 / golden ratio, hashed. It never yields four zeros in
  // a row, the one state that xoshiro cannot leave.
  for (std::uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    word = z ^ (z >> 31);
  }
}

std::uint64_t Random::next() {
  auto& s = state_;
  const std::uint64_t result = std::rotl(s[1] * 5, 7) * 9;
  const std::uint64_t shifted = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = std::rotl(s[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1p-53;  // 53 bits: a double's whole mantissa
}

double Random::uniform(double low, double high) {
  if (!(low <= high) || !std::isfinite(high - low)) {
    throw ArgumentError(fmt::format(
        "Random::uniform: cannot draw between {} and {}; pass finite bounds, the lower one first",
        low, high));
  }
  return low + (high - low) * uniform();
}

double Random::normal() {
  // (u, v) is uniform in the unit disc, and its squared radius s is independent of its angle.
  // The pair's second number, v * factor, is not kept: the state stays four words.
  while (true) {
    const double u = 2 * uniform() - 1;
    const double v = 2 * uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
  }
}

std::size_t Random::below(std::size_t n) {
  if (n == 0) throw ArgumentError("Random::below: there is no number below 0; pass n > 0");
  // 2^64 is rarely a multiple of n: refuse the first 2^64 mod n numbers, and each remainder is
  // left equally often.
  const std::uint64_t count = n;
  const std::uint64_t refused = (0 - count) % count;
  std::uint64_t bits = next();
  while (bits < refused) bits = next();
  return static_cast<std::size_t>(bits % count);
}

void Random::shuffle(std::span<std::size_t> items) {
  for (std::size_t left = items.size(); left > 1; --left)
    std::swap(items[left - 1], items[below(left)]);
}

std::vector<std::size_t> Random::permutation(std::size_t n) {
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  shuffle(order);
  return order;
}

SavedState Random::state() const {
  return {{"words", std::vector<std::uint64_t>(state_.begin(), state_.end())}};
}

void Random::restore(const SavedState& state) {
  constexpr const char* who = "Random::restore";
  check_names(who, state, {"words"});
  const std::vector<std::uint64_t>& words = words_of(who, state, "words");
  if (words.size() != state_.size())
    throw ShapeError(fmt::format("{}: 'words' has {} numbers; it should have {}", who, words.size(),
                                 state_.size()));
  if (std::all_of(words.begin(), words.end(), [](std::uint64_t word) { return word == 0; }))
    throw ArgumentError(fmt::format("{}: all words are 0, which is no state of a generator", who));
  std::copy(words.begin(), words.end(), state_.begin());
}

}  // namespace tapegrad
