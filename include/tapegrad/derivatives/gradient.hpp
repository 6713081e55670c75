// The gradient of a function, in one call.
//
// Write the function once, as a template over its number or with Value, and ask for its value and
// gradient at a point. A tape of the thread's own is used, and reused: no Tape has to be made, and
// one that is active is left as it was, also when the function throws.
// For a gradient inside a larger recording: Tape::backward(). Proof: check.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// n doubles in a row: an array, a vector, a span. It stands before FunctionAt, and so is asked
/// first: to ask a generic lambda for its result is to compile its body, which need not compile
/// with a span if it is meant for single numbers.
template <class X>
concept RowOfNumbers = std::convertible_to<const X&, std::span<const double>>;

/// Is x an array, and does f take one?
template <class F, class X> inline constexpr bool takes_array = false;
template <class F, std::size_t n>
inline constexpr bool takes_array<F, std::array<double, n>> =
    std::invocable<F&, const std::array<Value, n>&>;

/// The inputs in the shape that f takes at a point x: an array if x is one; a span; or a vector.
template <class X, class F> auto shaped_inputs(std::span<const Value> inputs) {
  if constexpr (takes_array<F, X>) {
    std::array<Value, std::tuple_size_v<X>> array;
    std::ranges::copy(inputs, array.begin());
    return array;
  } else if constexpr (std::invocable<F&, std::span<const Value>>) {
    return inputs;
  } else {
    return std::vector<Value>(inputs.begin(), inputs.end());
  }
}

template <class F, class X>
using InputsAt = decltype(shaped_inputs<X, F>(std::span<const Value>()));

template <class F, class X>
using ResultAt = std::remove_cvref_t<std::invoke_result_t<F&, const InputsAt<F, X>&>>;

// What every callable is asked for. Where it does not hold, compilers show the line, and so its
// comment; hence also is_same_v, in place of a concept of the standard library's.
template <class F, class Inputs>
concept TakesValues = std::is_invocable_v<F&, const Inputs&>;  // f must take std::span<const Value>
template <class Result>
concept OneValue = std::is_same_v<Result, Value>;  // f must return one Value; more: jacobian()

/// A function whose result is a Value. One that returns a plain double is refused: it has lost the
/// gradient on the way.
template <class F, class... Inputs>
concept FunctionToValue = OneValue<std::remove_cvref_t<std::invoke_result_t<F&, Inputs...>>>;

/// A function of n numbers: from a span of Values to a Value.
template <class F>
concept FunctionOfSpan = FunctionToValue<F, std::span<const Value>>;

/// A function that can be asked for its value at the point x: of a span, a vector or an array of
/// as many Values.
template <class F, class X>
concept FunctionAt = TakesValues<F, InputsAt<F, X>> && OneValue<ResultAt<F, X>>;

/// f at a point, and its gradient there.
struct ValueAndGradient {
  double value;
  std::vector<double> gradient;  // ∂f/∂x[i], as long as x
};

template <std::size_t N> struct ValueAndGradientOf {
  double value;
  std::array<double, N> gradient;
};

/// One call of gradient(): inputs as leaves on a tape that this thread keeps for the purpose.
/// Calls may nest; each depth has a tape of its own.
class TAPEGRAD_API GradientCall {
 public:
  explicit GradientCall(std::span<const double> x);
  ~GradientCall();
  GradientCall(const GradientCall&) = delete;
  GradientCall& operator=(const GradientCall&) = delete;

  std::span<const Value> inputs() const;

  /// Sweeps from y and writes the adjoints of the inputs; zeros if y turned out a constant.
  /// @throws StaleValueError if y was recorded elsewhere
  double sweep(Value y, std::span<double> gradient) const;

 private:
  struct Workspace;
  struct Level {
    Level();
    ~Level();
    Workspace& workspace;
  };
  Level level_;
  ActiveScope active_;
};

[[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_wrong_gradient_length(std::size_t inputs,
                                                                         std::size_t gradient);

/// Value of f at x, and its gradient into `out`. Allocates nothing once the thread's tape has
/// grown to what f needs (and f takes a span or an array).
/// @param f    takes n Values, as a span, a vector, or an array if x is one
/// @param x    n numbers
/// @param out  n numbers, ∂f/∂x[i]; unchanged if f throws. May be the memory of x
/// @throws ShapeError if out.size() != x.size(); StaleValueError if f uses or returns a Value of
///         another tape; whatever f throws
/// Edges: a result that is a constant (`x > 0 ? x : 0.0` on the flat side) has gradient 0; an
/// empty x has an empty gradient.
/// Cost: one evaluation of f with Values and one sweep.
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
double gradient(F&& f, const X& x, std::span<double> out) {
  const std::span<const double> point = x;
  if (out.size() != point.size()) throw_wrong_gradient_length(point.size(), out.size());
  const GradientCall call(point);
  return call.sweep(std::invoke(f, shaped_inputs<X, F>(call.inputs())), out);
}

/// The same with its results returned: auto [value, grad] = gradient(f, x).
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
ValueAndGradient gradient(F&& f, const X& x) {
  ValueAndGradient result{0, std::vector<double>(std::span<const double>(x).size())};
  result.value = gradient(f, x, std::span<double>(result.gradient));
  return result;
}

/// At a point that is an array the gradient is one as well.
template <std::size_t n, FunctionAt<std::array<double, n>> F>
ValueAndGradientOf<n> gradient(F&& f, const std::array<double, n>& x) {
  ValueAndGradientOf<n> result{};
  result.value = gradient(f, x, std::span<double>(result.gradient));
  return result;
}

/// f of separate Values, as a function of an array of them.
template <class F> auto of_array(F& f) {
  return [&f]<std::size_t n>(const std::array<Value, n>& x) { return std::apply(f, x); };
}

template <class Number> using ValueInPlaceOf = Value;

/// A function of as many separate numbers.
template <class F, class... Numbers>
concept FunctionOfNumbers =
    sizeof...(Numbers) > 0 &&
    (std::convertible_to<Numbers, double> && ...) && FunctionToValue<F, ValueInPlaceOf<Numbers>...>;

/// Of a function of separate numbers: auto [value, grad] = gradient(f, 1.0, 2.0), with grad an
/// array.
template <class F, class... Numbers>
requires FunctionOfNumbers<F, Numbers...>
auto gradient(F&& f, Numbers... x) {
  return gradient(of_array(f), std::array{static_cast<double>(x)...});
}

}  // namespace tapegrad
