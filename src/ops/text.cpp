#include "tapegrad/ops/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <deque>
#include <span>

namespace tapegrad {

Text Text::number(double number) {
  return {fmt::format("{}", number), std::signbit(number) ? Binding::prefix : Binding::atom};
}

Text Text::call(std::string_view function, const std::vector<Text>& arguments) {
  std::string text = fmt::format("{}(", function);
  for (const Text& argument : arguments) {
    if (&argument != arguments.data()) text += ", ";
    text += argument.text_;
  }
  return {text + ")", Binding::atom};
}

Text operator-(const Text& x) {
  return {fmt::format("-{}", x.within(Text::Binding::atom)), Text::Binding::prefix};  // never --x
}

// C++ groups from the left, so a right side that binds equally keeps its parentheses: in
// a + (b + c), too, whose rounding is not that of a + b + c.
Text Text::infix(const Text& a, std::string_view sign, const Text& b, Binding binding) {
  const Binding tighter = binding == Binding::sum ? Binding::product : Binding::prefix;
  return {fmt::format("{}{}{}", a.within(binding), sign, b.within(tighter)), binding};
}

Text Text::compare(const Text& a, std::string_view sign, const Text& b) {
  return {fmt::format("{}{}{}", a.within(Binding::sum), sign, b.within(Binding::sum)),
          Binding::comparison};
}

std::string Text::within(Binding outer) const {
  return binding_ < outer ? fmt::format("({})", text_) : text_;
}

namespace {

// The strings that the table points at; a deque never moves what it holds.
const char* keep(std::string text) {
  static std::deque<std::string> kept;
  return kept.emplace_back(std::move(text)).c_str();
}

std::vector<std::string> operand_names(Op op, int arity) {
  if (op == Op::Select) return {"condition", "a", "b"};
  if (op == Op::LeakyRelu) return {"x", "slope"};
  if (op == Op::Elu) return {"x", "alpha"};
  if (op == Op::Polygamma) return {"n", "x"};
  if (op == Op::Chain) return {"adjoint", "partial"};
  if (op == Op::Dot) return {"a[0]", "a[1]", "b[0]", "b[1]"};
  if (op == Op::WeightedSum) return {"w[0]", "w[1]", "x[0]", "x[1]", "b"};
  if (arity == variadic) return {"x[0]", "x[1]", "x[2]"};
  if (arity == 1) return {"x"};
  return arity == 2 ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"a", "b", "c"};
}

void set_partials(OpText& text, std::span<const Text> partials) {
  for (const Text& partial : partials) text.partials.push_back(keep(partial.str()));
}

// A formula that fills more than a line says less than the operation's name.
template <class Rule> const char* value_text(const Text& formula, const std::vector<Text>& x) {
  constexpr std::size_t line = 80;
  if (formula.str().size() <= line) return keep(formula.str());
  std::string call = std::string(Rule::info.name) + "(";
  for (const Text& operand : x) call += (&operand == x.data() ? "" : ", ") + operand.str();
  return keep(call + ")");
}

template <class Rule> void set_formulas(OpText& text, const std::vector<Text>& x) {
  const Text y = Text::name("y");
  if constexpr (Rule::info.arity == variadic) {
    std::vector<Text> partials(x.size(), Text(0));
    text.value = value_text<Rule>(Rule::value(std::span<const Text>(x)), x);
    Rule::partials(std::span<const Text>(x), y, std::span<Text>(partials));
    set_partials(text, partials);
  } else if constexpr (Rule::info.arity == 1) {
    text.value = value_text<Rule>(Rule::value(x[0]), x);
    set_partials(text, Rule::partials(x[0], y));
  } else if constexpr (Rule::info.arity == 2) {
    text.value = value_text<Rule>(Rule::value(x[0], x[1]), x);
    set_partials(text, Rule::partials(x[0], x[1], y));
  } else {
    text.value = value_text<Rule>(Rule::value(x[0], x[1], x[2]), x);
    set_partials(text, Rule::partials(x[0], x[1], x[2], y));
  }
}

OpText make_text(Op op) {
  OpText text{keep(std::string(info(op).name)), "", {}, {}};
  if (!has_rule(op)) return text;
  std::vector<Text> x;
  for (const std::string& name : operand_names(op, info(op).arity)) {
    text.operands.push_back(keep(name));
    x.push_back(Text::name(name));
  }
  with_rule(op, [&]<class Rule>() { set_formulas<Rule>(text, x); });
  return text;
}

std::array<OpText, op_count> make_table() {
  std::array<OpText, op_count> table;
  for (std::size_t op = 0; op < op_count; ++op) table[op] = make_text(static_cast<Op>(op));
  return table;
}

}  // namespace

// Debuggers read this table as data, so it is filled at load and not at the first question.
extern const std::array<OpText, op_count> op_texts;
const std::array<OpText, op_count> op_texts = make_table();

const OpText& op_text(Op op) { return op_texts[static_cast<std::size_t>(op)]; }

}  // namespace tapegrad
