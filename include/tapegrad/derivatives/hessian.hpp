// Second derivatives of a function of one result, and first and second derivatives in a direction.
//
// The reverse sweep is itself a computation: with tangents pushed through it (forward over reverse)
// it gives H·v without H. The second partials are those of the same rules, so there is no second
// set of formulas. Each function comes twice: of a function at a point, f(x), and of what is
// recorded already. First derivatives: gradient.hpp, jacobian.hpp. A Hessian of mostly zeros:
// sparse.hpp. Proof: check.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/matrix.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// f along a line through x: t ↦ f(x + t·v), at t = 0.
struct AlongDirection {
  double value = 0;
  double first = 0;   // gradient·v
  double second = 0;  // vᵀ·H·v
};

// ---- Of what is recorded ----

/// H[i][j] = ∂²y/∂x[i]∂x[j], n × n. Symmetric to the last bit: the lower half is the upper one.
/// @param y  on a tape that is active on this thread; a constant has a Hessian of zeros
/// @param x  n Values on that tape
/// @throws StaleValueError; NoAdjointError if an x is a constant; UnsupportedError naming a user's
///         operation that has no second-order product
/// Cost: n directions, 16 to a sweep (Tape::hessian_vector_products). Kinks: 0 there.
TAPEGRAD_API Matrix hessian(Value y, std::span<const Value> x);

/// H·v, n numbers, for the price of a few gradients whatever n is.
/// @throws ShapeError if v.size() != x.size(); else as hessian()
TAPEGRAD_API std::vector<double> hessian_vector_product(Value y, std::span<const Value> x,
                                                        std::span<const double> v);

/// ∂y/∂t where x moves as x + t·v: gradient·v by one forward sweep, without the gradient.
/// @throws ShapeError if v.size() != x.size()
TAPEGRAD_API double directional(Value y, std::span<const Value> x, std::span<const double> v);

/// The same with the second derivative, vᵀ·H·v.
TAPEGRAD_API AlongDirection directional_second(Value y, std::span<const Value> x,
                                               std::span<const double> v);

// ---- Of a function at a point ----

struct ValueGradientHessian {
  double value = 0;
  std::vector<double> gradient;  // n numbers
  Matrix hessian;                // n × n
};

/// Of what a GradientCall has recorded.
TAPEGRAD_API ValueGradientHessian value_gradient_hessian(const GradientCall& call, Value y);

/// auto [value, g, H] = value_gradient_hessian(f, x): what Newton's method needs, of one recording.
/// @param x  n numbers
/// @throws as gradient() and hessian()
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
ValueGradientHessian value_gradient_hessian(F&& f, const X& x) {
  const GradientCall call(x);
  return value_gradient_hessian(call, std::invoke(f, shaped_inputs<X, F>(call.inputs())));
}

template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F> Matrix hessian(F&& f, const X& x) {
  const GradientCall call(x);
  return hessian(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs());
}

/// Of a function of separate numbers: hessian(f, 1.0, 2.0).
template <class F, class... Numbers>
requires FunctionOfNumbers<F, Numbers...> Matrix hessian(F&& f, Numbers... x) {
  return hessian(of_array(f), std::array{static_cast<double>(x)...});
}
template <class F, class... Numbers>
requires FunctionOfNumbers<F, Numbers...> ValueGradientHessian
value_gradient_hessian(F&& f, Numbers... x) {
  return value_gradient_hessian(of_array(f), std::array{static_cast<double>(x)...});
}

template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F,
          RowOfNumbers V = std::vector<double>>
std::vector<double> hessian_vector_product(F&& f, const X& x, const V& v) {
  const GradientCall call(x);
  return hessian_vector_product(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs(),
                                v);
}

template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F,
          RowOfNumbers V = std::vector<double>>
double directional(F&& f, const X& x, const V& v) {
  const GradientCall call(x);
  return directional(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs(), v);
}

template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F,
          RowOfNumbers V = std::vector<double>>
AlongDirection directional_second(F&& f, const X& x, const V& v) {
  const GradientCall call(x);
  return directional_second(std::invoke(f, shaped_inputs<X, F>(call.inputs())), call.inputs(), v);
}

}  // namespace tapegrad
