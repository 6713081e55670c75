// What a rule's derivatives depend on, whatever the values: found by sending numbers through the
// rule's partials that know of nothing else.
//
//   Presence    Is it always 0? The partials of floor are, those of mul are not.
//   Dependence  Which operands move it? Of mul's partials, b and a, each the other operand.
//
// As with Text and Dual, nothing is said by hand of any operation. What they say is safe: they may
// find a dependence where formulas cancel, and never miss one.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "ops/at_operands.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// The outcome of a comparison: a select() may go either way.
struct Undecided {};

/// What of a number is known before there are values: that it is always 0, or nothing.
class Presence {
 public:
  Presence() = default;
  template <class Number>
  requires std::is_arithmetic_v<Number> Presence(Number x) : always_zero_(x == 0) {}
  Presence(Constant) {}

  bool always_zero() const { return always_zero_; }

  template <class Rule, std::same_as<Presence>... Operands> static Presence apply(Operands...) {
    return {};
  }
  template <class Rule> static Presence apply(std::span<const Presence>) { return {}; }

  friend Presence operator+(Presence, Presence) { return {}; }
  friend Presence operator-(Presence, Presence) { return {}; }
  friend Presence operator*(Presence, Presence) { return {}; }
  friend Presence operator/(Presence, Presence) { return {}; }
  friend Presence operator-(Presence x) { return x; }

  friend Undecided operator<(Presence, Presence) { return {}; }
  friend Undecided operator<=(Presence, Presence) { return {}; }
  friend Undecided operator>(Presence, Presence) { return {}; }
  friend Undecided operator>=(Presence, Presence) { return {}; }
  friend Undecided operator==(Presence, Presence) { return {}; }
  friend Undecided operator!=(Presence, Presence) { return {}; }

  friend Presence select(Undecided, Presence a, Presence b) { return a.always_zero_ ? b : a; }

 private:
  bool always_zero_ = false;
};

/// Which operands a rule's result depends on: those to which the partial isn't always 0.
template <class Rule> std::vector<std::uint32_t> operands_that_count(std::size_t operands) {
  const std::vector<Presence> x(operands);
  const std::vector<Presence> partials = partials_at<Rule>(std::span(x), Presence());
  std::vector<std::uint32_t> found;
  for (std::size_t k = 0; k < operands; ++k)
    if (!partials[k].always_zero()) found.push_back(static_cast<std::uint32_t>(k));
  return found;
}

/// A set of operands: those that move a number. A constant has none.
class Dependence {
 public:
  template <class Number>
  requires std::is_arithmetic_v<Number> Dependence(Number) {}
  Dependence(Constant) {}

  static Dependence on(std::vector<std::uint32_t> operands) {
    Dependence result(0);
    result.on_ = std::move(operands);
    return result;
  }

  /// In rising order.
  const std::vector<std::uint32_t>& operands() const { return on_; }

  template <class Rule, std::same_as<Dependence>... Operands>
  static Dependence apply(const Operands&... x) {
    const std::array<const Dependence*, sizeof...(x)> all{&x...};
    Dependence result(0);
    for (const std::uint32_t k : operands_that_count<Rule>(all.size())) result.add(*all[k]);
    return result;
  }
  template <class Rule> static Dependence apply(std::span<const Dependence> x) {
    Dependence result(0);
    for (const std::uint32_t k : operands_that_count<Rule>(x.size())) result.add(x[k]);
    return result;
  }

  friend Dependence operator+(const Dependence& a, const Dependence& b) {
    return apply<rule::Add>(a, b);
  }
  friend Dependence operator-(const Dependence& a, const Dependence& b) {
    return apply<rule::Sub>(a, b);
  }
  friend Dependence operator*(const Dependence& a, const Dependence& b) {
    return apply<rule::Mul>(a, b);
  }
  friend Dependence operator/(const Dependence& a, const Dependence& b) {
    return apply<rule::Div>(a, b);
  }
  friend Dependence operator-(const Dependence& x) { return apply<rule::Neg>(x); }

  friend Undecided operator<(const Dependence&, const Dependence&) { return {}; }
  friend Undecided operator<=(const Dependence&, const Dependence&) { return {}; }
  friend Undecided operator>(const Dependence&, const Dependence&) { return {}; }
  friend Undecided operator>=(const Dependence&, const Dependence&) { return {}; }
  friend Undecided operator==(const Dependence&, const Dependence&) { return {}; }
  friend Undecided operator!=(const Dependence&, const Dependence&) { return {}; }

  /// On what either side depends; the condition only jumps.
  friend Dependence select(Undecided, Dependence a, const Dependence& b) {
    a.add(b);
    return a;
  }

 private:
  void add(const Dependence& other) {
    if (other.on_.empty()) return;
    std::vector<std::uint32_t> both;
    both.reserve(on_.size() + other.on_.size());
    std::ranges::set_union(on_, other.on_, std::back_inserter(both));
    on_ = std::move(both);
  }

  std::vector<std::uint32_t> on_;
};

/// Two operands of which the result has a second partial, the first not behind the second.
struct OperandPair {
  std::uint32_t first;
  std::uint32_t second;
  friend auto operator<=>(const OperandPair&, const OperandPair&) = default;
};

/// How an operation's result moves with its operands, whatever the values.
struct RuleStructure {
  std::vector<std::uint32_t> operands;  // those with a partial that isn't always 0
  std::vector<OperandPair> pairs;       // with a second partial that isn't, sorted
};

/// Of a rule with so many operands, none of them a constant. Where only one of the two partials
/// depends on the other's operand, as formulas may have it, the pair counts.
template <class Rule> RuleStructure structure_of(std::size_t operands) {
  RuleStructure structure{operands_that_count<Rule>(operands), {}};
  std::vector<Dependence> x;
  for (std::uint32_t k = 0; k < operands; ++k) x.push_back(Dependence::on({k}));
  const Dependence y = Dependence::on(structure.operands);
  const std::vector<Dependence> partials = partials_at<Rule>(std::span<const Dependence>(x), y);
  for (std::uint32_t k = 0; k < operands; ++k)
    for (const std::uint32_t l : partials[k].operands())
      structure.pairs.push_back({std::min(k, l), std::max(k, l)});
  std::ranges::sort(structure.pairs);
  const auto repeated = std::unique(structure.pairs.begin(), structure.pairs.end());
  structure.pairs.erase(repeated, structure.pairs.end());
  return structure;
}

}  // namespace tapegrad
