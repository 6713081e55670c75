// Activation functions by name: from a neuron's pre-activation pa to its activation a.
#pragma once

#include <cmath>
#include <string_view>

#include "tapegrad/core/math.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

enum class Activation {
  identity,
  sigmoid,
  tanh,
  relu,
  leaky_relu,  // slope 0.01
  elu,         // alpha 1
  softplus,
  gelu,
  silu,
  softmax,  // of a whole layer; a single neuron has none
};

/// "tanh", ...; @throws ArgumentError if it is no enumerator
TAPEGRAD_API std::string_view to_string(Activation activation);
/// The activation of that name. @throws ArgumentError listing the names there are
TAPEGRAD_API Activation parse_activation(std::string_view name);

[[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_no_activation_of_one(Activation activation);

/// The activation a of one neuron with pre-activation pa, for double and Value alike.
/// `identity` gives pa itself and records no node.
/// @throws UnsupportedError for softmax, which takes a whole layer
template <class T> T activate(Activation activation, T pa) {
  using std::tanh;
  switch (activation) {
    case Activation::identity:
      return pa;
    case Activation::sigmoid:
      return sigmoid(pa);
    case Activation::tanh:
      return tanh(pa);
    case Activation::relu:
      return relu(pa);
    case Activation::leaky_relu:
      return leaky_relu(pa);
    case Activation::elu:
      return elu(pa);
    case Activation::softplus:
      return softplus(pa);
    case Activation::gelu:
      return gelu(pa);
    case Activation::silu:
      return silu(pa);
    case Activation::softmax:
      break;
  }
  throw_no_activation_of_one(activation);
}

}  // namespace tapegrad
