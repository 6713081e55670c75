// What `neuron` shows: a small recording as a table, and the chain rule along it, both read from
// the nodes and the op table. For recordings whose nodes all have names.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/tapegrad.hpp"

// ---- The nodes ----

inline std::string label(const tapegrad::Tape& tape, tapegrad::Operand operand) {
  return operand.node == 0 ? fmt::format("{}", operand.constant) : tape.name(operand.node);
}

/// A word of a formula of the op table in the node's own words: the operand a of w1 * x1 is w1.
inline std::string in_words_of(const tapegrad::Node& node, const std::string& word) {
  const std::vector<const char*>& names = tapegrad::op_text(node.op()).operands;
  const auto name = std::find(names.begin(), names.end(), word);
  if (name == names.end()) return word == "y" ? node.name() : word;
  return label(node.tape(), node.operands()[static_cast<std::size_t>(name - names.begin())]);
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
    text += fmt::format("{}∂/∂{} = {}", text.empty() ? "  " : ", ", label(node.tape(), operand),
                        formula == number ? number : formula + " = " + number);
  }
  return text;
}

inline void print_nodes(const tapegrad::Tape& tape) {
  fmt::print("node  formula       value    adjoint  partials by its operands\n");
  for (tapegrad::Node node : tape.nodes())
    fmt::print("{:4}  {:8}  {:9.6g}  {:9.6g}{}\n", node.name(), value_text(node), node.value(),
               *node.adjoint(), partials_text(node));
}

// ---- The chain rule ----

using Way = std::vector<tapegrad::Node>;  // from the output, operand by operand, to a leaf

inline void find_ways(const Way& way, const tapegrad::Node& leaf, std::vector<Way>& found) {
  if (way.back() == leaf) found.push_back(way);
  std::set<std::size_t> operands;  // each once: the two of e * e are one step of the way
  for (tapegrad::Operand operand : way.back().operands())
    if (operand.node != 0) operands.insert(operand.node);
  for (std::size_t operand : operands) {
    Way longer = way;
    longer.push_back(leaf.tape().node(operand));
    find_ways(longer, leaf, found);
  }
}

/// ∂node/∂operand: both partials together where the operand is used twice, as in e * e.
inline double partial(const tapegrad::Node& node, const tapegrad::Node& operand) {
  double sum = 0;
  for (tapegrad::Operand each : node.operands())
    if (each.node == operand.index()) sum += each.partial;
  return sum;
}

/// The derivative by the leaf: over every way from output to leaf the product of the partials.
inline void print_chain_rule(const tapegrad::Node& output, const tapegrad::Node& leaf) {
  std::vector<Way> ways;
  find_ways({output}, leaf, ways);
  std::string symbols, numbers;
  double sum = 0;
  for (const Way& way : ways) {
    double product = 1;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) {
      const char* sign = i > 0 ? " · " : symbols.empty() ? "" : " + ";
      const double factor = partial(way[i], way[i + 1]);
      symbols += fmt::format("{}∂{}/∂{}", sign, way[i].name(), way[i + 1].name());
      const std::string number = fmt::format("{:.6g}", factor);
      numbers += sign + (factor < 0 ? "(" + number + ")" : number);
      product *= factor;
    }
    sum += product;
  }
  fmt::print("{:6} = {}\n       = {} = {:.6g}\n",
             fmt::format("∂{}/∂{}", output.name(), leaf.name()), symbols, numbers, sum);
}
