// A function that is known at some points: a table, with a smooth curve through it.
#pragma once

#include <memory>
#include <span>

#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// The natural cubic spline through points (x[i], y[i]): a cubic between neighbours, with slope and
/// curvature continuous, and curvature 0 at both ends. Outside it goes on as the straight line of
/// that end, so that it is twice continuously differentiable everywhere.
///
/// Its derivatives are those of the curve, exactly; the table itself is constant. Between points it
/// may swing further than the table does. On the tape it is one operation, "interpolation", with
/// one result. A copy is a handle to the same table; nodes keep it alive.
/// Source: de Boor 1978, "A Practical Guide to Splines", ch. IV.
class TAPEGRAD_API Interpolation {
 public:
  /// @param x  at least 2 numbers, increasing
  /// @param y  as many
  /// @throws ShapeError if they are not as many; ArgumentError if there are fewer than 2, if one is
  ///         NaN or infinite, if x does not increase, or if a slope overflows
  /// Cost: a few operations a point.
  Interpolation(std::span<const double> x, std::span<const double> y);

  /// Through a point of the table it is y[i] exactly. NaN: NaN.
  /// @throws StaleValueError, NoActiveTapeError, TapeFullError
  /// Cost: log2 of the number of points.
  Value operator()(Value x) const;
  double operator()(double x) const;

  /// The curve's first and second derivative.
  double slope(double x) const;
  double curvature(double x) const;

 private:
  class Spline;
  std::shared_ptr<const Spline> spline_;
};

}  // namespace tapegrad
