// The steps of a checkpointed loop, one at a time: from numbers to numbers, or onto a scratch tape.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "recomputed.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/checkpoint.hpp"

namespace tapegrad {

/// What the loop's node keeps.
struct Loop {
  LoopStep step;
  std::size_t steps = 0;
  std::size_t width = 0;          // numbers of the state
  std::vector<bool> is_constant;  // of the parameters
  std::vector<double> results;    // the last state
  std::size_t step_bytes = 0;     // kept for the scratch tape
  CheckpointedLoopOptions options;
};

/// Runs steps. While it lives its scratch tape is the active one, so that a Value which a step
/// captured is refused, also where nothing is recorded.
class LoopSteps {
 public:
  /// @param memory_limit  of the scratch tape; 0: none
  LoopSteps(const Loop& loop, std::span<const double> parameters, std::size_t memory_limit);

  /// Runs the steps from, ..., to - 1 with constants. The state is unchanged if one throws.
  void advance(std::span<double> state, std::size_t from, std::size_t to);

  /// Records step i.
  void record(std::span<const double> state, std::size_t i);
  std::span<const Value> state_leaves() const { return leaves().first(loop_.width); }
  std::span<const Value> parameter_leaves() const { return leaves().subspan(loop_.width); }
  /// Of the state, and after them of the parameters, also of those that the step knows as
  /// constants.
  std::span<const Value> leaves() const { return leaves_; }
  std::span<const Value> next() const { return next_; }

  /// @throws UnsupportedError unless the recorded step i gave the state of before
  void check_repeated(std::size_t i, std::span<const double> before) const;

  Tape& tape() { return tape_; }

 private:
  void run(std::span<const Value> state, std::span<const Value> parameters, std::size_t i);
  Recomputed described(std::size_t i) const;

  const Loop& loop_;
  std::vector<double> inputs_;  // state and parameters
  std::vector<Value> leaves_;
  std::vector<Value> state_;
  std::vector<Value> parameters_;  // constants
  std::vector<Value> recorded_parameters_;
  std::vector<Value> next_;
  Tape tape_;
  ActiveScope active_;
};

}  // namespace tapegrad
