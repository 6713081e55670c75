// A Program as steps over registers.
//
// Registers are of two kinds: a number that all points share (constants, uniform inputs, and what
// follows from them), and a row of lanes, one for each point of a block. A row is given to another
// result as soon as nobody reads it any more, the last one given up first: it is in the cache.
//
//   folds.hpp        which sums become one step
//   step_order.hpp   which step comes when
//   planner.hpp      from the program to steps
//   lane_steps.hpp   operations and folds, lane by lane: lane_kernel.inc, lane_vectors.inc
//   transfer.cpp     inputs to rows, rows to outputs
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/program/replay.hpp"

namespace tapegrad {

/// What a step does. Operands that are shared numbers are marked.
struct Step {
  enum class Kind : std::uint8_t {
    operation,     // register `to` from a, b, c
    fold,          // row `to` from the b segments at words[a]; unless c is 0, its twin as well:
                   //   a fold that differs in nothing but the shared numbers, so that each row is
                   //   loaded once for both. At words[c] is the row of its result, and then its
                   //   segments
    fused,         // the same, each product rounded together with the sum that it is added to
    load,          // varying inputs a, a + 1, ... to the b rows at words[c]
    broadcast,     // row `to` from shared number a
    store,         // varying outputs a, a + 1, ... from the b rows at words[c]
    give,          // varying output b from register a
    sum,           // register a to sum `to`
    sum_products,  // products of row a and the b rows at words[c] to sums `to`, `to` + 1, ...
    sum_chains,    // the same by rule::Chain, with the adjoint in a
    guard,         // guard b, whose condition is in register a
  };
  Kind kind = Kind::operation;
  Op op = Op::Leaf;
  bool shared_a = false;
  bool shared_b = false;
  bool is_full = false;  // of a load or store: all `moved_together` rows are there
  bool held = false;     // of a guard: how its comparison came out when it was recorded
  std::uint32_t to = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};

/// Terms of a fold that are alike: a word of what they are and how many, and then their registers.
struct FoldSegment {
  enum class Kind : std::uint8_t { row, shared, product, scaled_row, chain, scaled_adjoint };
  static constexpr bool is_product(Kind kind) { return kind != Kind::row && kind != Kind::shared; }
  /// Is one of its registers, the last, a number that all points share?
  static constexpr bool has_shared(Kind kind) {
    return kind == Kind::shared || kind == Kind::scaled_row || kind == Kind::scaled_adjoint;
  }
  /// Registers of a term.
  static constexpr std::size_t registers(Kind kind) { return is_product(kind) ? 2 : 1; }

  static constexpr std::uint32_t word(Kind kind, bool subtracts, std::size_t terms) {
    return static_cast<std::uint32_t>(terms << 4) | (subtracts ? 8U : 0U) |
           static_cast<std::uint32_t>(kind);
  }
  static constexpr std::size_t most_terms = (1U << 28) - 1;
  static constexpr std::size_t terms(std::uint32_t word) { return word >> 4; }
  /// The word of no terms.
  static constexpr std::uint32_t alike(std::uint32_t word) { return word & 15U; }
};

/// In place of a row: an input that nobody reads, an output that is given otherwise.
inline constexpr std::uint32_t no_row = 0xFFFFFFFF;

/// Inputs and outputs that lie side by side in a batch are moved together: a cache line of each
/// point.
inline constexpr std::size_t moved_together = 8;

struct TAPEGRAD_API Replay::Plan {
  Plan(const Program& source, const ReplayOptions& options);

  Program program;  // optimised
  std::vector<PassReport> reports;
  Math math;
  Rounding rounding;
  std::vector<std::size_t> varying;  // inputs, in order
  std::vector<std::size_t> uniform;
  std::size_t outputs = 0;
  std::vector<std::uint32_t> sums;  // of each summed output its place among the sums of a block

  std::vector<double> constants;     // the first shared registers; then the uniform inputs
  std::vector<Step> shared_steps;    // operations of shared numbers, done once a run
  std::vector<Step> steps;           // done for each block
  std::vector<std::uint32_t> words;  // of steps of any length
  std::size_t shared_registers = 0;
  std::size_t rows = 0;
  std::size_t lanes = 0;  // of a block, if there are as many points
  std::uint64_t number;   // no other plan has it, nor will: memory may be given out again
};

/// Points of a block. Fewer spend their time on finding the next step, more on memory: with 64 in
/// place of 32 a Black-Scholes portfolio took 12 % less, the determinant 20 %, a perceptron that
/// reads and writes 5,000 numbers a point 20 % more (Zen 5, AVX-512).
inline constexpr std::size_t some_lanes = 32;
inline constexpr std::size_t many_lanes = 64;
inline constexpr std::size_t most_bytes_of_many = 1'572'864;  // rows, inputs and outputs: 1536 KiB

/// A guard that came out otherwise.
inline constexpr std::size_t no_point = std::numeric_limits<std::size_t>::max();
struct OffGuard {
  std::size_t point;
  std::size_t guard;
};

/// What a block of points is run with.
struct Block {
  const Replay::Plan& plan;
  const Batch& batch;
  std::size_t first;   // point
  std::size_t points;  // as many as lanes, or fewer
  std::size_t lanes;   // numbers in a row
  double* rows;
  const double* shared;  // registers
  double* sums;          // in the order of their steps
  std::uint8_t* off;     // for each lane
  std::uint64_t* kept;   // for each lane: all bits; 0 if it is off, or has no point
  OffGuard* found;       // the first guard that was off
};

/// How the lanes of a summed output are added up, whatever the processor: lane l goes to partial
/// sum l mod 8, and then these are added, 4 apart, 2 apart, and the last two. Lanes that are not
/// kept count as 0.
inline constexpr std::size_t sum_lanes = 8;

/// Whether also the narrowest registers multiply and add at once: arm64's do.
#if defined(__FP_FAST_FMA)
inline constexpr bool baseline_has_fma = true;
#else
inline constexpr bool baseline_has_fma = false;
#endif

/// Runs the steps of a plan for a block, with code for the widest registers of this processor, and
/// with the C library's functions or their vector variants (lane_steps.hpp).
struct RunSteps {
  using Run = void (*)(const Block& block);
  Run few;   // one lane, or a vector of them
  Run some;  // some_lanes
  Run many;  // many_lanes
};
const RunSteps& exact_steps();
const RunSteps& vector_steps();
/// One evaluation by itself costs no more than that; or goes through the same vector functions.
inline constexpr std::size_t few_lanes_exact = 1;
#if defined(TAPEGRAD_SINGLE)  // all in one file (amalgamate.py): the exact functions alone
inline constexpr std::size_t few_lanes_vector = few_lanes_exact;
#else
inline constexpr std::size_t few_lanes_vector = 8;
#endif

/// Everything that is no operation.
void run_transfer(const Step& step, const Block& block);

}  // namespace tapegrad
