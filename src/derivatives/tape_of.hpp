// Where recorded values are: the derivatives of what is recorded already ask here.
#pragma once

#include <span>

#include "tapegrad/core/tape.hpp"

namespace tapegrad {

/// The tape, active on this thread, that holds the inputs. That it holds the outputs as well is for
/// its sweeps to check.
/// @param x  at least one
/// @throws NoAdjointError if x[0] is a constant; StaleValueError if no active tape holds it
Tape& tape_of(std::span<const Value> x, const char* function);

}  // namespace tapegrad
