// Leaving derivatives out: of a stretch of code, of one value, or those of another put in.
#pragma once

#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// While it lives, nothing is recorded on this thread: `NoGrad no_grad;`. Operations take every
/// Value for its number, also a stale one, and their results are constants; comparisons leave no
/// guard. tape.variable() still makes leaves, and a Tape made or activated within records again,
/// until it ends.
/// Cost: an operation within takes about 2 ns, and no memory.
class [[nodiscard]] NoGrad {
 public:
  NoGrad() = default;
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  ActiveScope nothing_;
};

/// Is nothing recorded here, as a NoGrad wants it?
inline bool within_no_grad() { return active_recording == &no_grad_recording; }

/// The number x as a constant: what is computed from it has no derivative by x.
inline Value stop_gradient(Value x) { return x.value(); }

/// The value of `hard`, exactly, with the derivatives of `soft`: for steps and roundings,
/// whose own derivative is 0 and teaches nothing. straight_through(round(x), x), say.
/// Records two nodes: soft - s, with the constant s = soft.value(), and hard's value added.
/// Edges: where soft is ±∞ or NaN the value is NaN.
/// Source: Bengio, Léonard, Courville 2013, "Estimating or propagating gradients through
/// stochastic neurons".
inline Value straight_through(Value hard, Value soft) {
  const Value zero = soft - stop_gradient(soft);
  return zero + stop_gradient(hard);
}

}  // namespace tapegrad
