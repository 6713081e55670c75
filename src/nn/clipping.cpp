#include "tapegrad/nn/clipping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

void check_limit(std::string_view who, double limit) {
  if (!(limit > 0))
    throw ArgumentError(fmt::format("{}: the limit is {}; pass a number above 0", who, limit));
}

}  // namespace

double clip_norm(std::span<double> gradient, double limit) {
  check_limit("clip_norm", limit);
  // norm = largest · root, so that no square overflows or underflows
  double largest = 0;
  for (const double g : gradient) {
    if (std::isnan(g)) return g;
    largest = std::max(largest, std::abs(g));
  }
  if (largest == 0 || std::isinf(largest)) return largest;
  double squares = 0;
  for (const double g : gradient) squares += (g / largest) * (g / largest);
  const double root = std::sqrt(squares);
  const double norm = largest * root;
  if (norm > limit) {
    for (double& g : gradient) g = g / largest * (limit / root);
  }
  return norm;
}

std::size_t clip_values(std::span<double> gradient, double limit) {
  check_limit("clip_values", limit);
  std::size_t changed = 0;
  for (double& g : gradient) {
    if (std::isfinite(g) && std::abs(g) > limit) {
      g = std::copysign(limit, g);
      ++changed;
    }
  }
  return changed;
}

void add_weight_decay(std::span<double> gradient, std::span<const double> parameters,
                      double decay) {
  if (gradient.size() != parameters.size()) {
    throw ShapeError(fmt::format(
        "add_weight_decay: {} derivatives for {} parameters; pass one for each parameter",
        gradient.size(), parameters.size()));
  }
  if (!(decay >= 0) || !std::isfinite(decay)) {
    throw ArgumentError(
        fmt::format("add_weight_decay: decay is {}; pass a finite number, 0 or above", decay));
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += decay * parameters[i];
}

}  // namespace tapegrad
