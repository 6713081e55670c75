#include "tapegrad/derivatives/interpolation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/derivatives/user_operation.hpp"

namespace tapegrad {
namespace {

using Numbers = std::span<const double>;

void check_table(Numbers x, Numbers y) {
  if (x.size() != y.size())
    throw ShapeError(
        fmt::format("Interpolation: {} numbers x and {} numbers y; each point has one "
                    "of both",
                    x.size(), y.size()));
  if (x.size() < 2)
    throw ArgumentError(
        fmt::format("Interpolation: the table has {} points; it takes 2 or more", x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i]))
      throw ArgumentError(fmt::format("Interpolation: point {} is ({}, {}); both have to be finite",
                                      i, x[i], y[i]));
    if (i > 0 && !(x[i - 1] < x[i]))
      throw ArgumentError(
          fmt::format("Interpolation: x[{}] = {} is followed by {}; x has to "
                      "increase: sort the points, and keep one of each x",
                      i - 1, x[i - 1], x[i]));
  }
}

}  // namespace

/// The curve, and the operation of the tape: it keeps nothing of a single use.
class Interpolation::Spline : public External {
 public:
  Spline(Numbers x, Numbers y);

  double value(double x) const;
  double slope(double x) const;
  double curvature(double x) const;

  std::string_view name() const override { return "interpolation"; }

  void pull_back(Numbers operands, Numbers result_adjoints,
                 std::span<double> operand_adjoints) const override {
    operand_adjoints[0] += result_adjoints[0] * slope(operands[0]);
  }
  void push_forward(Numbers operands, Numbers operand_tangents,
                    std::span<double> result_tangents) const override {
    result_tangents[0] += operand_tangents[0] * slope(operands[0]);
  }
  void pull_back_derivative(Numbers operands, Numbers operand_tangents, Numbers result_adjoints,
                            std::span<double> operand_adjoints) const override {
    operand_adjoints[0] += result_adjoints[0] * curvature(operands[0]) * operand_tangents[0];
  }

 private:
  // Between points i and i + 1, a and b say how near x is to each: a + b = 1.
  struct Piece {
    std::size_t i;
    double width, a, b;
  };
  Piece piece_at(double x) const;
  double slope_of(const Piece& piece) const;
  bool is_outside(double x) const { return x < x_.front() || x > x_.back(); }

  std::vector<double> x_, y_;
  std::vector<double> curvature_;  // at the points
};

// The curvatures m of neighbours are tied together by the slope being continuous:
// h[i-1]·m[i-1] + 2(h[i-1] + h[i])·m[i] + h[i]·m[i+1] = 6(s[i] - s[i-1]), with widths h and the
// slopes s of the chords. Solved by elimination from the left, then back.
Interpolation::Spline::Spline(Numbers x, Numbers y)
    : x_(x.begin(), x.end()), y_(y.begin(), y.end()), curvature_(x.size()) {
  const std::size_t last = x.size() - 1;
  std::vector<double> diagonal(x.size()), right(x.size());
  const auto width = [&](std::size_t i) { return x[i + 1] - x[i]; };
  const auto chord = [&](std::size_t i) { return (y[i + 1] - y[i]) / width(i); };
  for (std::size_t i = 1; i < last; ++i) {
    diagonal[i] = 2 * (width(i - 1) + width(i));
    right[i] = 6 * (chord(i) - chord(i - 1));
    if (i == 1) continue;
    const double factor = width(i - 1) / diagonal[i - 1];
    diagonal[i] -= factor * width(i - 1);
    right[i] -= factor * right[i - 1];
  }
  for (std::size_t i = last; i-- > 1;)
    curvature_[i] = (right[i] - width(i) * curvature_[i + 1]) / diagonal[i];
  for (std::size_t i = 0; i < last; ++i) {
    if (!std::isfinite(width(i)) || !std::isfinite(chord(i)) || !std::isfinite(curvature_[i]))
      throw ArgumentError(fmt::format(
          "Interpolation: from ({}, {}) to ({}, {}) the curve is too steep, or the way too long, "
          "for numbers of 64 bits; scale x or y",
          x[i], y[i], x[i + 1], y[i + 1]));
  }
}

Interpolation::Spline::Piece Interpolation::Spline::piece_at(double x) const {
  const auto above = std::upper_bound(x_.begin() + 1, x_.end() - 1, x);
  const std::size_t i = static_cast<std::size_t>(above - x_.begin()) - 1;
  const double width = x_[i + 1] - x_[i];
  return {i, width, (x_[i + 1] - x) / width, (x - x_[i]) / width};
}

double Interpolation::Spline::slope_of(const Piece& piece) const {
  const auto [i, width, a, b] = piece;
  return (y_[i + 1] - y_[i]) / width +
         ((3 * b * b - 1) * curvature_[i + 1] - (3 * a * a - 1) * curvature_[i]) * width / 6;
}

double Interpolation::Spline::value(double x) const {
  if (is_outside(x)) {
    const bool is_below = x < x_.front();
    const double rise = slope(x);
    const double end = is_below ? x_.front() : x_.back();
    const double at_end = is_below ? y_.front() : y_.back();
    return rise == 0 ? at_end : at_end + rise * (x - end);  // flat also at infinity
  }
  const auto [i, width, a, b] = piece_at(x);
  return a * y_[i] + b * y_[i + 1] +
         ((a * a * a - a) * curvature_[i] + (b * b * b - b) * curvature_[i + 1]) * width * width /
             6;
}

double Interpolation::Spline::slope(double x) const {
  if (is_outside(x)) x = x < x_.front() ? x_.front() : x_.back();
  return slope_of(piece_at(x));
}

double Interpolation::Spline::curvature(double x) const {
  if (is_outside(x)) return 0;
  const auto [i, width, a, b] = piece_at(x);
  return a * curvature_[i] + b * curvature_[i + 1];
}

Interpolation::Interpolation(std::span<const double> x, std::span<const double> y) {
  check_table(x, y);
  spline_ = std::make_shared<const Spline>(x, y);
}

Value Interpolation::operator()(Value x) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  const double y = spline_->value(x.value());
  return record_operation(spline_, std::span(&x, 1), std::span(&y, 1))[0];
}

double Interpolation::operator()(double x) const { return spline_->value(x); }
double Interpolation::slope(double x) const { return spline_->slope(x); }
double Interpolation::curvature(double x) const { return spline_->curvature(x); }

}  // namespace tapegrad
