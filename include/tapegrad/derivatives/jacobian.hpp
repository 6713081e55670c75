// First derivatives of a function of several results: the whole Jacobian, and its products with
// vectors, which cost one sweep however large it is.
//
// Each comes twice: of a function at a point, f(x), and of what is recorded already, y and x on a
// tape that is active on this thread. Of one result: gradient.hpp. Second derivatives: hessian.hpp.
// A Jacobian of mostly zeros: sparse.hpp.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/matrix.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

template <class Results>
concept SeveralValues =
    std::is_convertible_v<Results, std::span<const Value>>;  // f must return a vector of Values

/// A function of n numbers with several results: from a span of Values to a vector or an array of
/// them.
template <class F>
concept FunctionToValues = SeveralValues<std::invoke_result_t<F&, std::span<const Value>>>;

/// One that can be asked at the point x: of a span, a vector or an array of as many Values.
template <class F, class X>
concept FunctionToValuesAt = TakesValues<F, InputsAt<F, X>> && SeveralValues<ResultAt<F, X>>;

// ---- Of what is recorded ----

/// J[k][i] = ∂y[k]/∂x[i], m × n: by rows, in reverse, or by columns, forward, whichever are fewer.
/// @param y  m Values; a constant has a row of zeros
/// @param x  n Values on a tape that is active on this thread
/// @throws StaleValueError if they are not all on one such tape; NoAdjointError if an x is a
///         constant
/// Edges: a path with an infinite partial and one of 0 gives 0 if the sweep meets the 0 first, and
/// else NaN; so the two ways may differ there.
/// Cost: min(m, n) directions, 16 to a sweep (Tape::pull_back, Tape::push_forward).
TAPEGRAD_API Matrix jacobian(std::span<const Value> y, std::span<const Value> x);

/// J·v: n numbers to m, by one forward sweep. @throws ShapeError if v.size() != x.size()
TAPEGRAD_API std::vector<double> jacobian_vector_product(std::span<const Value> y,
                                                         std::span<const Value> x,
                                                         std::span<const double> v);

/// uᵀ·J: m numbers to n, by one reverse sweep. @throws ShapeError if u.size() != y.size()
TAPEGRAD_API std::vector<double> vector_jacobian_product(std::span<const Value> y,
                                                         std::span<const Value> x,
                                                         std::span<const double> u);

/// Jᵀ·J·v: n numbers to n, by one sweep each way. That is the Gauss–Newton matrix, the part of the
/// Hessian of ½‖y‖² that needs no second derivatives.
TAPEGRAD_API std::vector<double> gauss_newton_product(std::span<const Value> y,
                                                      std::span<const Value> x,
                                                      std::span<const double> v);

// ---- Of a function at a point ----

struct ValuesAndJacobian {
  std::vector<double> values;  // f(x), m numbers
  Matrix jacobian;             // m × n
};

/// Records f at x on a tape of the library's own, as gradient() does, and hands its results to
/// `use` while they are there.
template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F, class Use>
auto with_recorded(F&& f, const X& x, Use&& use) {
  const GradientCall call(x);
  const auto inputs = shaped_inputs<X, F>(call.inputs());
  const auto results = std::invoke(f, inputs);
  return use(std::span<const Value>(results), call.inputs());
}

/// auto [values, J] = values_and_jacobian(f, x).
/// @param x  n numbers
/// @throws as gradient()
template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
ValuesAndJacobian values_and_jacobian(F&& f, const X& x) {
  return with_recorded(f, x, [](std::span<const Value> y, std::span<const Value> inputs) {
    ValuesAndJacobian result{{}, jacobian(y, inputs)};
    for (const Value& yk : y) result.values.push_back(yk.value());
    return result;
  });
}

template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
Matrix jacobian(F&& f, const X& x) {
  return values_and_jacobian(f, x).jacobian;
}

template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F,
          RowOfNumbers V = std::vector<double>>
std::vector<double> jacobian_vector_product(F&& f, const X& x, const V& v) {
  return with_recorded(f, x, [&](std::span<const Value> y, std::span<const Value> inputs) {
    return jacobian_vector_product(y, inputs, v);
  });
}

template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F,
          RowOfNumbers U = std::vector<double>>
std::vector<double> vector_jacobian_product(F&& f, const X& x, const U& u) {
  return with_recorded(f, x, [&](std::span<const Value> y, std::span<const Value> inputs) {
    return vector_jacobian_product(y, inputs, u);
  });
}

template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F,
          RowOfNumbers V = std::vector<double>>
std::vector<double> gauss_newton_product(F&& f, const X& x, const V& v) {
  return with_recorded(f, x, [&](std::span<const Value> y, std::span<const Value> inputs) {
    return gauss_newton_product(y, inputs, v);
  });
}

}  // namespace tapegrad
