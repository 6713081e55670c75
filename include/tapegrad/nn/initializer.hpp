// The weights that a network starts with.
//
// Drawn so that signals neither die out nor blow up on their way through the layers: a sum over
// fan_in inputs keeps their variance when the weights have variance 1/fan_in, and the gradients,
// on their way back, when it is 1/fan_out.
#pragma once

#include <cstddef>
#include <span>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/random.hpp"

namespace tapegrad {

/// Which variance, and which distribution around 0: `_uniform` draws between ±sqrt(3 variance),
/// `_normal` from the normal distribution.
enum class Initializer {
  /// Variance 2 / (fan_in + fan_out): between what the values and what the gradients need; for
  /// tanh and sigmoid. Source: Glorot & Bengio 2010, "Understanding the difficulty of training
  /// deep feedforward neural networks", equations 12 and 16.
  xavier_uniform,
  xavier_normal,
  /// Variance 2 / fan_in: relu lets half of it through. Source: He, Zhang, Ren & Sun 2015,
  /// "Delving Deep into Rectifiers", equation 10.
  he_uniform,
  he_normal,
  /// Variance 1 / fan_in; for selu, and for layers without activation. Source: LeCun, Bottou,
  /// Orr & Müller 1998, "Efficient BackProp", section 4.6.
  lecun_uniform,
  lecun_normal,
  /// All weights 0: for biases. As weights of a hidden layer they make all its neurons alike.
  zeros,
};

/// Fills `weights` with start values for a layer of `fan_in` inputs and `fan_out` neurons. They
/// may be a part of that layer (one neuron, say): each weight is drawn independently.
/// @throws ShapeError if a fan is 0; ArgumentError if `initializer` is no enumerator
TAPEGRAD_API void initialize(std::span<double> weights, std::size_t fan_in, std::size_t fan_out,
                             Initializer initializer, Random& random);

}  // namespace tapegrad
