// A rule's value and all its partials at a point, whatever its arity and its number type.
#pragma once

#include <span>
#include <vector>

#include "tapegrad/ops/dual.hpp"

namespace tapegrad::testing {

template <class T> struct Evaluated {
  T value;
  std::vector<T> partials;  // one for each operand
};

template <class Rule, class T> Evaluated<T> evaluate(const std::vector<T>& x) {
  constexpr int arity = Rule::info.arity;
  const auto both = [](const T& y, const auto& partials) {
    return Evaluated<T>{y, {partials.begin(), partials.end()}};
  };
  if constexpr (arity == variadic) {
    const T y = value_of<Rule>(std::span<const T>(x));
    std::vector<T> partials(x.size());
    Rule::partials(std::span<const T>(x), y, std::span<T>(partials));
    return both(y, partials);
  } else if constexpr (arity == 1) {
    const T y = value_of<Rule>(x[0]);
    return both(y, Rule::partials(x[0], y));
  } else if constexpr (arity == 2) {
    const T y = value_of<Rule>(x[0], x[1]);
    return both(y, Rule::partials(x[0], x[1], y));
  } else {
    const T y = value_of<Rule>(x[0], x[1], x[2]);
    return both(y, Rule::partials(x[0], x[1], x[2], y));
  }
}

/// A rule at a point, as a function: what is checked needs no template, only what is evaluated.
template <class T> using RuleAt = Evaluated<T> (*)(const std::vector<T>&);

}  // namespace tapegrad::testing
