// operations: what can a tape differentiate, and by which formulas?
//
// You learn all operations there are: how each computes its value, its partial derivatives, and
// what holds at kinks, poles and infinities. Nothing of it is written here. Each operation is one
// rule in include/tapegrad/ops/rules; the recording runs the rule with double, and this table runs
// the same rule with Text, a number that prints itself.
//
// Run:     samples/run operations
// Prints:  the table, by family, 100 columns wide.
// Next:    hessian_newton, what second derivatives are good for
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Family {
  Op first;
  const char* title;
};

// In the order of the list in ops/op.hpp: each family goes on until the next begins.
constexpr std::array families{
    Family{Op::Add, "Arithmetic, powers and roots"},
    Family{Op::Abs, "Kinks, jumps, comparisons and choices"},
    Family{Op::Sin, "Trigonometric functions and their inverses"},
    Family{Op::Sigmoid, "Activation functions"},
    Family{Op::Erf, "Error and gamma functions, the normal distribution"},
    Family{Op::Exp, "Exponentials and logarithms"},
    Family{Op::Sinh, "Hyperbolic functions and their inverses"},
    Family{Op::Sum, "Operations of any number of operands"},
};

constexpr std::size_t name_width = 15;
constexpr std::size_t value_width = 37;
constexpr std::size_t partials_width = 48;

std::size_t characters(std::string_view utf8) {
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), begins));
}

/// Lines of at most `width` characters, broken at the spaces that follow `mark`: "," breaks a
/// formula between arguments, "" a sentence anywhere. All lines but the first are indented.
std::vector<std::string> wrap(std::string_view text, std::size_t width, std::string_view mark) {
  const std::string gap = fmt::format("{} ", mark);
  std::vector<std::string> lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t found = text.find(gap);
    const std::string_view piece = found == text.npos ? text : text.substr(0, found + mark.size());
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    if (!line.empty() && characters(line) + 1 + characters(piece) > width) {
      lines.push_back(line);
      line = "   ";
    }
    if (!line.empty()) line += ' ';
    line += piece;
  }
  lines.push_back(line);
  return lines;
}

/// In one line if they fit, else each in lines of its own. Of an operation of any number of
/// operands only the first of each kind: the others look the same.
std::vector<std::string> partials_of(const OpText& text) {
  std::vector<std::string> partials;
  for (std::size_t k = 0; k < text.partials.size(); ++k) {
    const std::string_view operand = text.operands[k];
    if (!operand.ends_with(']') || operand.ends_with("[0]"))
      partials.push_back(fmt::format("∂{} = {}", operand, text.partials[k]));
  }
  const std::string together = fmt::format("{}", fmt::join(partials, ",  "));
  if (characters(together) <= partials_width) return {together};
  std::vector<std::string> lines;
  for (const std::string& partial : partials)
    for (const std::string& line : wrap(partial, partials_width, ",")) lines.push_back(line);
  return lines;
}

void print_operation(Op op) {
  const OpText& text = op_text(op);
  const std::vector<std::string> values = wrap(text.value, value_width - 2, ",");
  const std::vector<std::string> partials = partials_of(text);
  for (std::size_t i = 0; i < std::max(values.size(), partials.size()); ++i) {
    const std::string value = i < values.size() ? values[i] : "";
    fmt::print("{:{}}", i == 0 ? text.name : "", name_width);
    if (i < partials.size())
      fmt::print("{:{}}{}\n", value, value_width, partials[i]);
    else
      fmt::print("{}\n", value);
  }
  const std::string_view edges = info(op).edges;
  if (edges.empty()) return;
  for (const std::string& line : wrap(fmt::format("[{}]", edges), value_width + partials_width, ""))
    fmt::print("{:{}}{}\n", "", name_width, line);
}

int main() {
  fmt::print(
      "y is the value, ∂a its partial derivative by the operand a; select(c, a, b) is a where c\n"
      "holds, else b. In brackets: what holds at the edges.\n");
  for (std::size_t i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    if (!has_rule(op)) continue;
    for (const Family& family : families)
      if (family.first == op)
        fmt::print("\n{}\n\n{:{}}{:{}}partials\n", family.title, "operation", name_width, "value",
                   value_width);
    print_operation(op);
  }
}
