// Derivatives by differences, each with an estimate of its own error.
//
// A central difference (f(x + h) - f(x - h)) / 2h is off by a series in h², h⁴, ...; steps h, h/2,
// h/4, ... and extrapolation cancel one power after the other, until the rounding of f, divided by
// the step, is all that is left. How much entries of that tableau differ tells how good they are.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

struct Difference {
  double value = PartialCheck::unknown;
  double error = std::numeric_limits<double>::infinity();
  double step = 0;
  double left = PartialCheck::unknown;  // these two at a kink only
  double right = PartialCheck::unknown;
  Doubt doubt = Doubt::none;    // kink, steep, one_sided, not_finite; the rest is for the verdict
  bool is_flat_nearby = false;  // small steps did not change f: flat, or x was lost in rounding
  double hidden = 0;            // slopes below this may hide in steps of f, as rounding makes them
  bool is_at_rounding = false;  // the error is that of rounding f, with a step that x feels
};

/// Differences of a function of several results, all at one point.
class TAPEGRAD_API FiniteDifferences {
 public:
  /// Evaluates f once. `f` must outlive it.
  /// @param goal  an error of goal·|difference| is small enough to stop
  FiniteDifferences(const PlainFunctions& f, std::span<const double> x, std::size_t results,
                    double goal);

  /// ∂f[k]/∂x[i] for all k.
  std::vector<Difference> by(std::size_t i);

 private:
  const PlainFunctions& f_;
  std::vector<double> x_;
  std::vector<double> middle_, below_, above_;  // f at x, and at both sides
  double goal_;

  double sample(std::size_t i, double step);
};

}  // namespace tapegrad
