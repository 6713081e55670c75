#include "tapegrad/nn/standardization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

struct Moments {
  double mean;
  double deviation;
};

/// Of every stride-th number of `rows`, from the first on.
Moments moments(std::span<const double> rows, std::size_t stride) {
  const std::size_t numbers = (rows.size() + stride - 1) / stride;
  const auto count = static_cast<double>(numbers);
  const double first = rows[0];
  // Around the first number: a constant column has a mean and a deviation without rounding.
  double sum = 0;
  for (std::size_t k = 0; k < rows.size(); k += stride) sum += rows[k] - first;
  const double mean = first + sum / count;
  double farthest = 0;
  for (std::size_t k = 0; k < rows.size(); k += stride)
    farthest = std::max(farthest, std::abs(rows[k] - mean));
  if (farthest == 0) return {mean, 1};
  // In units of the farthest, so that no square overflows, or vanishes.
  double squares = 0;
  for (std::size_t k = 0; k < rows.size(); k += stride) {
    const double distance = (rows[k] - mean) / farthest;
    squares += distance * distance;
  }
  const double deviation = farthest * std::sqrt(squares / count);
  return {mean, deviation == 0 ? 1 : deviation};  // 0: below the least number there is
}

}  // namespace

Standardization::Standardization(const Dataset& training) {
  require_valid(training);
  fit(training.x, training.inputs);
}

Standardization::Standardization(const Samples& training) {
  require_valid(training);
  fit(training.x, training.inputs);
}

void Standardization::fit(std::span<const double> rows, std::size_t inputs) {
  if (rows.empty())
    throw ArgumentError("Standardization: there is no sample to fit it to; pass a training set");
  for (std::size_t i = 0; i < inputs; ++i) {
    const auto [mean, deviation] = moments(rows.subspan(i), inputs);
    if (!std::isfinite(mean) || !std::isfinite(deviation)) {
      throw ArgumentError(fmt::format(
          "Standardization: input {} has no finite mean and deviation; look for samples "
          "where it is NaN, infinite or as good as that",
          i));
    }
    mean_.push_back(mean);
    deviation_.push_back(deviation);
  }
}

Standardization::Standardization(std::vector<double> mean, std::vector<double> deviation)
    : mean_(std::move(mean)), deviation_(std::move(deviation)) {
  if (mean_.size() != deviation_.size() || mean_.empty()) {
    throw ShapeError(fmt::format(
        "Standardization: {} means and {} deviations; pass as many of both, and at least one",
        mean_.size(), deviation_.size()));
  }
  for (std::size_t i = 0; i < mean_.size(); ++i) {
    if (!std::isfinite(mean_[i]) || !std::isfinite(deviation_[i]) || !(deviation_[i] > 0)) {
      throw ArgumentError(
          fmt::format("Standardization: the mean {} and the deviation {} of input {}; pass finite "
                      "numbers, and deviations above 0",
                      mean_[i], deviation_[i], i));
    }
  }
}

void Standardization::apply_to_rows(std::span<double> rows, std::size_t inputs) const {
  if (inputs != mean_.size()) {
    throw ShapeError(
        fmt::format("Standardization: {} inputs, where it was made for {}", inputs, mean_.size()));
  }
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::size_t i = k % inputs;
    rows[k] = (rows[k] - mean_[i]) / deviation_[i];
  }
}

void Standardization::apply(Dataset& data) const {
  require_valid(data);
  apply_to_rows(data.x, data.inputs);
}

void Standardization::apply(Samples& data) const {
  require_valid(data);
  apply_to_rows(data.x, data.inputs);
}

std::vector<double> Standardization::operator()(std::span<const double> x) const {
  std::vector<double> row(x.begin(), x.end());
  apply_to_rows(row, row.size());
  return row;
}

}  // namespace tapegrad
