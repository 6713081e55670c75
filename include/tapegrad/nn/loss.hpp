// Losses: one number that says how far a network's outputs are from the truth.
//
// Each is computed by ordinary Value arithmetic, so that its gradient needs no formula here. With
// doubles they give the same number, to the last bit.
#pragma once

#include <cstddef>
#include <span>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// Σ (a[k] - y[k])²: the activations of the output layer against the ground truth.
/// @throws ShapeError if the lengths differ or are 0
TAPEGRAD_API Value squared_error(std::span<const Value> a, std::span<const double> y);
TAPEGRAD_API double squared_error(std::span<const double> a, std::span<const double> y);

/// The same divided by the number of outputs.
TAPEGRAD_API Value mean_squared_error(std::span<const Value> a, std::span<const double> y);
TAPEGRAD_API double mean_squared_error(std::span<const double> a, std::span<const double> y);

/// -y·ln a - (1 - y)·ln(1 - a) for a = sigmoid(pa), computed from the pre-activation pa (the logit)
/// as softplus(pa) - y·pa, which neither overflows nor loses digits.
/// @param y  probability of the class, 0 to 1
/// @throws ArgumentError if y is outside
TAPEGRAD_API Value binary_cross_entropy(Value pa, double y);
TAPEGRAD_API double binary_cross_entropy(double pa, double y);

/// -ln a[label] for a = softmax(pa), computed from the pre-activations pa (the logits) as
/// log_sum_exp(pa) - pa[label], which neither overflows nor loses digits.
/// @param label  the true class, counted from 0
/// @throws ArgumentError if there is no such class
TAPEGRAD_API Value softmax_cross_entropy(std::span<const Value> pa, std::size_t label);
TAPEGRAD_API double softmax_cross_entropy(std::span<const double> pa, std::size_t label);

}  // namespace tapegrad
