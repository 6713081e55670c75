// A block of code kept as one node: its Jacobian instead of its operations.
//
// Worth it where a block computes few numbers from few by many operations, as a loop over a table
// does: sweeps then pass it in one step, and the memory of its operations is free for the next.
// To keep memory small where a block has many results: checkpoint.hpp.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// Begins a block on the active tape. What is recorded until end() is replaced by one operation of
/// that name: its operands are the values from before the block that it uses, however they came
/// in, its results those handed to end(). Without end(), when an exception leaves the block, say,
/// nothing of it stays.
///
///     Preaccumulation block("yield");
///     Value y = newton(price, rate);   // a thousand nodes
///     y = block.end(y);                // two
///
/// Derivatives of first order are those of the block to rounding; a Hessian across it throws
/// UnsupportedError. Blocks nest. Within NoGrad a block does nothing.
/// Cost of end(): the sweep of the block for each result, and m·n numbers kept, for m results of
/// n values used.
class TAPEGRAD_API Preaccumulation {
 public:
  /// @throws NoActiveTapeError
  explicit Preaccumulation(std::string_view name = "preaccumulated");
  Preaccumulation(const Preaccumulation&) = delete;
  Preaccumulation& operator=(const Preaccumulation&) = delete;

  /// Ends the block. Results that are constants, or from before the block, come back as they are;
  /// all other Values of the block are stale.
  /// @throws UnsupportedError if a variable was made within the block (its gradient would be
  ///         lost), or if the block has ended; StaleValueError if a result is not on the tape.
  ///         Then the block goes on as before. TapeFullError: then nothing of it stays
  std::vector<Value> end(std::span<const Value> results);
  Value end(Value result);

 private:
  Tape* tape_;  // null within NoGrad
  std::string name_;
  std::size_t first_ = 0;       // of the block's nodes
  std::unique_ptr<Mark> mark_;  // null once the block has ended
  bool ended_ = false;
};

}  // namespace tapegrad
