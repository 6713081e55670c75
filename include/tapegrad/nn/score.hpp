// How good a network is on a set of samples.
#pragma once

#include <limits>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/objective.hpp"

namespace tapegrad {

/// NaN: there is no such number.
struct Score {
  double loss = std::numeric_limits<double>::quiet_NaN();      // mean over the samples
  double accuracy = std::numeric_limits<double>::quiet_NaN();  // right answers, 0 to 1
};

/// Computed in plain numbers: nothing is recorded.
/// @throws ShapeError if the sizes of network and samples differ; ArgumentError if there are none;
///         as require_valid()
TAPEGRAD_API Score evaluate(const MLP& network, const Objective& objective, const Samples& data);

}  // namespace tapegrad
