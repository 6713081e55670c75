// Like after like: which step of a plan comes when.
//
// A processor guesses where the next step's code is, and is right as long as it is that of the step
// before. So steps that wait for nothing are brought together by what they do.
#pragma once

#include <cstdint>
#include <vector>

#include "folds.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// The instructions that are steps, those that folds absorb left out, in an order in which each
/// comes after what it reads. None comes much earlier than in the program.
TAPEGRAD_API std::vector<std::uint32_t> step_order(const Program& program, const Folds& folds);

}  // namespace tapegrad
