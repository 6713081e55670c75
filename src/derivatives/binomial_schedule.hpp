// In which order to run a chain of steps again, so that each can be reversed, the last one first,
// while only a few states of the chain are kept.
//
// Griewank & Walther 2000, "Algorithm 799: Revolve", ACM TOMS 26. With s snapshots and each step
// run at most r times, a chain of β(s, r) = (s + r)! / (s! r!) steps can be reversed, and no more.
// Where the first snapshot after the beginning has to be, to stay within that, follows from
// β(s, r) = β(s, r - 1) + β(s - 1, r): see split().
#pragma once

#include <cstddef>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// What to do next with the state of the chain at hand. State i is the one that step i starts from.
struct ScheduleMove {
  enum class Kind {
    advance,  // run the steps from, ..., to - 1: the state becomes state `to`
    store,    // keep the state, state `from`, as snapshot number `slot`
    restore,  // take it back from there
    reverse,  // reverse step `from`, whose state is at hand; afterwards there is none
    done
  };
  Kind kind = Kind::done;
  std::size_t from = 0;
  std::size_t to = 0;
  std::size_t slot = 0;
};

/// The moves one by one. Snapshots are a stack: a slot is written to again once all above it, and
/// itself, have served. Cost of a move: constant, of a store: β's r. No recursion.
class TAPEGRAD_API BinomialSchedule {
 public:
  /// Begins with state 0 at hand.
  /// @param snapshots  states that may be kept at once, the first one included; 1 or more
  BinomialSchedule(std::size_t steps, std::size_t snapshots);

  ScheduleMove next();

 private:
  std::size_t snapshots_;
  std::size_t end_;                  // the steps from here on are reversed
  std::size_t at_ = 0;               // which state is at hand
  bool has_state_ = true;            // false after a step was reversed
  std::vector<std::size_t> stored_;  // increasing
};

/// The fewest steps that have to be run, reversals not counted, to reverse a chain with so many
/// snapshots: Σ_k (steps - β(snapshots, k)) over all k ≥ 0 where that is positive. A sum that is
/// beyond std::size_t comes back as its largest number.
TAPEGRAD_API std::size_t fewest_forward_steps(std::size_t steps, std::size_t snapshots);

}  // namespace tapegrad
