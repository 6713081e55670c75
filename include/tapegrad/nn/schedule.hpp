// The learning rate as a function of time.
//
// A Schedule remembers nothing, so that a training that goes on needs to know only where it was:
//   const Schedule schedule = warm_up(100, cosine_decay(0.1, 5000));
//   optimizer.set_rate(schedule(optimizer.steps()));  // before each step
// Time t = 0, 1, 2, ... counts steps or epochs, whichever the caller counts. A schedule of your own
// is a lambda.
#pragma once

#include <cstdint>
#include <functional>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// From the number of steps (or epochs) already made to the rate of the next.
using Schedule = std::function<double(std::uint64_t t)>;

/// rate, always.
/// @throws ArgumentError unless rate > 0 and finite
TAPEGRAD_API Schedule constant_rate(double rate);

/// rate · factor^⌊t / every⌋: the same number on every machine.
/// @param every   how long a rate stays
/// @param factor  what it is multiplied by then
/// @throws ArgumentError unless rate > 0 and finite, every > 0 and 0 < factor <= 1
TAPEGRAD_API Schedule step_decay(double rate, std::uint64_t every, double factor);

/// From `rate` at t = 0 along half a cosine to `least` at t = duration, and `least` ever after:
///   w = (1 + cos(π · t / duration)) / 2
///   rate · w + least · (1 − w)
/// Steps 0, ..., duration − 1 have a rate above `least`, up to rounding. The same on every machine
/// up to the last bits of its std::cos. Source: Loshchilov & Hutter 2017, "SGDR: Stochastic
/// Gradient Descent with Warm Restarts", equation 5, without the restarts.
/// @throws ArgumentError unless rate > 0 and finite, duration > 0 and 0 <= least <= rate
TAPEGRAD_API Schedule cosine_decay(double rate, std::uint64_t duration, double least = 0);

/// A straight line to the first rate of another schedule, which begins at t = duration:
///   t < duration   then(0) · (t + 1) / (duration + 1)
///   else           then(t − duration)
/// Source: the gradual warm-up of Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.2.
/// @param duration  0: none
/// @throws ArgumentError if `then` is empty
TAPEGRAD_API Schedule warm_up(std::uint64_t duration, Schedule then);

}  // namespace tapegrad
