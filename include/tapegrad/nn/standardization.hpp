// Inputs on a common scale: mean 0, standard deviation 1.
//
// A network learns faster when no input is a thousand times another: its first weights are drawn
// for inputs of about 1 (initializer.hpp). Source: LeCun, Bottou, Orr & Müller 1998, "Efficient
// BackProp", section 4.3.
#pragma once

#include <span>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/dataset.hpp"

namespace tapegrad {

/// Replaces each input x[i] by (x[i] - mean[i]) / deviation[i].
///
/// Fit it to the training part alone, and apply it to all parts: what the others look like is not
/// to be known before. Its numbers belong to the model: keep them with the parameters, and apply
/// them to whatever the network is asked.
class TAPEGRAD_API Standardization {
 public:
  /// Mean and standard deviation (of n samples, divided by n) of each input of `training`. An input
  /// that is the same in all samples has deviation 1: it becomes 0 there.
  /// @throws ArgumentError if there is no sample, or if an input is not finite, or so far spread
  ///         that its mean or deviation is not; as require_valid()
  explicit Standardization(const Dataset& training);
  explicit Standardization(const Samples& training);

  /// With the numbers that another one had.
  /// @throws ShapeError unless there are as many deviations as means, and at least one;
  ///         ArgumentError unless means are finite, and deviations finite and > 0
  Standardization(std::vector<double> mean, std::vector<double> deviation);

  const std::vector<double>& mean() const { return mean_; }
  const std::vector<double>& deviation() const { return deviation_; }

  /// Changes the inputs of all samples in place. Targets stay.
  /// @throws ShapeError if the set has another number of inputs; as require_valid()
  void apply(Dataset& data) const;
  void apply(Samples& data) const;
  /// The inputs of one sample. @throws ShapeError if x.size() != mean().size()
  std::vector<double> operator()(std::span<const double> x) const;

 private:
  void fit(std::span<const double> rows, std::size_t inputs);
  void apply_to_rows(std::span<double> rows, std::size_t inputs) const;

  std::vector<double> mean_;
  std::vector<double> deviation_;
};

}  // namespace tapegrad
