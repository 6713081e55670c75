#include "page_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <span>
#include <string_view>
#include <vector>

#include "ops/at_operands.hpp"
#include "tapegrad/ops/text.hpp"

namespace tapegrad {

// A Text that, where it gets long, becomes a line of its own and goes on by its name. So formulas
// stay short whatever the number of operands is. Not in a namespace without a name: the functions
// of rules are found by its namespace, tapegrad.
class ScriptText {
 public:
  using Lines = std::vector<std::string>;

  template <class Number>
  requires std::is_arithmetic_v<Number> ScriptText(Number x) : text_(x) {}
  ScriptText(Constant constant) : text_(constant) {}
  ScriptText(std::string_view name, Lines& lines) : text_(Text::name(name)), lines_(&lines) {}

  const std::string& str() const { return text_.str(); }

  template <class Rule, std::same_as<ScriptText>... Operands>
  static ScriptText apply(Operands... x) {
    Lines* lines = nullptr;
    ((lines = lines != nullptr ? lines : x.lines_), ...);
    return {Text::apply<Rule>(x.text_...), lines};
  }

  friend ScriptText operator-(const ScriptText& x) { return {-x.text_, x.lines_}; }
#define TAPEGRAD_SCRIPT_OPERATOR(sign)                                        \
  friend ScriptText operator sign(const ScriptText& a, const ScriptText& b) { \
    return {a.text_ sign b.text_, a.lines_ != nullptr ? a.lines_ : b.lines_}; \
  }
  TAPEGRAD_SCRIPT_OPERATOR(+)
  TAPEGRAD_SCRIPT_OPERATOR(-)
  TAPEGRAD_SCRIPT_OPERATOR(*)
  TAPEGRAD_SCRIPT_OPERATOR(/)
  TAPEGRAD_SCRIPT_OPERATOR(<)
  TAPEGRAD_SCRIPT_OPERATOR(<=)
  TAPEGRAD_SCRIPT_OPERATOR(>)
  TAPEGRAD_SCRIPT_OPERATOR(>=)
  TAPEGRAD_SCRIPT_OPERATOR(==)
  TAPEGRAD_SCRIPT_OPERATOR(!=)
#undef TAPEGRAD_SCRIPT_OPERATOR

 private:
  static constexpr std::size_t longest = 72;

  ScriptText(Text text, Lines* lines) : text_(std::move(text)), lines_(lines) {
    if (lines_ == nullptr || text_.str().size() <= longest) return;
    const std::string name = fmt::format("t{}", lines_->size());
    lines_->push_back(fmt::format("const {} = {};", name, text_.str()));
    text_ = Text::name(name);
  }

  Text text_;
  Lines* lines_ = nullptr;  // none: it is made of numbers only
};

namespace {

// The rules at texts of both kinds.
template <class T> T value_of(Op op, std::span<const T> x) {
  return with_rule(op, [&]<class Rule>() { return value_at<Rule>(x); });
}

template <class T> std::vector<T> partials_of(Op op, std::span<const T> x, const T& y) {
  return with_rule(op, [&]<class Rule>() { return partials_at<Rule>(x, y); });
}

bool is_variadic(Op op) { return info(op).arity == variadic; }

// "x0", "x1", ... or "x[0]", ...: how the k-th operand is called in a script.
std::string operand_name(Op op, std::size_t k) {
  return is_variadic(op) ? fmt::format("x[{}]", k) : fmt::format("x{}", k);
}

std::vector<ScriptText> script_operands(const CountedOp& op, ScriptText::Lines& lines) {
  std::vector<ScriptText> x;
  for (std::size_t k = 0; k < op.second; ++k) x.emplace_back(operand_name(op.first, k), lines);
  return x;
}

std::vector<Text> shown_operands(std::size_t count) {
  std::vector<Text> x;
  for (std::size_t k = 0; k < count; ++k) x.push_back(Text::name(fmt::format("${}", k)));
  return x;
}

template <class T> std::string joined(const std::vector<T>& texts, std::string_view quote = "") {
  std::string list;
  for (const T& text : texts) {
    if (!list.empty()) list += ", ";
    list += quote;
    if constexpr (std::same_as<T, std::string>)
      list += text;
    else
      list += text.str();
    list += quote;
  }
  return list;
}

std::string body(const ScriptText::Lines& lines, std::string_view result, std::string_view indent) {
  std::string text = "{\n";
  for (const std::string& line : lines) text += fmt::format("{}  {}\n", indent, line);
  return text + fmt::format("{}  return {};\n{}}}", indent, result, indent);
}

std::string parameter(const CountedOp& op, const std::vector<ScriptText>& x) {
  return is_variadic(op.first) ? "x" : "[" + joined(x) + "]";
}

std::string value_method(const CountedOp& op) {
  ScriptText::Lines lines;
  const std::vector<ScriptText> x = script_operands(op, lines);
  const ScriptText y = value_of<ScriptText>(op.first, x);
  return fmt::format("value({}) {}", parameter(op, x), body(lines, y.str(), "    "));
}

std::string partials_method(const CountedOp& op) {
  ScriptText::Lines lines;
  const std::vector<ScriptText> x = script_operands(op, lines);
  const std::vector<ScriptText> partials =
      partials_of<ScriptText>(op.first, x, ScriptText("y", lines));
  return fmt::format("partials({}, y) {}", parameter(op, x),
                     body(lines, "[" + joined(partials) + "]", "    "));
}

// What people read fits into a line, or is left out.
constexpr std::size_t longest_shown = 72;

// Whose formula says more than a call of their names.
constexpr std::array in_signs{Op::Add, Op::Sub, Op::Mul, Op::Div,
                              Op::Neg, Op::Sum, Op::Dot, Op::WeightedSum};

std::vector<std::string> shown_values(const CountedOp& counted) {
  constexpr std::size_t most_operands = 8;
  const auto [op, count] = counted;
  const bool is_long = count > most_operands;
  const std::vector<Text> x = shown_operands(is_long ? most_operands : count);
  const std::string call = fmt::format("{}({}{})", info(op).name, joined(x), is_long ? ", …" : "");
  if (is_long) return {call};
  const std::string formula = value_of<Text>(op, x).str();
  if (std::ranges::find(in_signs, op) != in_signs.end()) return {formula};
  if (formula == call || formula.size() > longest_shown) return {call};
  return {call, formula};
}

std::vector<std::string> shown_partials(const CountedOp& counted) {
  constexpr std::size_t most_operands = 64;
  const auto [op, count] = counted;
  if (count > most_operands) return std::vector<std::string>(count);
  std::vector<std::string> texts;
  for (const Text& partial : partials_of<Text>(op, shown_operands(count), Text::name("$y")))
    texts.push_back(partial.str().size() <= longest_shown ? partial.str() : "");
  return texts;
}

std::string row(const CountedOp& op) {
  return fmt::format(
      "  \"{}\": {{\n    name: \"{}\",\n    shows: [{}],\n    showsPartial: [{}],\n    cuts: {},\n"
      "    {},\n    {},\n  }},\n",
      script_key(op), info(op.first).name, joined(shown_values(op), "\""),
      joined(shown_partials(op), "\""), info(op.first).cuts, value_method(op), partials_method(op));
}

// Nothing for a rule whose value is its own name, like exp(x): that is JavaScript's or
// page_math.js's.
std::string function(Op op) {
  ScriptText::Lines lines;
  const auto count = static_cast<std::size_t>(info(op).arity);
  const std::vector<ScriptText> x = script_operands({op, count}, lines);
  const ScriptText y = value_of<ScriptText>(op, x);
  const std::string call = fmt::format("{}({})", info(op).name, joined(x));
  return y.str() == call ? "" : fmt::format("\nfunction {} {}\n", call, body(lines, y.str(), ""));
}

}  // namespace

std::string script_key(const CountedOp& op) {
  const std::string_view name = info(op.first).name;
  return is_variadic(op.first) ? fmt::format("{} of {}", name, op.second) : std::string(name);
}

std::string script_of_rules(const std::set<CountedOp>& ops) {
  std::string script = "\n// Printed from the rules.\n";
  for (const Constant& constant : rule::constants) {
    const double value = static_cast<double>(constant.value);
    script += fmt::format("const {} = {};\n", constant.name,
                          std::isnan(value) ? "NaN" : fmt::format("{}", value));
  }
  for_each_rule([&]<class Rule>() {
    // select(), too, is page_math.js's: the one that all formulas use.
    if (!is_variadic(op_of<Rule>) && op_of<Rule> != Op::Select) script += function(op_of<Rule>);
  });
  script += "\nconst operations = {\n";
  for (const CountedOp& op : ops) script += row(op);
  return script + "};\n";
}

}  // namespace tapegrad
