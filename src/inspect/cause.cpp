#include "cause.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "../core/shown.hpp"
#include "formula.hpp"
#include "operand_nodes.hpp"
#include "sweep_replay.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

// An operation with its operands' values, and what is wrong with the result y.
struct Case {
  explicit Case(const Node& node) : op(node.op()), name(shown(node.operation())), y(node.value()) {
    for (const Operand& operand : inputs_of(node)) {
      if (operand.node == 0) has_bad_constant |= !std::isfinite(operand.constant);
      x.push_back(operand.node == 0 ? operand.constant : Node(node.tape(), operand.node).value());
    }
  }

  bool has_infinite_operand() const {
    return std::ranges::any_of(x, [](double xi) { return std::isinf(xi); });
  }

  Op op;
  std::string name;
  double y;
  std::vector<double> x;
  bool has_bad_constant = false;
};

std::string outcome(double y) { return std::isnan(y) ? "NaN" : "infinite"; }

std::string of_variable(double y) {
  return std::isnan(y) ? "a variable that is NaN (data, or uninitialised)"
                       : "a variable that is infinite (data, or uninitialised)";
}

// A zero with its sign is of no use in a text.
std::string plain(double x) { return number(x == 0 ? 0 : x); }

std::string of_infix(const Case& c, double a, std::string_view sign, double b) {
  const std::string text = fmt::format("{} {} {}", plain(a), sign, plain(b));
  const bool overflows = std::isinf(c.y) && !c.has_infinite_operand() && b != 0;
  return overflows ? text + " overflows" : text;
}

std::string of_sum(const Case& c) {  // inf + -inf reads better as inf - inf
  if (c.x[1] < 0) return of_infix(c, c.x[0], "-", -c.x[1]);
  return of_infix(c, c.x[0], "+", c.x[1]);
}

std::string of_pow(const Case& c) {
  const double base = c.x[0], exponent = c.x[1];
  if (std::isnan(c.y) && base < 0)
    return fmt::format("pow of negative base {} with exponent {}", number(base), number(exponent));
  if (base == 0) return fmt::format("pow of base 0 with negative exponent {}", number(exponent));
  const std::string text =
      fmt::format("pow of base {} with exponent {}", number(base), number(exponent));
  return std::isinf(c.y) && !c.has_infinite_operand() ? text + " overflows" : text;
}

// Functions of one number: most of them say enough with name and operand.
std::string of_function(const Case& c) {
  const double x = c.x[0];
  const std::string text = fmt::format("{} of {}", c.name, plain(x));
  const bool finite = std::isfinite(x);
  switch (c.op) {
    case Op::Exp:
    case Op::Exp2:
    case Op::Expm1:
    case Op::Sinh:
    case Op::Cosh:
      return finite ? text + " overflows" : text;
    case Op::Asin:
    case Op::Acos:
    case Op::Atanh:
      return finite && std::abs(x) > 1 ? text + ": it is defined from -1 to 1" : text;
    case Op::Acosh:
      return text + ": it is defined from 1 on";
    case Op::Lgamma:
    case Op::Tgamma:
    case Op::Digamma:
      if (!finite) return text;
      return x <= 0 && x == std::floor(x) ? text + ": a pole" : text + " overflows";
    default:
      return text;
  }
}

// Operations of many operands: what was added is not on the tape.
std::string of_reduction(const Case& c) {
  if (c.has_infinite_operand()) return c.name + " with an infinite operand";
  return c.name + " overflows";
}

std::string of_rule(const Case& c) {
  switch (c.op) {
    case Op::Add:
      return of_sum(c);
    case Op::Sub:
      return of_infix(c, c.x[0], "-", c.x[1]);
    case Op::Mul:
      return of_infix(c, c.x[0], "·", c.x[1]);
    case Op::Div:
      return of_infix(c, c.x[0], "/", c.x[1]);
    case Op::Pow:
      return of_pow(c);
    case Op::Fmod:
      return fmt::format("fmod of {} by {}", plain(c.x[0]), plain(c.x[1]));
    case Op::Sum:
    case Op::Dot:
    case Op::WeightedSum:
    case Op::Norm:
    case Op::LogSumExp:
      return of_reduction(c);
    default:
      break;
  }
  if (c.x.size() == 1) return of_function(c);
  std::vector<std::string> operands;
  for (const double x : c.x) operands.push_back(plain(x));
  return fmt::format("{}({}) is {}", c.name, fmt::join(operands, ", "), outcome(c.y));
}

// Of an operation whose result is not 0 but too small for a double: "exp of -800 underflows".
std::string underflow_of(const Node& node) {
  if (node.value() != 0 || !has_rule(node.op())) return "";
  const Case c(node);
  if (!std::ranges::all_of(c.x, [](double x) { return std::isfinite(x); })) return "";
  switch (c.op) {
    case Op::Exp:
    case Op::Exp2:
    case Op::Sigmoid:
    case Op::Softplus:
    case Op::Erfc:
    case Op::NormalPdf:
    case Op::NormalCdf:
      return fmt::format("{} of {} underflows", c.name, plain(c.x[0]));
    case Op::Mul:
      return c.x[0] != 0 && c.x[1] != 0 ? of_infix(c, c.x[0], "·", c.x[1]) + " underflows" : "";
    case Op::Div:
      return c.x[0] != 0 ? of_infix(c, c.x[0], "/", c.x[1]) + " underflows" : "";
    default:
      return "";
  }
}

// Where an operand is 0 by that: " (#19: exp of -800 underflows)".
std::string underflow_behind(const Node& node) {
  for (const Operand& operand : inputs_of(node)) {
    if (operand.node == 0) continue;
    const Node from(node.tape(), operand.node);
    if (const std::string why = underflow_of(from); !why.empty())
      return fmt::format(" ({}: {})", label(from), why);
  }
  return "";
}

// Flat far out, on one side or on both.
bool saturates(Op op) {
  constexpr Op some[] = {Op::Tanh,      Op::Sigmoid,  Op::Erf,  Op::Erfc,  Op::NormalCdf,
                         Op::NormalPdf, Op::Exp,      Op::Exp2, Op::Expm1, Op::Atan,
                         Op::LogSumExp, Op::Softplus, Op::Elu,  Op::Gelu,  Op::Silu};
  return std::ranges::find(some, op) != std::end(some);
}

}  // namespace

std::string cause_of_value(const Node& node) {
  if (node.is_leaf()) return of_variable(node.value());
  if (node.op() == Op::Result) {
    const Node call(node.tape(), node.operands()[0].node);
    return fmt::format("the operation {} returned {}", shown(call.operation()),
                       number(node.value()));
  }
  const Case c(node);
  const bool has_nan = std::ranges::any_of(c.x, [](double x) { return std::isnan(x); });
  if (c.has_bad_constant && has_nan) return "an operand is the constant nan";
  return of_rule(c) + underflow_behind(node);
}

std::string cause_of_partial(const Node& node, std::size_t k) {
  const std::string bad = outcome(node.operands()[k].partial) + underflow_behind(node);
  const Case c(node);
  if (c.x.size() == 1)
    return fmt::format("derivative of {} at {} is {}", c.name, plain(c.x[0]), bad);
  const std::string by = operand_formula(node, k).name;
  if (c.x.size() > 3) return fmt::format("derivative of {} by {} is {}", c.name, by, bad);
  std::vector<std::string> operands;
  for (const double x : c.x) operands.push_back(plain(x));
  return fmt::format("derivative of {}({}) by {} is {}", c.name, fmt::join(operands, ", "), by,
                     bad);
}

std::string_view cause_of_zero(Op op, std::size_t place) {
  if (is_comparison(op)) return "a comparison is flat";
  switch (op) {
    case Op::Select:
      return place == 0 ? "only the condition" : "not chosen";
    case Op::Max:
    case Op::Min:
      return "not chosen";
    case Op::Floor:
    case Op::Ceil:
    case Op::Round:
    case Op::Trunc:
      return "a step is flat";
    case Op::Mul:
    case Op::Fma:
    case Op::Dot:
    case Op::WeightedSum:
      return by_zero;
    case Op::Relu:
      return "dead relu";
    case Op::Copysign:
      return place == 1 ? "only the sign counts" : "a kink";
    case Op::Abs:
    case Op::Norm:
    case Op::Hypot:
      return "a kink";
    default:
      return saturates(op) ? "saturated" : "";
  }
}

}  // namespace tapegrad
