// What all sweeps of several directions do before they sweep.
#pragma once

#include <cstddef>
#include <span>

#include "tapegrad/core/tape.hpp"

namespace tapegrad {

/// Checks what is asked for, and lends memory for as many directions as go together.
class Tape::Multisweep {
 public:
  /// @throws UnsupportedError unless the tape may be swept now
  Multisweep(Tape& tape, const char* operation);

  /// @throws StaleValueError; NoAdjointError for a constant
  void require_inputs(std::span<const Value> inputs) const;
  /// @return the last node of them; 0 if all are constants. @throws StaleValueError
  std::size_t require_outputs(std::span<const Value> outputs) const;

  struct Lent {
    std::size_t lanes;
    std::span<double> numbers;  // so many for each row and lane, and more for each row; all 0
  };
  /// Memory for the fewest lanes that hold all directions, or where that is too much, or no memory
  /// for them, for fewer.
  /// @param widths  numbers of lanes to choose from, fewest first
  /// @throws TapeFullError if there is no memory for the fewest
  Lent lend(std::size_t directions, std::span<const std::size_t> widths, std::size_t per_lane,
            std::size_t more) const;

 private:
  bool fits(std::size_t numbers) const;

  Tape& tape_;
  const char* operation_;
};

}  // namespace tapegrad
