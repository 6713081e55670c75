// What a node computes, in the names of its operands: "w1 * x1", "1 / (1 + exp(-pa))". The formulas
// are those of the op table; for recordings whose nodes all have names.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/tapegrad.hpp"

inline std::string operand_text(const tapegrad::Tape& tape, tapegrad::Operand operand) {
  return operand.node == 0 ? fmt::format("{}", operand.constant) : tape.name(operand.node);
}

/// A word of a formula of the op table in the node's own words: the operand a of w1 * x1 is w1.
inline std::string in_words_of(const tapegrad::Node& node, const std::string& word) {
  const std::vector<const char*>& names = tapegrad::op_text(node.op()).operands;
  const auto name = std::find(names.begin(), names.end(), word);
  if (name == names.end()) return word == "y" ? node.name() : word;
  return operand_text(node.tape(), node.operands()[static_cast<std::size_t>(name - names.begin())]);
}

/// All of a formula: tanh's partial 1 - y * y is 1 - a * a for a node called a.
inline std::string formula_of(const tapegrad::Node& node, std::string_view formula) {
  const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0; };
  std::string text;
  while (!formula.empty()) {
    const auto end = std::find_if_not(formula.begin(), formula.end(), is_letter);
    const std::string word(formula.begin(), std::max(end, formula.begin() + 1));
    text += in_words_of(node, word);
    formula.remove_prefix(word.size());
  }
  return text;
}

inline std::string value_text(const tapegrad::Node& node) {
  return node.is_leaf() ? "variable" : formula_of(node, tapegrad::op_text(node.op()).value);
}

inline std::string partials_text(const tapegrad::Node& node) {
  std::string text;
  for (std::size_t k = 0; k < node.operands().size(); ++k) {
    const tapegrad::Operand operand = node.operands()[k];
    if (operand.node == 0) continue;
    const std::string formula = formula_of(node, tapegrad::op_text(node.op()).partials[k]);
    const std::string number = fmt::format("{:.6g}", operand.partial);
    text +=
        fmt::format("{}∂/∂{} = {}", text.empty() ? "  " : ", ", operand_text(node.tape(), operand),
                    formula == number ? number : formula + " = " + number);
  }
  return text;
}
