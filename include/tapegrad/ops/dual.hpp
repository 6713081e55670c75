// A value with its tangent: forward mode, by the same rules as everything else.
//
// Sent through a rule's partials, a Dual's tangent is the derivative of the partials: the second
// derivatives, which no rule has to state. Dual<Dual<double>> gives the third;
// Dual<double, Tangents<8>> goes in eight directions at once.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// The rule's value in T. Where T carries more than a value it must come from T's own rules:
/// differentiating the formula of a value instead would meet its kinks and overflows.
template <class Rule, class T, std::same_as<T>... More> T value_of(T first, More... more) {
  if constexpr (AppliesRules<T>)
    return T::template apply<Rule>(first, more...);
  else
    return Rule::value(first, more...);
}
template <class Rule, class T> T value_of(std::span<const T> x) {
  if constexpr (AppliesRules<T>)
    return T::template apply<Rule>(x);
  else
    return Rule::value(x);
}

/// Tangents in several directions.
template <std::size_t directions> struct Tangents {
  std::array<double, directions> of{};

  friend Tangents operator+(Tangents a, const Tangents& b) {
    for (std::size_t d = 0; d < directions; ++d) a.of[d] += b.of[d];
    return a;
  }
};

/// One step of the chain rule, in each direction.
template <std::size_t directions>
Tangents<directions> chain_step(Tangents<directions> tangent, double partial) {
  for (double& one : tangent.of) one = rule::Chain::value(one, partial);
  return tangent;
}
template <class T> T chain_step(T tangent, T partial) {
  return value_of<rule::Chain>(tangent, partial);
}

/// A number and its tangent: what a rule computes with it is the value and the derivative.
template <class T, class Tangent = T> struct Dual {
  T value{};
  Tangent tangent{};

  Dual() = default;
  Dual(T v, Tangent t) : value(v), tangent(t) {}

  /// A constant: its tangent is 0.
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::same_as<Number, Constant> || std::same_as<Number, T>
  Dual(Number v) : value(static_cast<T>(v)) {}

  /// The rule's value, and by its partials the tangent Σ partial[k]·tangent[k]. As in the reverse
  /// sweep, a tangent of 0 hands nothing on.
  template <class Rule, std::same_as<Dual>... Operands> static Dual apply(Operands... x) {
    const T y = value_of<Rule>(x.value...);
    const auto partial = Rule::partials(x.value..., y);
    const std::array tangents{x.tangent...};
    Tangent tangent = term<Rule>(tangents[0], partial[0]);
    for (std::size_t k = 1; k < tangents.size(); ++k)
      tangent = tangent + term<Rule>(tangents[k], partial[k]);
    return {y, tangent};
  }

  /// A chain step is a product, but one that a zero adjoint ends: in the tangent as well, also
  /// where that of the partial is ∞ or NaN.
  template <std::same_as<rule::Chain> Rule> static Dual apply(Dual adjoint, Dual partial) {
    return {
        chain_step(adjoint.value, partial.value),
        chain_step(adjoint.tangent, partial.value) + chain_step(adjoint.value, partial.tangent)};
  }

  /// The same for the rules of any number of operands.
  template <class Rule> static Dual apply(std::span<const Dual> x) {
    std::vector<T> values, partial(x.size());
    for (const Dual& xi : x) values.push_back(xi.value);
    const T y = value_of<Rule>(std::span<const T>(values));
    Rule::partials(std::span<const T>(values), y, std::span<T>(partial));
    Tangent tangent{};
    for (std::size_t k = 0; k < x.size(); ++k)
      tangent = tangent + term<Rule>(x[k].tangent, partial[k]);
    return {y, tangent};
  }

  friend Dual operator+(Dual a, Dual b) { return apply<rule::Add>(a, b); }
  friend Dual operator-(Dual a, Dual b) { return apply<rule::Sub>(a, b); }
  friend Dual operator*(Dual a, Dual b) { return apply<rule::Mul>(a, b); }
  friend Dual operator/(Dual a, Dual b) { return apply<rule::Div>(a, b); }
  friend Dual operator-(Dual x) { return apply<rule::Neg>(x); }

  friend bool operator==(Dual a, Dual b) { return a.value == b.value; }
  friend auto operator<=>(Dual a, Dual b) { return a.value <=> b.value; }

  friend Dual select(bool condition, Dual a, Dual b) { return condition ? a : b; }

 private:
  // As in the sweeps, what is cut off takes nothing, also of a tangent that is infinite.
  template <class Rule> static Tangent term(Tangent tangent, T partial) {
    return Rule::info.cuts && partial == T(0) ? Tangent{} : chain_step(tangent, partial);
  }
};

}  // namespace tapegrad
