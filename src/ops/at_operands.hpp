// A rule at operands in a row, whatever its arity and its number type.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "tapegrad/ops/op.hpp"

namespace tapegrad {

template <class Rule>
inline constexpr std::size_t arity_of = static_cast<std::size_t>(Rule::info.arity);

/// Its value. @param x  as many operands as it takes
template <class Rule, class T> T value_at(std::span<const T> x) {
  if constexpr (Rule::info.arity == variadic) {
    return Rule::value(x);
  } else {
    return [&]<std::size_t... k>(std::index_sequence<k...>) { return Rule::value(x[k]...); }
    (std::make_index_sequence<arity_of<Rule>>());
  }
}

/// Its partials, one for each operand. @param y  its value
template <class Rule, class T> std::vector<T> partials_at(std::span<const T> x, const T& y) {
  if constexpr (Rule::info.arity == variadic) {
    std::vector<T> partials(x.size(), T(0));
    Rule::partials(x, y, std::span<T>(partials));
    return partials;
  } else {
    const auto partials = [&]<std::size_t... k>(std::index_sequence<k...>) {
      return Rule::partials(x[k]..., y);
    }
    (std::make_index_sequence<arity_of<Rule>>());
    return {partials.begin(), partials.end()};
  }
}

}  // namespace tapegrad
