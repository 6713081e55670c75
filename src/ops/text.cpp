#include "tapegrad/ops/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <span>

#include "ops/at_operands.hpp"

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

std::vector<std::string> operand_names(std::string_view names) {
  std::vector<std::string> list;
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    list.emplace_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return list;
}

// A formula that fills more than a line says less than the operation's name.
template <class Rule> Text value_text(std::span<const Text> x) {
  constexpr std::size_t line = 80;
  const Text formula = value_at<Rule>(x);
  return formula.str().size() <= line ? formula : Text::apply<Rule>(x);
}

template <class Rule> void set_formulas(OpText& text, std::span<const Text> x) {
  text.value = keep(value_text<Rule>(x).str());
  for (const Text& partial : partials_at<Rule>(x, Text::name("y")))
    text.partials.push_back(keep(partial.str()));
}

OpText make_text(Op op) {
  OpText text{keep(std::string(info(op).name)), "", {}, {}};
  if (!has_rule(op)) return text;
  std::vector<Text> x;
  for (const std::string& name : operand_names(info(op).operands)) {
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

// Made at the first question, which may come before this file's globals are there.
const std::array<OpText, op_count>& table() {
  static const std::array<OpText, op_count> all = make_table();
  return all;
}

}  // namespace

// Debuggers read the table as data, so it is there from the start.
extern const OpText* const op_texts;
const OpText* const op_texts = table().data();

const OpText& op_text(Op op) { return table()[static_cast<std::size_t>(op)]; }

}  // namespace tapegrad
