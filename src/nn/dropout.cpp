#include "tapegrad/nn/dropout.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/operators.hpp"

namespace tapegrad {
namespace {

template <class T, class M> std::vector<T> masked(std::span<const T> a, std::span<const M> mask) {
  if (a.size() != mask.size()) {
    throw ShapeError(fmt::format("dropout: {} activations and a mask of {}; draw one for each",
                                 a.size(), mask.size()));
  }
  std::vector<T> kept;
  kept.reserve(a.size());
  for (std::size_t k = 0; k < a.size(); ++k) kept.push_back(a[k] * mask[k]);
  return kept;
}

}  // namespace

Dropout::Dropout(double rate) : rate_(rate) {
  if (!(rate >= 0 && rate < 1))
    throw ArgumentError(
        fmt::format("Dropout: the rate is {}; pass a number from 0, below 1", rate));
}

void Dropout::draw(Random& random, std::span<double> mask) const {
  const double raised = 1 / (1 - rate_);
  for (double& factor : mask) factor = random.uniform() < rate_ ? 0 : raised;
}

std::vector<Value> dropout(std::span<const Value> a, std::span<const double> mask) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return masked(a, mask);
}

std::vector<Value> dropout(std::span<const Value> a, std::span<const Value> mask) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return masked(a, mask);
}

std::vector<double> dropout(std::span<const double> a, std::span<const double> mask) {
  return masked(a, mask);
}

}  // namespace tapegrad
