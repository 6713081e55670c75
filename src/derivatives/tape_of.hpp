// What the derivatives of what is recorded already have in common.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core/tape.hpp"

namespace tapegrad {

/// The tape, active on this thread, that holds the inputs. That it holds the outputs as well is for
/// its sweeps to check.
/// @param x  at least one
/// @throws NoAdjointError if x[0] is a constant; StaleValueError if no active tape holds it
Tape& tape_of(std::span<const Value> x, const char* function);

/// The same, where the outputs are known: a value that is not on it is told by the function's name.
/// @throws as above, and StaleValueError for any of y and x
Tape& tape_of(std::span<const Value> y, std::span<const Value> x, const char* function);

/// A vector that goes with inputs or outputs. @param name, of  "v" of "inputs"
/// @throws ShapeError unless it has a number for each
void check_length(const char* function, const char* name, std::size_t length, const char* of,
                  std::size_t needed);

/// Each input by itself as a direction, one after the other: n × n.
std::vector<double> unit_directions(std::size_t n);

}  // namespace tapegrad
