// Random numbers that are the same on every machine.
//
// The standard library fixes its generators but not its distributions: std::normal_distribution
// gives other weights under another compiler. Here both are ours, so that a seed names one
// training run. Everything but normal() is the same to the last bit everywhere; normal() is the
// same up to the last bits of the machine's std::log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/saved_state.hpp"

namespace tapegrad {

/// A seeded generator with the distributions that training needs. Copying it copies the stream:
/// both copies go on with the same numbers. Not for cryptography.
/// Source: xoshiro256** 1.0, Blackman & Vigna 2021, "Scrambled Linear Pseudorandom Number
/// Generators"; its state is filled by SplitMix64, as the authors advise (Steele, Lea & Flood
/// 2014, "Fast Splittable Pseudorandom Number Generators").
class TAPEGRAD_API Random {
 public:
  /// Any seed is good, 0 included; near seeds give unrelated streams.
  explicit Random(std::uint64_t seed);

  /// 64 uniformly distributed bits. The period is 2^256 - 1.
  std::uint64_t next();

  /// Uniform in [0, 1): a multiple of 2^-53.
  double uniform();

  /// Uniform between low and high; high itself appears only where rounding leads there.
  /// @throws ArgumentError unless low <= high and high - low is finite
  double uniform(double low, double high);

  /// Standard normal: mean 0, variance 1.
  /// Source: the polar method, Marsaglia & Bray 1964. How many numbers it draws depends on
  /// exact arithmetic only, so that whatever is drawn afterwards stays the same everywhere.
  double normal();

  /// Uniform in 0, 1, ..., n - 1, each exactly as likely.
  /// @throws ArgumentError if n is 0
  std::size_t below(std::size_t n);

  /// Brings `items` into an order in which each arrangement is equally likely (Fisher-Yates).
  void shuffle(std::span<std::size_t> items);

  /// The numbers 0, 1, ..., n - 1 in random order.
  std::vector<std::size_t> permutation(std::size_t n);

  /// Where in its stream it is: "words", four integers of 64 bits. A generator that is given them
  /// goes on with the same numbers, whatever its seed was.
  SavedState state() const;
  /// @throws ArgumentError for other names, for doubles, and for four zeros, from which xoshiro
  ///         never gets away; ShapeError unless there are four words. Nothing is changed then.
  void restore(const SavedState& state);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace tapegrad
