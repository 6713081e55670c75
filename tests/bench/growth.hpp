// What growth_bench.cpp measures: a computation of any length, and the times of its pieces.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

#include "tapegrad/core.hpp"

namespace tapegrad::bench {

inline constexpr std::size_t lanes = 4;   // chains that do not wait for each other
inline constexpr std::size_t turns = 62;  // in a chunk
inline constexpr std::size_t chunk_nodes = 2 * lanes + 4 * lanes * turns;
static_assert(chunk_nodes == 1000);

/// An expression, again and again: z = (z y + x) / 2 - y. With y = -2 neither z nor its adjoint
/// vanishes or grows, and all of both is exact. Each chunk has leaves of its own, and now and then
/// a leaf of any chunk before stands for y.
class Computation {
 public:
  explicit Computation(std::size_t chunks) : far_(chunks) {}

  std::size_t chunks() const { return far_.size(); }

  void start() { chunk_ = 0; }

  void record_chunk(Tape& tape) {
    std::array<Value, lanes> x, y;
    for (Value& leaf : x) leaf = tape.variable(0.5);
    for (Value& leaf : y) leaf = tape.variable(-2.0);
    if (chunk_ == 0) {
      z_ = x;
      first_ = x[0];
    }
    far_[chunk_++] = y[0];
    for (std::size_t turn = 0; turn < turns; ++turn) {
      std::array<Value, lanes> factors = y;
      if (turn % 8 == 0) factors[turn / 8 % lanes] = leaf_from_far_back();
      for (std::size_t k = 0; k < lanes; ++k) z_[k] = (z_[k] * factors[k] + x[k]) * 0.5 - y[k];
    }
  }

  void record(Tape& tape) {
    start();
    for (std::size_t k = 0; k < chunks(); ++k) record_chunk(tape);
  }

  void sweep(Tape& tape) const {
    std::array<Seed, lanes> seeds;
    for (std::size_t k = 0; k < lanes; ++k) seeds[k].output = z_[k];
    tape.backward(seeds);
  }

  /// After a sweep. A turn makes x/2 + 2 - z of z, and an even number of them z again.
  bool is_right(const Tape& tape) const {
    return tape.size() == chunks() * chunk_nodes && tape.adjoint(first_) == 1;
  }

 private:
  Value leaf_from_far_back() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return far_[(state_ >> 32) % chunk_];
  }

  std::vector<Value> far_;  // a leaf of each chunk
  std::array<Value, lanes> z_;
  Value first_;
  std::size_t chunk_ = 0;
  std::uint64_t state_ = 1;
};

/// The least time, in ns, that each chunk took in several recordings. Growing takes its time at
/// the same place in each of them; what else the machine does comes at any, and falls out.
class ChunkTimes {
 public:
  explicit ChunkTimes(std::size_t chunks)
      : times_(chunks), least_(chunks, std::numeric_limits<double>::infinity()) {}

  void record(Computation& computation, Tape& tape) {
    computation.start();
    for (double& time : times_) {
      const Clock::time_point start = Clock::now();
      computation.record_chunk(tape);
      time = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    }
    keep_least(&tape.recording().row(0));
  }

  double per_node() const {
    return std::accumulate(least_.begin(), least_.end(), 0.0) /
           static_cast<double>(least_.size() * chunk_nodes);
  }
  double longest() const { return *std::max_element(least_.begin(), least_.end()); }
  double median() const {
    std::vector<double> sorted = least_;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }

 private:
  using Clock = std::chrono::steady_clock;

  // At other addresses it is other chunks that meet a new page.
  void keep_least(const void* address) {
    if (address != address_) least_ = times_;
    address_ = address;
    for (std::size_t k = 0; k < least_.size(); ++k) least_[k] = std::min(least_[k], times_[k]);
  }

  std::vector<double> times_;  // of the last recording
  std::vector<double> least_;
  const void* address_ = nullptr;
};

}  // namespace tapegrad::bench
