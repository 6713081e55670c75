// A neuron: weights w, bias b; pre-activation pa = w·x + b, activation a.
//
// The number T is double (a plain forward pass) or Value (recorded: each multiplication, each
// addition and the activation is a node of its own). Both compute in the same order. Compiled with
// -ffp-contract=off, as the library itself is, they agree to the last bit; else a compiler may
// fuse double's products and sums, and they agree within the bound of one rounding an operation.
#pragma once

#include <cstddef>
#include <span>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/activation.hpp"

namespace tapegrad {

/// @throws ShapeError: `what` has `given` inputs where it needs `needed`
[[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_wrong_inputs(const char* what,
                                                                std::size_t needed,
                                                                std::size_t given);

/// A view: the weights belong to somebody else, and must outlive it.
template <class T> class Neuron {
 public:
  /// @throws ShapeError if there are no weights
  Neuron(std::span<const T> w, T b, Activation activation)
      : Neuron(w.data(), w.size(), 1, b, activation) {}

  /// The weights are every stride-th number from w on: a column of a layer's W.
  Neuron(const T* w, std::size_t inputs, std::size_t stride, T b, Activation activation)
      : w_(w), inputs_(inputs), stride_(stride), b_(b), activation_(activation) {
    if (inputs == 0) throw_wrong_inputs("Neuron", 1, 0);
  }

  std::size_t inputs() const { return inputs_; }
  const T& w(std::size_t i) const { return w_[i * stride_]; }
  const T& b() const { return b_; }

  /// pa = w·x + b, summed from the first input to the last, then the bias.
  /// @throws ShapeError if x.size() != inputs()
  T pre_activation(std::span<const T> x) const {
    if (x.size() != inputs_) throw_wrong_inputs("Neuron", inputs_, x.size());
    T pa = w(0) * x[0];
    for (std::size_t i = 1; i < inputs_; ++i) pa = pa + w(i) * x[i];
    return pa + b_;
  }

  /// The activation a. @throws ShapeError; UnsupportedError for softmax
  T operator()(std::span<const T> x) const { return activate(activation_, pre_activation(x)); }

 private:
  const T* w_;
  std::size_t inputs_;
  std::size_t stride_;
  T b_;
  Activation activation_;
};

}  // namespace tapegrad
