// The number that prints itself: a rule computed with Text gives the formula it stands for.
//
// Tanh's partial, 1 - y * y, computed with the operand named "y" is the text "1 - y * y". So
// documentation, pictures, the debugger and generated code show the very formula that runs.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// A number that is its own formula.
class TAPEGRAD_API Text {
 public:
  /// A number as one writes it in C++: 1, -0.5, nan.
  template <class Number>
  requires std::is_arithmetic_v<Number> Text(Number x) : Text(number(static_cast<double>(x))) {}
  Text(Constant constant) : Text(constant.name, Binding::atom) {}

  /// A variable of that name.
  static Text name(std::string_view name) { return {std::string(name), Binding::atom}; }

  const std::string& str() const { return text_; }

  template <class Rule, std::same_as<Text>... Operands> static Text apply(Operands... x) {
    return call(Rule::info.name, {x...});
  }
  template <class Rule> static Text apply(std::span<const Text> x) {
    return call(Rule::info.name, {x.begin(), x.end()});
  }

  friend Text operator+(const Text& a, const Text& b) { return infix(a, " + ", b, Binding::sum); }
  friend Text operator-(const Text& a, const Text& b) { return infix(a, " - ", b, Binding::sum); }
  friend Text operator*(const Text& a, const Text& b) {
    return infix(a, " * ", b, Binding::product);
  }
  friend Text operator/(const Text& a, const Text& b) {
    return infix(a, " / ", b, Binding::product);
  }
  TAPEGRAD_API friend Text operator-(const Text& x);

  // A comparison is a text as well: it only ever becomes the condition of a select().
  friend Text operator<(const Text& a, const Text& b) { return compare(a, " < ", b); }
  friend Text operator<=(const Text& a, const Text& b) { return compare(a, " <= ", b); }
  friend Text operator>(const Text& a, const Text& b) { return compare(a, " > ", b); }
  friend Text operator>=(const Text& a, const Text& b) { return compare(a, " >= ", b); }
  friend Text operator==(const Text& a, const Text& b) { return compare(a, " == ", b); }
  friend Text operator!=(const Text& a, const Text& b) { return compare(a, " != ", b); }

 private:
  /// How tightly the outermost operator binds: decides where parentheses are needed.
  enum class Binding { comparison, sum, product, prefix, atom };

  Text(std::string text, Binding binding) : text_(std::move(text)), binding_(binding) {}

  static Text number(double number);
  static Text call(std::string_view function, const std::vector<Text>& arguments);
  static Text infix(const Text& a, std::string_view sign, const Text& b, Binding binding);
  static Text compare(const Text& a, std::string_view sign, const Text& b);
  std::string within(Binding outer) const;

  std::string text_;
  Binding binding_;
};

/// An operation's formulas as text. Operands are called x, or a and b (and c, or condition), or
/// x[0], x[1], x[2] for an operation of any number of operands; the result is y.
struct OpText {
  const char* name;
  const char* value;                  // "1 / (1 + exp(-x))"
  std::vector<const char*> partials;  // one for each operand: "y * (1 - y)"
  std::vector<const char*> operands;  // their names
};

/// The formulas of `op`; only the name for an operation without a rule. The table is filled when
/// the library is loaded, or at the first call before that, and never changes.
TAPEGRAD_API const OpText& op_text(Op op);

}  // namespace tapegrad
