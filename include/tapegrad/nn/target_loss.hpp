// Losses against targets that are data, like the inputs.
//
// loss.hpp takes the truth as numbers, which are recorded as constants. A Program that is compiled
// from one sample and run for all others needs it as Values, which are inputs of the Program: so
// class labels become targets, 1 for the class and 0 for all others (one_hot() of dataset.hpp).
// With constants these functions give plain numbers, and need no tape.
#pragma once

#include <span>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// Σ y[k] · -ln a[k] for a = softmax(pa), computed from the pre-activations pa (the logits) as
/// log_sum_exp(pa) · Σ y[k] - Σ y[k]·pa[k]. Where y is 1 for one class and 0 for the others, value
/// and gradient by pa are those of softmax_cross_entropy(pa, label), to the last bit.
/// Edges: a pa[k] that is infinite makes it NaN, also where y[k] is 0.
/// @param y  probabilities of the classes
/// @throws ShapeError if the lengths differ or are 0
TAPEGRAD_API Value softmax_cross_entropy(std::span<const Value> pa, std::span<const Value> y);

/// Σ (a[k] - y[k])², and the same divided by the number of outputs: as those of loss.hpp, to the
/// last bit.
/// @throws ShapeError if the lengths differ or are 0
TAPEGRAD_API Value squared_error(std::span<const Value> a, std::span<const Value> y);
TAPEGRAD_API Value mean_squared_error(std::span<const Value> a, std::span<const Value> y);

}  // namespace tapegrad
