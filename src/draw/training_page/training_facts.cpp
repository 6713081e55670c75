#include "training_facts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tapegrad/core/math.hpp"

namespace tapegrad {
namespace {

SampleLoss loss_of(const MLP& network, const Objective& objective) {
  return [network, loss = objective.loss](std::span<const Value> parameters,
                                          const SampleValues& sample) {
    return loss(network.forward(parameters, sample.inputs), sample.targets);
  };
}

template <class Visitor> void for_each_cell(const Plane& plane, Visitor&& visit) {
  for (std::size_t row = 0; row < plane.points; ++row)
    for (std::size_t column = 0; column < plane.points; ++column) visit(plane.at(row, column));
}

// The outputs' probability of the class with the greatest one.
double share_of(const std::vector<double>& outputs, std::size_t greatest, Activation activation) {
  if (activation == Activation::softmax) return outputs[greatest];
  if (activation != Activation::identity) return 1;
  const double share = softmax(std::span(outputs))[greatest];
  return std::isnan(share) ? 1 : share;  // of an infinite output
}

}  // namespace

Samples evenly_chosen(const Samples& data, std::size_t most) {
  if (data.size() <= most) return data;
  Samples chosen{.inputs = data.inputs, .targets = data.targets, .x = {}, .y = {}};
  for (std::size_t k = 0; k < most; ++k) {
    const std::size_t i = k * data.size() / most;
    chosen.x.insert(chosen.x.end(), data.row(i).begin(), data.row(i).end());
    chosen.y.insert(chosen.y.end(), data.target(i).begin(), data.target(i).end());
  }
  return chosen;
}

// ---- Gradient ----

MeanGradient::MeanGradient(const MLP& network, const Objective& objective, const Samples& data,
                           const LossGradientOptions& options)
    : loss_gradient_(loss_of(network, objective),
                     {.parameters = network.parameters().size(),
                      .inputs = data.inputs,
                      .targets = data.targets},
                     options),
      samples_(data.size()) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    rows_.insert(rows_.end(), data.row(i).begin(), data.row(i).end());
    rows_.insert(rows_.end(), data.target(i).begin(), data.target(i).end());
  }
}

std::vector<double> MeanGradient::at(std::span<const double> parameters) {
  std::vector<double> gradient(parameters.size());
  loss_gradient_.run({.parameters = parameters, .rows = rows_, .gradient = gradient});
  for (double& derivative : gradient) derivative /= static_cast<double>(samples_);
  return gradient;
}

// ---- Classes ----

bool has_classes(const Objective& objective, const MLP& network, const Samples& data) {
  return objective.is_right && network.outputs() >= 2 && network.outputs() == data.targets;
}

std::optional<std::size_t> class_of(std::span<const double> x) {
  if (std::ranges::any_of(x, [](double each) { return std::isnan(each); })) return std::nullopt;
  return static_cast<std::size_t>(std::ranges::max_element(x) - x.begin());
}

std::vector<std::size_t> confusion(const MLP& network, const Samples& data) {
  const std::size_t columns = data.targets + 1;
  std::vector<std::size_t> counts(data.targets * columns);
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::optional<std::size_t> truth = class_of(data.target(i));
    if (truth) ++counts[*truth * columns + class_of(network(data.row(i))).value_or(data.targets)];
  }
  return counts;
}

// ---- The plane ----

std::array<double, 2> Plane::at(std::size_t row, std::size_t column) const {
  const auto middle = [&](const Range& range, std::size_t cell) {
    return range.low + (range.high - range.low) * (static_cast<double>(cell) + 0.5) /
                           static_cast<double>(points);
  };
  return {middle(ranges[0], column), middle(ranges[1], points - 1 - row)};
}

std::optional<Plane> plane_of(std::span<const Samples* const> sets, std::size_t points) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Plane plane{.ranges = {Range{infinity, -infinity}, Range{infinity, -infinity}}, .points = points};
  for (const Samples* set : sets) {
    for (std::size_t i = 0; i < set->size(); ++i) {
      const std::span<const double> x = set->row(i);
      if (x.size() != 2) return std::nullopt;
      if (!std::isfinite(x[0]) || !std::isfinite(x[1])) continue;
      for (std::size_t k = 0; k < 2; ++k) {
        plane.ranges[k].low = std::min(plane.ranges[k].low, x[k]);
        plane.ranges[k].high = std::max(plane.ranges[k].high, x[k]);
      }
    }
  }
  for (Range& range : plane.ranges) {
    const double width = range.high - range.low;
    const double rim = width > 0 ? 0.08 * width : 1;
    range = {range.low - rim, range.high + rim};
    if (!std::isfinite(range.high - range.low) || !(range.low < range.high)) return std::nullopt;
  }
  return plane;
}

ClassMap class_map(const MLP& network, const Plane& plane) {
  ClassMap map;
  for_each_cell(plane, [&](const std::array<double, 2>& x) {
    const std::vector<double> outputs = network(x);
    const std::optional<std::size_t> greatest = class_of(outputs);
    map.classes.push_back(greatest ? static_cast<std::uint8_t>(*greatest) : ClassMap::none);
    map.shares.push_back(
        greatest ? share_of(outputs, *greatest, network.layers().back().activation()) : 0);
  });
  return map;
}

std::vector<double> value_map(const MLP& network, const Plane& plane) {
  std::vector<double> values;
  for_each_cell(plane,
                [&](const std::array<double, 2>& x) { values.push_back(network(x).front()); });
  return values;
}

}  // namespace tapegrad
