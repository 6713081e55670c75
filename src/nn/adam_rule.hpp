// Adam's rule for a block of parameters, in the widest registers that the processor has.
//
// A step is a root and a division for each parameter. For a small network that is as much as the
// gradient of its batch, which goes through wide registers as well.
#pragma once

#include <span>

#include "tapegrad/export.hpp"

namespace tapegrad {

struct AdamRule {
  double rate;
  double beta1;
  double beta2;
  double epsilon;
  double mean_scale;    // 1 / (1 - beta1^t): the rest of the mean is the zeros of the start
  double square_scale;  // 1 / (1 - beta2^t)
};

/// Of one size.
struct AdamBlock {
  std::span<double> parameters;
  std::span<const double> gradient;
  std::span<double> mean;
  std::span<double> square;
};

/// One step. The same to the last bit on every processor.
TAPEGRAD_API void adam_step(const AdamRule& rule, const AdamBlock& block);

}  // namespace tapegrad
