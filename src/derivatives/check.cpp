#include "tapegrad/derivatives/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "derivatives/finite_difference.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr double clearly = 10;  // so many times its error a difference may be off

void require_tolerance(std::string_view function, double tolerance) {
  if (tolerance > 0) return;
  throw ArgumentError(
      fmt::format("{}: tolerance is {}; pass a number above 0", function, tolerance));
}

// Errors are sought a hundred times finer than the tolerance.
FiniteDifferences differences_of(const PlainFunctions& f, std::span<const double> x,
                                 std::size_t results, double tolerance) {
  return {f, x, results, tolerance / 100};
}

// Between left and right derivative anything may be called right, elsewhere nothing.
Verdict verdict_at_kink(double sweep, const Difference& d, double tolerance) {
  const auto [low, high] = std::minmax(d.left, d.right);
  const double margin =
      std::max(tolerance * std::max(std::abs(low), std::abs(high)), clearly * d.error);
  return sweep < low - margin || sweep > high + margin ? Verdict::disagrees : Verdict::undecided;
}

void judge_finite(PartialCheck& check, const Difference& d, double tolerance) {
  const double gap = std::abs(check.sweep - d.value);
  const double size = std::max(std::abs(check.sweep), std::abs(d.value));
  const double seen = clearly * d.error;
  const double least = d.is_at_rounding ? seen / tolerance : 0;
  check.disagreement = gap == 0 ? 0 : gap / std::max(size, least);
  const bool is_near = gap <= tolerance * size;
  const bool may_be_lost = d.is_flat_nearby && check.sweep == 0;
  const bool may_be_hidden = d.value == 0 && std::abs(check.sweep) < d.hidden;
  if (is_near && (d.error <= tolerance * size || d.is_at_rounding)) {
    check.verdict = Verdict::agrees;
  } else if (gap <= seen && d.is_at_rounding) {
    check.verdict = Verdict::agrees;
    check.doubt = Doubt::below_rounding;
  } else if (!is_near && gap > seen && !may_be_lost && !may_be_hidden) {
    check.verdict = Verdict::disagrees;
  } else {
    check.verdict = Verdict::undecided;
    if (check.doubt == Doubt::none) check.doubt = Doubt::imprecise;
  }
}

PartialCheck judged(double sweep, const Difference& d, double tolerance) {
  PartialCheck check{.sweep = sweep,
                     .difference = d.value,
                     .error = d.error,
                     .step = d.step,
                     .left = d.left,
                     .right = d.right,
                     .doubt = d.doubt};
  if (d.doubt == Doubt::not_finite || !std::isfinite(d.value)) {
    check.doubt = Doubt::not_finite;
  } else if (d.doubt == Doubt::steep) {
    if (std::isfinite(sweep)) check.disagreement = 1;  // any number beside one without a limit
  } else if (!std::isfinite(sweep)) {
    check.doubt = Doubt::not_finite;
    if (d.error <= 1e-3 * std::abs(d.value) || d.is_at_rounding) check.verdict = Verdict::disagrees;
  } else {
    judge_finite(check, d, tolerance);
    if (d.doubt == Doubt::kink) check.verdict = verdict_at_kink(sweep, d, tolerance);
  }
  return check;
}

// Brings a check's summary up to date with the partial that was put in place.
void account(DerivativeCheck& check, std::size_t index) {
  const double disagreement = check.partials[index].disagreement;
  if (disagreement <= check.worst || std::isnan(check.worst)) return;  // the first NaN stays
  check.worst = disagreement;
  check.worst_index = index;
}

void account_all(DerivativeCheck& check) {
  for (std::size_t i = 0; i < check.partials.size(); ++i) account(check, i);
}

const PartialCheck& entry(const DerivativeCheck& check, std::size_t i, std::size_t j,
                          std::size_t rows, std::size_t columns) {
  if (i < rows && j < columns) return check.partials[i * columns + j];
  throw ShapeError(
      fmt::format("check: entry ({}, {}) of {} × {}; they count from 0", i, j, rows, columns));
}

// Fills partials[k·n + i] for a matrix of the derivatives of results k by inputs i.
void compare_matrix(DerivativeCheck& check, const PlainFunctions& f, std::span<const double> x,
                    const Matrix& by_sweep) {
  check.partials.resize(by_sweep.rows * by_sweep.columns);
  FiniteDifferences differences = differences_of(f, x, by_sweep.rows, check.tolerance);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::vector<Difference> column = differences.by(i);
    for (std::size_t k = 0; k < by_sweep.rows; ++k)
      check.partials[k * x.size() + i] = judged(by_sweep(k, i), column[k], check.tolerance);
  }
}

}  // namespace

Verdict DerivativeCheck::verdict() const {
  Verdict worst_of_all = Verdict::agrees;
  for (const PartialCheck& one : partials) worst_of_all = std::max(worst_of_all, one.verdict);
  return worst_of_all;
}

std::size_t DerivativeCheck::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::ranges::count(partials, verdict, &PartialCheck::verdict));
}

const PartialCheck& JacobianCheck::operator()(std::size_t k, std::size_t i) const {
  return entry(*this, k, i, rows, columns);
}

const PartialCheck& HessianCheck::operator()(std::size_t i, std::size_t j) const {
  return entry(*this, i, j, inputs, inputs);
}

GradientCheck compare_with_differences(const PlainFunction& f, std::span<const double> x,
                                       const ValueAndGradient& by_sweep, double tolerance) {
  require_tolerance("check_gradient", tolerance);
  if (by_sweep.gradient.size() != x.size())
    throw ShapeError(
        fmt::format("check_gradient: a gradient of {} partial derivatives by {} inputs",
                    by_sweep.gradient.size(), x.size()));
  const PlainFunctions one_result = [&](std::span<const double> at, std::span<double> out) {
    out[0] = f(at);
  };
  Matrix gradient(1, x.size());
  gradient.numbers = by_sweep.gradient;
  GradientCheck check;
  check.tolerance = tolerance;
  check.value = by_sweep.value;
  compare_matrix(check, one_result, x, gradient);
  account_all(check);
  return check;
}

JacobianCheck compare_with_differences(const PlainFunctions& f, std::span<const double> x,
                                       const Matrix& by_sweep, double tolerance) {
  require_tolerance("check_jacobian", tolerance);
  if (by_sweep.columns != x.size())
    throw ShapeError(fmt::format("check_jacobian: a Jacobian of {} columns by {} inputs",
                                 by_sweep.columns, x.size()));
  JacobianCheck check;
  check.tolerance = tolerance;
  check.rows = by_sweep.rows;
  check.columns = by_sweep.columns;
  compare_matrix(check, f, x, by_sweep);
  account_all(check);
  return check;
}

HessianCheck compare_with_differences(const PlainFunctions& gradient, std::span<const double> x,
                                      const Matrix& hessian, double along, double tolerance) {
  require_tolerance("check_hessian", tolerance);
  const std::size_t n = x.size();
  if (hessian.rows != n || hessian.columns != n)
    throw ShapeError(fmt::format("check_hessian: a Hessian of {} × {} by {} inputs", hessian.rows,
                                 hessian.columns, n));
  HessianCheck check;
  check.tolerance = tolerance;
  check.inputs = n;
  compare_matrix(check, gradient, x, hessian);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j)
      check.asymmetry = std::max(check.asymmetry, std::abs(hessian(i, j) - hessian(j, i)));

  const std::vector<double> v = check_direction(n);
  std::vector<double> point(n), slope(n);
  // t ↦ vᵀ·∇f(x + t·v), whose derivative at 0 is vᵀ·H·v
  const PlainFunctions along_line = [&](std::span<const double> t, std::span<double> out) {
    for (std::size_t i = 0; i < n; ++i) point[i] = x[i] + t[0] * v[i];
    gradient(point, slope);
    out[0] = std::inner_product(v.begin(), v.end(), slope.begin(), 0.0);
  };
  const std::vector<double> origin{0.0};
  FiniteDifferences differences = differences_of(along_line, origin, 1, tolerance);
  check.partials.push_back(judged(along, differences.by(0)[0], tolerance));
  account_all(check);
  return check;
}

std::vector<double> check_direction(std::size_t n) {
  constexpr double sizes[] = {1, -0.5, 0.75, -1, 0.5, -0.75, 0.25};
  std::vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = sizes[i % std::size(sizes)];
  return v;
}

void throw_other_result_count(std::size_t at_x, std::size_t beside) {
  throw ShapeError(
      fmt::format("check_jacobian: the function has {} results at x and {} beside it; it must have "
                  "as many everywhere",
                  at_x, beside));
}

}  // namespace tapegrad
