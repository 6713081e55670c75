// What a network is to become good at: the loss that training makes small, and what counts as a
// right answer.
#pragma once

#include <functional>
#include <span>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/dataset.hpp"

namespace tapegrad {

/// Filled by one of the functions below, or by hand.
struct Objective {
  /// The loss of one sample, of a network's outputs and the targets.
  std::function<Value(std::span<const Value> outputs, std::span<const Value> targets)> loss;
  /// Is that a right answer? Empty: there is no right or wrong, and no accuracy.
  std::function<bool(std::span<const double> outputs, std::span<const double> targets)> is_right =
      {};
  /// Throws ArgumentError naming the first sample whose targets make no sense. Empty: all do.
  std::function<void(const Samples& data)> check = {};
  /// The same for a set to train with, which has to show all that is to be learnt.
  std::function<void(const Samples& data)> check_training = {};
};

/// Cross-entropy of the outputs, which are pre-activations (logits), against the targets of
/// one_hot(). Right is an answer whose greatest output (the first, of several) is that of the
/// greatest target. Targets have to be probabilities, whose sum is 1 up to 1e-6, and to train with,
/// every class must have a sample.
TAPEGRAD_API Objective classification();

/// Mean squared error of the outputs. Targets have to be finite.
TAPEGRAD_API Objective regression();

}  // namespace tapegrad
