#include "tapegrad/nn/loss.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/observer.hpp"

namespace tapegrad {
namespace {

void check_lengths(std::string_view loss, std::size_t outputs, std::size_t truths) {
  if (outputs != truths || outputs == 0)
    throw ShapeError(
        fmt::format("{}: {} outputs against {} true values; it needs as many, and at least one",
                    loss, outputs, truths));
}

void check_label(std::string_view loss, std::size_t label, std::size_t classes) {
  if (label >= classes)
    throw ArgumentError(fmt::format("{}: label {} is outside of {} classes; they count from 0",
                                    loss, label, classes));
}

void check_probabilities(std::string_view loss, std::span<const double> p) {
  for (const double share : p) {
    if (!(share >= 0 && share <= 1))
      throw ArgumentError(
          fmt::format("{}: p = {} is no probability; it goes from 0 to 1", loss, share));
  }
  const double total = sum(p);
  if (std::abs(total - 1) > 1e-6)
    throw ArgumentError(
        fmt::format("{}: the probabilities p sum to {}; divide them by their sum", loss, total));
}

// The term of each output's error a - y, summed from the first to the last.
template <class T, class Term>
T summed(std::span<const T> a, std::span<const double> y, Term term) {
  T total = term(a[0] - y[0]);
  for (std::size_t k = 1; k < a.size(); ++k) total = total + term(a[k] - y[k]);
  return total;
}

template <class T>
T squared(std::string_view loss, std::span<const T> a, std::span<const double> y) {
  check_lengths(loss, a.size(), y.size());
  return summed(a, y, [](T error) { return error * error; });
}

template <class T>
T absolute(std::string_view loss, std::span<const T> a, std::span<const double> y) {
  check_lengths(loss, a.size(), y.size());
  using std::abs;
  return summed(a, y, [](T error) -> T { return abs(error); });
}

template <class T> T huber(std::span<const T> a, std::span<const double> y, double delta) {
  check_lengths("huber_loss", a.size(), y.size());
  if (!(delta > 0) || !std::isfinite(delta))
    throw ArgumentError(
        fmt::format("huber_loss: delta is {}; pass a finite number above 0", delta));
  using std::abs;
  return summed(a, y, [delta](T error) {
    const T size = abs(error);
    return select(is_less_equal(size, T(delta)), error * error * 0.5, delta * (size - delta / 2));
  });
}

template <class T> T binary(T pa, double y) {
  if (!(y >= 0 && y <= 1))
    throw ArgumentError(
        fmt::format("binary_cross_entropy: y = {} is no probability; it goes from 0 to 1", y));
  return softplus(pa) - y * pa;
}

template <class T> T cross_entropy(std::span<const T> pa, std::size_t label) {
  check_label("softmax_cross_entropy", label, pa.size());
  return log_sum_exp(pa) - pa[label];
}

template <class T> T divergence(std::span<const double> p, std::span<const T> pa) {
  check_lengths("kl_divergence", pa.size(), p.size());
  check_probabilities("kl_divergence", p);
  const T log_total = log_sum_exp(pa);
  T total = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    if (p[k] == 0) continue;
    const T log_q = pa[k] - log_total;
    total = total + p[k] * (std::log(p[k]) - log_q);
  }
  return total;
}

template <class T> T hinge(T pa, double y) {
  if (y != 1 && y != -1)
    throw ArgumentError(fmt::format("hinge_loss: y = {}; the two classes are 1 and -1", y));
  return relu(1 - y * pa);
}

template <class T> T multiclass_hinge(std::span<const T> pa, std::size_t label) {
  check_label("multiclass_hinge_loss", label, pa.size());
  T total = 0;
  for (std::size_t k = 0; k < pa.size(); ++k) {
    if (k != label) total = total + relu(1 + (pa[k] - pa[label]));
  }
  return total;
}

}  // namespace

// Each stands twice, for Value and double. What is recorded belongs to the line that has called it,
// and only in the exported function TAPEGRAD_CALLER is that line.

Value squared_error(std::span<const Value> a, std::span<const double> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return squared("squared_error", a, y);
}
double squared_error(std::span<const double> a, std::span<const double> y) {
  return squared("squared_error", a, y);
}

Value mean_squared_error(std::span<const Value> a, std::span<const double> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return squared("mean_squared_error", a, y) / static_cast<double>(a.size());
}
double mean_squared_error(std::span<const double> a, std::span<const double> y) {
  return squared("mean_squared_error", a, y) / static_cast<double>(a.size());
}

Value absolute_error(std::span<const Value> a, std::span<const double> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return absolute("absolute_error", a, y);
}
double absolute_error(std::span<const double> a, std::span<const double> y) {
  return absolute("absolute_error", a, y);
}

Value mean_absolute_error(std::span<const Value> a, std::span<const double> y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return absolute("mean_absolute_error", a, y) / static_cast<double>(a.size());
}
double mean_absolute_error(std::span<const double> a, std::span<const double> y) {
  return absolute("mean_absolute_error", a, y) / static_cast<double>(a.size());
}

Value huber_loss(std::span<const Value> a, std::span<const double> y, double delta) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return huber(a, y, delta);
}
double huber_loss(std::span<const double> a, std::span<const double> y, double delta) {
  return huber(a, y, delta);
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

Value kl_divergence(std::span<const double> p, std::span<const Value> pa) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return divergence(p, pa);
}
double kl_divergence(std::span<const double> p, std::span<const double> pa) {
  return divergence(p, pa);
}

Value hinge_loss(Value pa, double y) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return hinge(pa, y);
}
double hinge_loss(double pa, double y) { return hinge(pa, y); }

Value multiclass_hinge_loss(std::span<const Value> pa, std::size_t label) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return multiclass_hinge(pa, label);
}
double multiclass_hinge_loss(std::span<const double> pa, std::size_t label) {
  return multiclass_hinge(pa, label);
}

}  // namespace tapegrad
