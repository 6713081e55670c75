// A Program as steps over registers.
//
// Registers are of two kinds: a number that all points share (constants, uniform inputs, and what
// follows from them), and a row of lanes, one for each point of a block. A row is given to another
// result as soon as nobody reads it any more, the last one given up first: it is in the cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tapegrad/program/replay.hpp"

namespace tapegrad {

/// What a step does. Operands that are shared numbers are marked.
struct Step {
  enum class Kind : std::uint8_t {
    operation,  // register `to` from a, b, c
    load,       // row `to` from varying input a
    broadcast,  // row `to` from shared number a
    store,      // varying output b from register a
    sum,        // summed output b from register a
    guard,      // guard b, whose condition is in register a
  };
  Kind kind = Kind::operation;
  Op op = Op::Leaf;
  bool shared_a = false;
  bool shared_b = false;
  std::uint32_t to = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};

struct Replay::Plan {
  Plan(const Program& source, const ReplayOptions& options);

  Program program;  // optimised
  std::vector<PassReport> reports;
  Math math;
  std::vector<std::size_t> varying;  // inputs, in order
  std::vector<std::size_t> uniform;
  std::size_t outputs = 0;
  std::size_t summed = 0;

  std::vector<double> constants;   // the first shared registers; then the uniform inputs
  std::vector<Step> shared_steps;  // operations of shared numbers, done once a run
  std::vector<Step> steps;         // done for each block
  std::size_t shared_registers = 0;
  std::size_t rows = 0;
};

/// Points of a block. Fewer spend their time on finding the next step, more on memory. With 16, 32,
/// 64 and 128 a point of the benchmark's kernels took, in us (Zen 5, AVX-512): Black-Scholes 5.4,
/// 5.3, 4.4, 4.1; Gaussian mixture 95, 75, 51, 85; LSTM 37, 32, 40, 41; N-body 6.0, 3.3, 2.6, 2.9;
/// determinant 1.04, 0.78, 0.49, 0.59.
inline constexpr std::size_t lanes_of_block = 64;

/// A guard that came out otherwise.
struct OffGuard {
  std::size_t point;
  std::size_t guard;
};

/// What a block of points is run with.
struct Block {
  const Replay::Plan& plan;
  const Batch& batch;
  std::size_t first;     // point
  std::size_t points;    // lanes_of_block, or fewer in the last block
  double* rows;          // of lanes_of_block numbers
  const double* shared;  // registers
  double* sums;          // sum_lanes for each summed output
  std::uint8_t* off;     // for each lane
  OffGuard* found;       // the first guard that was off
};

/// Partial sums of each summed output, whatever the processor: lane l goes to sum l mod 8.
inline constexpr std::size_t sum_lanes = 8;

/// Runs the steps of a plan for a block, with code for the widest registers of this processor, and
/// with the C library's functions or their vector variants (lane_steps.hpp).
using RunSteps = void (*)(const Step* steps, std::size_t count, const Block& block);
RunSteps exact_steps();
RunSteps vector_steps();

/// Everything that is no operation.
void run_transfer(const Step& step, const Block& block);

}  // namespace tapegrad
