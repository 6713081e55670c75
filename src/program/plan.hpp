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
  std::size_t lanes = 0;
};

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
  std::size_t points;    // as many as there are lanes, or fewer in the last block
  std::size_t lanes;     // plan.lanes
  double* rows;          // of as many numbers
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
