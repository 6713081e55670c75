// Dropout: in training each activation is left out with some probability, so that no neuron can
// rely on a particular other one.
//
//   Dropout dropout(0.2);
//   dropout.draw(random, mask);           // anew for each sample: 0, or 1 / (1 - rate)
//   a = tapegrad::dropout(a, mask);       // after the layer, in training only
//
// What is kept is raised by 1 / (1 - rate), so that an activation has the same mean with dropout
// and without; inference leaves it out altogether (inverted dropout).
//
// The mask is given, not drawn while recording: a Program that is compiled from one sample takes
// the mask as inputs, which vary from sample to sample as the data do. Drawn inside, it would be
// the same mask for ever.
//
// Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, "Dropout: A Simple Way to
// Prevent Neural Networks from Overfitting".
#pragma once

#include <span>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/random.hpp"

namespace tapegrad {

/// Silences some activations in training, at random.
class TAPEGRAD_API Dropout {
 public:
  /// @param rate  how likely an activation is left out; 0 leaves out none
  /// @throws ArgumentError unless 0 <= rate < 1
  explicit Dropout(double rate);

  double rate() const { return rate_; }

  /// Fills the mask: 0 with probability rate(), else 1 / (1 - rate()), each independently. It draws
  /// one number for each, whatever the rate is.
  void draw(Random& random, std::span<double> mask) const;

 private:
  double rate_;
};

/// a[k]·mask[k]. One multiplication is recorded for each.
/// Edges: 0 · ∞ is NaN: leaving out does not mend an activation that has overflown.
/// @param a     activations of a layer
/// @param mask  as many numbers, drawn by Dropout::draw(): as constants, or as inputs of a Program
/// @throws ShapeError if the lengths differ; StaleValueError
TAPEGRAD_API std::vector<Value> dropout(std::span<const Value> a, std::span<const double> mask);
TAPEGRAD_API std::vector<Value> dropout(std::span<const Value> a, std::span<const Value> mask);
TAPEGRAD_API std::vector<double> dropout(std::span<const double> a, std::span<const double> mask);

}  // namespace tapegrad
