#include "tapegrad/nn/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/target_loss.hpp"

namespace tapegrad {
namespace {

std::size_t greatest(std::span<const double> x) {
  return static_cast<std::size_t>(std::ranges::max_element(x) - x.begin());
}

void check_probabilities(const Samples& data) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::span<const double> y = data.target(i);
    for (const double share : y)
      if (!(share >= 0 && share <= 1))
        throw ArgumentError(fmt::format(
            "classification: a target of sample {} is {}, which is no probability", i, share));
    const double total = std::accumulate(y.begin(), y.end(), 0.0);
    if (std::abs(total - 1) > 1e-6)
      throw ArgumentError(fmt::format(
          "classification: the targets of sample {} sum to {}; they are probabilities of classes",
          i, total));
  }
}

void check_every_class(const Samples& data) {
  std::vector<bool> is_there(data.targets);
  for (std::size_t i = 0; i < data.size(); ++i)
    for (std::size_t k = 0; k < data.targets; ++k)
      if (data.target(i)[k] > 0) is_there[k] = true;
  for (std::size_t k = 0; k < data.targets; ++k)
    if (!is_there[k])
      throw ArgumentError(fmt::format(
          "classification: class {} has no sample to learn it from; bring some, or leave it out",
          k));
}

void check_finite(const Samples& data) {
  for (std::size_t i = 0; i < data.size(); ++i)
    for (const double y : data.target(i))
      if (!std::isfinite(y))
        throw ArgumentError(fmt::format("regression: a target of sample {} is {}", i, y));
}

}  // namespace

Objective classification() {
  return {.loss =
              [](std::span<const Value> outputs, std::span<const Value> targets) {
                return softmax_cross_entropy(outputs, targets);
              },
          .is_right =
              [](std::span<const double> outputs, std::span<const double> targets) {
                return greatest(outputs) == greatest(targets);
              },
          .check = check_probabilities,
          .check_training = check_every_class};
}

Objective regression() {
  return {
      .loss = [](std::span<const Value> outputs,
                 std::span<const Value> targets) { return mean_squared_error(outputs, targets); },
      .check = check_finite};
}

}  // namespace tapegrad
