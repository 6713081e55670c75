// How good a network is on a set of samples.
#pragma once

#include <cstddef>
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

/// What losses and right answers of some samples sum to.
struct ScoreSum {
  std::size_t samples = 0;
  std::size_t right = 0;  // of an objective that has right answers
  double loss = 0;
};

/// Of samples begin, ..., end - 1; of none, zeros.
/// @throws ShapeError if the sizes of network and samples differ; ArgumentError unless
///         begin <= end <= data.size(); as require_valid()
TAPEGRAD_API ScoreSum sum_scores(const MLP& network, const Objective& objective,
                                 const Samples& data, std::size_t begin, std::size_t end);

/// @throws ArgumentError if there are no samples
TAPEGRAD_API Score score_of(const Objective& objective, const ScoreSum& sum);

/// Computed in plain numbers: nothing is recorded.
/// @throws ShapeError if the sizes of network and samples differ; ArgumentError if there are none;
///         as require_valid()
TAPEGRAD_API Score evaluate(const MLP& network, const Objective& objective, const Samples& data);

}  // namespace tapegrad
