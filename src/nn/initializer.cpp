#include "tapegrad/nn/initializer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

void fill_uniform(std::span<double> weights, double variance, Random& random) {
  const double limit = std::sqrt(3 * variance);  // ±limit has variance limit² / 3
  for (double& weight : weights) weight = random.uniform(-limit, limit);
}

void fill_normal(std::span<double> weights, double variance, Random& random) {
  const double deviation = std::sqrt(variance);
  for (double& weight : weights) weight = deviation * random.normal();
}

}  // namespace

void initialize(std::span<double> weights, std::size_t fan_in, std::size_t fan_out,
                Initializer initializer, Random& random) {
  if (fan_in == 0 || fan_out == 0) {
    throw ShapeError(
        fmt::format("initialize: a layer of {} inputs and {} neurons has no weights; pass at "
                    "least 1 of each",
                    fan_in, fan_out));
  }
  const auto in = static_cast<double>(fan_in);
  const auto out = static_cast<double>(fan_out);
  switch (initializer) {
    case Initializer::xavier_uniform:
      return fill_uniform(weights, 2 / (in + out), random);
    case Initializer::xavier_normal:
      return fill_normal(weights, 2 / (in + out), random);
    case Initializer::he_uniform:
      return fill_uniform(weights, 2 / in, random);
    case Initializer::he_normal:
      return fill_normal(weights, 2 / in, random);
    case Initializer::lecun_uniform:
      return fill_uniform(weights, 1 / in, random);
    case Initializer::lecun_normal:
      return fill_normal(weights, 1 / in, random);
    case Initializer::zeros:
      std::fill(weights.begin(), weights.end(), 0.0);
      return;
  }
  throw ArgumentError(fmt::format("initialize: {} is no Initializer; use one of its names",
                                  static_cast<int>(initializer)));
}

}  // namespace tapegrad
