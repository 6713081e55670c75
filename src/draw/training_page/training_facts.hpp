// What the page of a training says about a network at one moment, computed from its parameters.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tapegrad/draw/plot.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/objective.hpp"

namespace tapegrad {

/// `most` of the samples, evenly chosen, the first among them; or all, if there are no more.
TAPEGRAD_API Samples evenly_chosen(const Samples& data, std::size_t most);

/// The gradient of the mean loss over some samples, by all parameters.
class TAPEGRAD_API MeanGradient {
 public:
  MeanGradient(const MLP& network, const Objective& objective, const Samples& data,
               const LossGradientOptions& options);

  /// @throws whatever LossGradient::run() throws
  std::vector<double> at(std::span<const double> parameters);

 private:
  LossGradient loss_gradient_;
  std::size_t samples_;
  std::vector<double> rows_;
};

/// Does the page speak of classes? There have to be right answers, and an output for each of two
/// classes or more: the greatest one is the answer, the greatest target the truth.
TAPEGRAD_API bool has_classes(const Objective& objective, const MLP& network, const Samples& data);

/// The class of an answer or of targets: the first of the greatest. Empty if one is NaN.
TAPEGRAD_API std::optional<std::size_t> class_of(std::span<const double> x);

/// How many samples of each class (rows) the network takes for which (columns); an answer with a
/// NaN, which is none, is counted in one more column. Row by row.
TAPEGRAD_API std::vector<std::size_t> confusion(const MLP& network, const Samples& data);

/// A part of the plane, cut into points · points cells.
struct TAPEGRAD_API Plane {
  std::array<Range, 2> ranges;  // of x1 and x2
  std::size_t points = 0;

  /// The middle of a cell; rows from the greatest x2 down.
  std::array<double, 2> at(std::size_t row, std::size_t column) const;
};

/// A plane that has all samples on it, and a rim; none if they do not have two inputs or lie too
/// far apart for numbers. Samples with inputs that are not finite are left out.
TAPEGRAD_API std::optional<Plane> plane_of(std::span<const Samples* const> sets,
                                           std::size_t points);

/// What a classifier makes of each cell, row by row.
struct ClassMap {
  static constexpr std::uint8_t none = 255;  // an answer with a NaN

  std::vector<std::uint8_t> classes;
  std::vector<double> shares;  // the probability of that class; 1 where outputs are none
};

/// Outputs of a softmax are probabilities, and those of no activation have them by softmax().
TAPEGRAD_API ClassMap class_map(const MLP& network, const Plane& plane);

/// The first output at each cell, row by row.
TAPEGRAD_API std::vector<double> value_map(const MLP& network, const Plane& plane);

}  // namespace tapegrad
