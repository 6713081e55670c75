// The number that writes programs: a rule computed with Symbols appends the instructions that
// compute it. That is the differentiation of a Program: the rules' partials, run with Symbols.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include "builder.hpp"
#include "tapegrad/ops/dual.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

class Symbol {
 public:
  /// A constant. Operations of constants are done at once, by the same rules.
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::same_as<Number, Constant> Symbol(Number number)
      : number_(static_cast<double>(number)) {}

  Symbol(ProgramBuilder& builder, Ref ref)
      : number_(ref.is_constant() ? builder.value(ref) : 0),
        ref_(ref),
        builder_(ref.is_constant() ? nullptr : &builder) {}

  bool is_constant() const { return builder_ == nullptr; }
  /// Is it this constant? Either zero for 0.
  bool is(double number) const { return is_constant() && number_ == number; }
  double number() const { return number_; }

  /// In the program of `builder`.
  Ref ref(ProgramBuilder& builder) const {
    return is_constant() ? builder.constant(number_) : ref_;
  }

  template <class Rule, std::same_as<Symbol>... Operands> static Symbol apply(Operands... x) {
    if ((x.is_constant() && ...)) return Symbol(Rule::value(x.number_...));
    return append<Rule>(std::array{x...});
  }
  template <class Rule> static Symbol apply(std::span<const Symbol> x) {
    std::vector<double> numbers;
    for (const Symbol& xi : x)
      if (xi.is_constant()) numbers.push_back(xi.number_);
    if (numbers.size() == x.size()) return Symbol(Rule::value(std::span<const double>(numbers)));
    return append<Rule>(x);
  }

  friend Symbol operator+(Symbol a, Symbol b) { return apply<rule::Add>(a, b); }
  friend Symbol operator-(Symbol a, Symbol b) { return apply<rule::Sub>(a, b); }
  friend Symbol operator*(Symbol a, Symbol b) { return apply<rule::Mul>(a, b); }
  friend Symbol operator/(Symbol a, Symbol b) { return apply<rule::Div>(a, b); }
  friend Symbol operator-(Symbol x) { return apply<rule::Neg>(x); }

  // A comparison is a number, 1 or 0: the condition of a select().
  friend Symbol operator<(Symbol a, Symbol b) { return apply<rule::Less>(a, b); }
  friend Symbol operator<=(Symbol a, Symbol b) { return apply<rule::LessEqual>(a, b); }
  friend Symbol operator>(Symbol a, Symbol b) { return apply<rule::Greater>(a, b); }
  friend Symbol operator>=(Symbol a, Symbol b) { return apply<rule::GreaterEqual>(a, b); }
  friend Symbol operator==(Symbol a, Symbol b) { return apply<rule::Equal>(a, b); }
  friend Symbol operator!=(Symbol a, Symbol b) { return apply<rule::NotEqual>(a, b); }

  friend Symbol select(Symbol condition, Symbol a, Symbol b) {
    if (condition.is_constant()) return condition.number_ != 0 ? a : b;
    return apply<rule::Select>(condition, a, b);
  }

 private:
  // Of as many operands as an operation has, nothing need be allocated: that is what it costs.
  template <class Rule, std::size_t n> static Symbol append(const std::array<Symbol, n>& x) {
    std::array<Ref, n> refs;
    return append<Rule>(x, refs);
  }
  template <class Rule> static Symbol append(std::span<const Symbol> x) {
    std::vector<Ref> refs(x.size());
    return append<Rule>(x, refs);
  }
  template <class Rule> static Symbol append(std::span<const Symbol> x, std::span<Ref> refs) {
    ProgramBuilder* builder = nullptr;
    for (const Symbol& xi : x)
      if (!xi.is_constant()) builder = xi.builder_;
    for (std::size_t k = 0; k < x.size(); ++k) refs[k] = x[k].ref(*builder);
    return {*builder, builder->append(op_of<Rule>, refs)};
  }

  double number_ = 0;
  Ref ref_;
  ProgramBuilder* builder_ = nullptr;
};

}  // namespace tapegrad
