// What may be done to a gradient between the sweep and the optimiser's step.
//
// All work in place, and none hides a fault: derivatives that are NaN or infinite stay so, and the
// optimiser refuses them. In this order: weight decay, if any, then clipping.
#pragma once

#include <cstddef>
#include <span>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Scales the gradient to the Euclidean norm `limit` if it is longer; its direction stays. Over all
/// parameters at once ("global norm"), so pass those of the whole network.
/// @param limit  infinity: only the norm is wanted
/// @return  the norm before, as norm() gives it: ∞ or NaN if a derivative is (nothing is changed
///          then), ∞ also if the norm alone is above the largest double (clipped all the same)
/// @throws ArgumentError unless limit > 0
/// Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural
/// networks", algorithm 1.
TAPEGRAD_API double clip_norm(std::span<double> gradient, double limit);

/// Brings each derivative to -limit at least and limit at most, which turns the direction. Infinite
/// ones stay.
/// @return  how many were changed
/// @throws ArgumentError unless limit > 0
TAPEGRAD_API std::size_t clip_values(std::span<double> gradient, double limit);

/// g ← g + decay · x: the gradient of an additional decay/2 · Σ x² in the loss (L2 regularisation).
/// To spare biases, pass a layer's weights only. For Adam, whose division by the gradient's size
/// undoes much of it, there is AdamW.
/// @throws ShapeError unless there is one derivative for each parameter;
///         ArgumentError unless decay >= 0 and finite
/// Source: Krogh & Hertz 1992, "A Simple Weight Decay Can Improve Generalization".
TAPEGRAD_API void add_weight_decay(std::span<double> gradient, std::span<const double> parameters,
                                   double decay);

}  // namespace tapegrad
