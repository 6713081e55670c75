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

// ---- Of numbers: activations a of the output layer against the ground truth y ----

/// Σ (a[k] - y[k])².
/// @throws ShapeError if the lengths differ or are 0
TAPEGRAD_API Value squared_error(std::span<const Value> a, std::span<const double> y);
TAPEGRAD_API double squared_error(std::span<const double> a, std::span<const double> y);

/// The same divided by the number of outputs.
TAPEGRAD_API Value mean_squared_error(std::span<const Value> a, std::span<const double> y);
TAPEGRAD_API double mean_squared_error(std::span<const double> a, std::span<const double> y);

/// Σ |a[k] - y[k]|, which one far-off y moves less than the squares do. Where a[k] = y[k] there is
/// a kink, with derivative 0.
/// @throws ShapeError if the lengths differ or are 0
TAPEGRAD_API Value absolute_error(std::span<const Value> a, std::span<const double> y);
TAPEGRAD_API double absolute_error(std::span<const double> a, std::span<const double> y);

/// The same divided by the number of outputs.
TAPEGRAD_API Value mean_absolute_error(std::span<const Value> a, std::span<const double> y);
TAPEGRAD_API double mean_absolute_error(std::span<const double> a, std::span<const double> y);

/// Squares near 0, absolute values further off: the sum, with e = a[k] - y[k], of
///   e² / 2                  for |e| <= delta
///   delta · (|e| - delta/2)  else
/// Its derivative by a[k] is e, brought to between -delta and delta, without a jump anywhere; the
/// second one is 1 for |e| <= delta, else 0.
/// @param delta  in the unit of y; beyond it, an error is an outlier
/// @throws ShapeError if the lengths differ or are 0; ArgumentError unless delta > 0 and finite
/// Source: Huber 1964, "Robust Estimation of a Location Parameter".
TAPEGRAD_API Value huber_loss(std::span<const Value> a, std::span<const double> y, double delta);
TAPEGRAD_API double huber_loss(std::span<const double> a, std::span<const double> y, double delta);

// ---- Of classes: pre-activations pa of the output layer (logits) against the true class ----

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

/// Σ p[k] · ln(p[k] / q[k]) for q = softmax(pa): what it costs to take q for the distribution p.
/// Computed from the logarithms, ln q[k] = pa[k] - log_sum_exp(pa); so pa may as well be ln q
/// itself. Where p[k] = 0 the term is 0, whatever q[k] is; where only q[k] = 0 (pa[k] = -∞) it is
/// ∞. Near p = q the result is the rounding of the logarithms, and may be as much below 0: about
/// 1e-16 · max(1, |pa[k]|).
/// The derivative by pa[k] is q[k] - p[k].
/// @param p  probabilities, whose sum is 1 up to 1e-6
/// @throws ShapeError if the lengths differ or are 0; ArgumentError if p are no probabilities
/// Source: Kullback & Leibler 1951, "On Information and Sufficiency".
TAPEGRAD_API Value kl_divergence(std::span<const double> p, std::span<const Value> pa);
TAPEGRAD_API double kl_divergence(std::span<const double> p, std::span<const double> pa);

/// max(0, 1 - y·pa): 0 as soon as pa is on the right side of 0 by a margin of 1. At the kink
/// y·pa = 1 the derivative is 0.
/// @param y  1 for the class, -1 for the other
/// @throws ArgumentError if y is neither
/// Source: Cortes & Vapnik 1995, "Support-Vector Networks".
TAPEGRAD_API Value hinge_loss(Value pa, double y);
TAPEGRAD_API double hinge_loss(double pa, double y);

/// Σ max(0, 1 + pa[k] - pa[label]) over the other classes k: 0 as soon as the true class is ahead
/// of each by a margin of 1. At a kink the derivative is 0.
/// @param label  the true class, counted from 0
/// @throws ArgumentError if there is no such class
/// Source: Weston & Watkins 1999, "Support Vector Machines for Multi-Class Pattern Recognition".
TAPEGRAD_API Value multiclass_hinge_loss(std::span<const Value> pa, std::size_t label);
TAPEGRAD_API double multiclass_hinge_loss(std::span<const double> pa, std::size_t label);

}  // namespace tapegrad
