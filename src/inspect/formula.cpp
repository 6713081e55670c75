#include "formula.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "tapegrad/ops/op.hpp"
#include "tapegrad/ops/text.hpp"

namespace tapegrad {
namespace {

// "x[0] / y" for operand 7: "x[7] / y".
std::string with_index(std::string_view text, std::size_t index) {
  constexpr std::string_view zero = "[0]";
  std::string result;
  for (std::size_t at = text.find(zero); at != text.npos; at = text.find(zero)) {
    result += fmt::format("{}[{}]", text.substr(0, at), index);
    text.remove_prefix(at + zero.size());
  }
  return result += text;
}

}  // namespace

OperandFormula operand_formula(const Node& node, std::size_t k) {
  if (!has_rule(node.op())) return {};
  const OpText& text = op_text(node.op());
  if (info(node.op()).arity != variadic) return {text.operands[k], text.partials[k]};

  // The table has two or three of each kind, "w[0] w[1] x[0] x[1] b": the first stands for all, and
  // what has no number comes last, once.
  std::vector<std::size_t> firsts;
  std::size_t single = 0;
  for (std::size_t i = 0; i < text.operands.size(); ++i) {
    const std::string_view name = text.operands[i];
    if (name.ends_with("[0]")) firsts.push_back(i);
    if (!name.ends_with(']')) ++single;
  }
  const std::size_t each = (node.operands().size() - single) / firsts.size();
  if (k >= each * firsts.size()) return {text.operands.back(), text.partials.back()};
  const std::size_t first = firsts[k / each];
  return {with_index(text.operands[first], k % each), with_index(text.partials[first], k % each)};
}

}  // namespace tapegrad
