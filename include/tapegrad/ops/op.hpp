// The op table: every operation there is, in one list.
//
// An operation is one rule (rules/*.hpp) and one line below. The enum, the way back from a
// recorded opcode to its rule, and the functions of the number types that apply rules (Dual,
// Text) are all made from the list. What a user calls is declared, with its docstring, in
// core/math.hpp; a test (core/math_test.cpp) names whatever is missing.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "tapegrad/ops/op_info.hpp"
#include "tapegrad/ops/rules/activation.hpp"
#include "tapegrad/ops/rules/arithmetic.hpp"
#include "tapegrad/ops/rules/exponential.hpp"
#include "tapegrad/ops/rules/hyperbolic.hpp"
#include "tapegrad/ops/rules/piecewise.hpp"
#include "tapegrad/ops/rules/reduction.hpp"
#include "tapegrad/ops/rules/special.hpp"
#include "tapegrad/ops/rules/trigonometric.hpp"

// ROW(rule, function).
// clang-format off
#define TAPEGRAD_RULES(ROW)                                                                     \
  ROW(Add, add) ROW(Sub, sub) ROW(Mul, mul) ROW(Div, div) ROW(Neg, neg) ROW(Fma, fma)           \
  ROW(Chain, chain) ROW(Pow, pow) ROW(Sqrt, sqrt) ROW(Cbrt, cbrt) ROW(Hypot, hypot)             \
  ROW(Abs, abs) ROW(Max, max) ROW(Min, min) ROW(Fmod, fmod) ROW(Floor, floor) ROW(Ceil, ceil)   \
  ROW(Round, round) ROW(Trunc, trunc) ROW(Copysign, copysign)                                   \
  ROW(Less, is_less) ROW(LessEqual, is_less_equal) ROW(Greater, is_greater)                     \
  ROW(GreaterEqual, is_greater_equal) ROW(Equal, is_equal) ROW(NotEqual, is_not_equal)          \
  ROW(Select, select)                                                                           \
  ROW(Sin, sin) ROW(Cos, cos) ROW(Tan, tan) ROW(Asin, asin) ROW(Acos, acos) ROW(Atan, atan)     \
  ROW(Atan2, atan2)                                                                             \
  ROW(Sigmoid, sigmoid) ROW(Relu, relu) ROW(LeakyRelu, leaky_relu) ROW(Elu, elu)                \
  ROW(Softplus, softplus) ROW(Gelu, gelu) ROW(Silu, silu)                                       \
  ROW(Erf, erf) ROW(Erfc, erfc) ROW(Lgamma, lgamma) ROW(Tgamma, tgamma)                         \
  ROW(Digamma, digamma) ROW(Polygamma, polygamma) ROW(NormalPdf, normal_pdf)                    \
  ROW(NormalCdf, normal_cdf)                                                                    \
  ROW(Exp, exp) ROW(Exp2, exp2) ROW(Expm1, expm1) ROW(Log, log) ROW(Log2, log2)                 \
  ROW(Log10, log10) ROW(Log1p, log1p)                                                           \
  ROW(Sinh, sinh) ROW(Cosh, cosh) ROW(Tanh, tanh) ROW(Asinh, asinh) ROW(Acosh, acosh)           \
  ROW(Atanh, atanh)                                                                             \
  ROW(Sum, sum) ROW(Dot, dot) ROW(WeightedSum, weighted_sum) ROW(Norm, norm)                    \
  ROW(LogSumExp, log_sum_exp)
// clang-format on

namespace tapegrad {

/// What a node of a recording computes. The first three have no rule: a leaf (a variable), a
/// user's own operation, and one result of such an operation.
enum class Op : std::uint8_t {
  Leaf,
  External,
  Result,
#define TAPEGRAD_ENUMERATOR(Rule, function) Rule,
  TAPEGRAD_RULES(TAPEGRAD_ENUMERATOR)
#undef TAPEGRAD_ENUMERATOR
};

inline constexpr auto first_rule = static_cast<Op>(static_cast<std::size_t>(Op::Result) + 1);
#define TAPEGRAD_ONE_MORE(Rule, function) +1
inline constexpr std::size_t op_count =
    static_cast<std::size_t>(first_rule) TAPEGRAD_RULES(TAPEGRAD_ONE_MORE);
#undef TAPEGRAD_ONE_MORE

constexpr bool has_rule(Op op) { return op >= first_rule; }

/// The opcode of a rule: op_of<rule::Tanh> is Op::Tanh. Of what is no row of the list it does not
/// compile, and the compiler's message says why.
template <class Rule> inline constexpr Op op_of = Rule::is_no_row_of_TAPEGRAD_RULES;
#define TAPEGRAD_OP_OF(Rule, function) template <> inline constexpr Op op_of<rule::Rule> = Op::Rule;
TAPEGRAD_RULES(TAPEGRAD_OP_OF)
#undef TAPEGRAD_OP_OF

/// From an opcode back to its rule: calls visit.operator()<rule::Tanh>() for Op::Tanh.
/// `op` must have a rule.
template <class Visitor> decltype(auto) with_rule(Op op, Visitor&& visit) {
  switch (op) {
#define TAPEGRAD_CASE(Rule, function) \
  case Op::Rule:                      \
    return visit.template operator()<rule::Rule>();
    TAPEGRAD_RULES(TAPEGRAD_CASE)
#undef TAPEGRAD_CASE
    case Op::Leaf:
    case Op::External:
    case Op::Result:
      break;
  }
  std::abort();  // no rule: the caller did not ask has_rule(), or the recording was overwritten
}

/// Calls visit.operator()<Rule>() for every rule, in the order of the list.
template <class Visitor> void for_each_rule(Visitor&& visit) {
#define TAPEGRAD_VISIT(Rule, function) visit.template operator()<rule::Rule>();
  TAPEGRAD_RULES(TAPEGRAD_VISIT)
#undef TAPEGRAD_VISIT
}

/// The row of an operation; name, arity and no more for the three without a rule.
constexpr OpInfo info(Op op) {
  switch (op) {
#define TAPEGRAD_CASE(Rule, function) \
  case Op::Rule:                      \
    return rule::Rule::info;
    TAPEGRAD_RULES(TAPEGRAD_CASE)
#undef TAPEGRAD_CASE
    case Op::Leaf:
      return {.name = "variable", .arity = 0};
    case Op::External:
      return {.name = "external", .arity = variadic};
    case Op::Result:
      return {.name = "result", .arity = 1};
  }
  return {.name = "not an operation", .arity = 0};
}

/// A number type that carries more than a value through a rule: it has a static member
/// `apply<Rule>(operands...)`. Its functions exp(x), max(a, b), ... follow from the list.
template <class T>
concept AppliesRules = requires(T x) {
  { T::template apply<rule::Neg>(x) } -> std::same_as<T>;
};

#define TAPEGRAD_FUNCTION(Rule, function)                                               \
  template <AppliesRules T, std::same_as<T>... More>                                    \
  requires(rule::Rule::info.arity == 1 + static_cast<int>(sizeof...(More))) T function( \
      T first, More... more) {                                                          \
    return T::template apply<rule::Rule>(first, more...);                               \
  }
TAPEGRAD_RULES(TAPEGRAD_FUNCTION)
#undef TAPEGRAD_FUNCTION

}  // namespace tapegrad
