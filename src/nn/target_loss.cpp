#include "tapegrad/nn/target_loss.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/operators.hpp"

namespace tapegrad {
namespace {

void check_targets(std::string_view loss, std::size_t outputs, std::size_t targets) {
  if (outputs != targets || outputs == 0)
    throw ShapeError(fmt::format("{}: {} outputs and {} targets; it needs as many, at least one",
                                 loss, outputs, targets));
}

Value squares(std::string_view loss, std::span<const Value> a, std::span<const Value> y) {
  check_targets(loss, a.size(), y.size());
  const Value first = a[0] - y[0];
  Value total = first * first;
  for (std::size_t k = 1; k < a.size(); ++k) {
    const Value error = a[k] - y[k];
    total = total + error * error;
  }
  return total;
}

}  // namespace

Value softmax_cross_entropy(std::span<const Value> pa, std::span<const Value> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  check_targets("softmax_cross_entropy", pa.size(), y.size());
  return log_sum_exp(pa) * sum(y) - dot(y, pa);
}

Value squared_error(std::span<const Value> a, std::span<const Value> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return squares("squared_error", a, y);
}

Value mean_squared_error(std::span<const Value> a, std::span<const Value> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return squares("mean_squared_error", a, y) / static_cast<double>(a.size());
}

}  // namespace tapegrad
