#include "tapegrad/nn/loss.hpp"

#include <fmt/format.h>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/observer.hpp"

namespace tapegrad {
namespace {

template <class T> T squared(std::span<const T> a, std::span<const double> y) {
  if (a.size() != y.size() || a.empty())
    throw ShapeError(fmt::format(
        "squared_error: {} outputs against {} true values; it needs as many, and at least one",
        a.size(), y.size()));
  T total = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const T error = a[k] - y[k];
    total = k == 0 ? error * error : total + error * error;
  }
  return total;
}

template <class T> T binary(T pa, double y) {
  if (!(y >= 0 && y <= 1))
    throw ArgumentError(
        fmt::format("binary_cross_entropy: y = {} is no probability; it goes from 0 to 1", y));
  return softplus(pa) - y * pa;
}

template <class T> T cross_entropy(std::span<const T> pa, std::size_t label) {
  if (label >= pa.size())
    throw ArgumentError(
        fmt::format("softmax_cross_entropy: label {} is outside of {} classes; they count from 0",
                    label, pa.size()));
  return log_sum_exp(pa) - pa[label];
}

}  // namespace

Value squared_error(std::span<const Value> a, std::span<const double> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return squared(a, y);
}
double squared_error(std::span<const double> a, std::span<const double> y) { return squared(a, y); }

Value mean_squared_error(std::span<const Value> a, std::span<const double> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return squared(a, y) / static_cast<double>(a.size());
}
double mean_squared_error(std::span<const double> a, std::span<const double> y) {
  return squared(a, y) / static_cast<double>(a.size());
}

Value binary_cross_entropy(Value pa, double y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return binary(pa, y);
}
double binary_cross_entropy(double pa, double y) { return binary(pa, y); }

Value softmax_cross_entropy(std::span<const Value> pa, std::size_t label) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return cross_entropy(pa, label);
}
double softmax_cross_entropy(std::span<const double> pa, std::size_t label) {
  return cross_entropy(pa, label);
}

}  // namespace tapegrad
