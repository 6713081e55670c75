// The graph above a value, in the language of Graphviz.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "../core/number.hpp"
#include "../core/shown.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/inspect/dump.hpp"

namespace tapegrad {
namespace {

// In a quoted text of dot: a name may hold quotes and backslashes.
std::string within_quotes(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') result += '\\';
    result += letter;
  }
  return result;
}

struct Step {
  std::size_t node;
  std::size_t count;  // of steps from the top
};

/// The nodes at most `depth` steps above, the last recorded first.
std::vector<Step> surroundings(const Node& top, std::size_t depth) {
  std::vector<bool> is_known(top.index() + 1);
  std::vector<Step> found{{top.index(), 0}};
  for (std::size_t i = 0; i < found.size(); ++i) {  // breadth first: found grows meanwhile
    const Step step = found[i];
    if (step.count == depth) continue;
    for_each_operand_node(top.tape().recording(), step.node, [&](std::size_t operand) {
      if (!is_known[operand]) found.push_back({operand, step.count + 1});
      is_known[operand] = true;
    });
  }
  std::ranges::sort(found, std::greater<>(), &Step::node);
  return found;
}

bool is_finite(const Node& node) {
  return std::isfinite(node.value()) && std::isfinite(node.adjoint().value_or(0));
}

std::string box(const Node& node) {
  std::string text = within_quotes(label(node));
  if (!node.is_leaf()) text += "\\n" + within_quotes(shown(node.operation()));
  if (node.op() != Op::External) text += fmt::format("\\n{}", number(node.value()));
  if (const auto adjoint = node.adjoint()) text += fmt::format("\\nadjoint {}", number(*adjoint));
  return fmt::format("  n{} [label=\"{}\"{}{}];\n", node.index(), text,
                     node.is_leaf() ? ", shape=box" : "",
                     is_finite(node) ? "" : ", color=red, fontcolor=red");
}

std::string arrow(const Node& node, std::size_t place, const Operand& operand) {
  if (operand.node == 0) {
    const std::string constant = fmt::format("c{}_{}", node.index(), place);
    return fmt::format("  {} [label=\"{}\", shape=plaintext];\n  {} -> n{};\n", constant,
                       number(operand.constant), constant, node.index());
  }
  if (has_unknown_partials(node.op()))
    return fmt::format("  n{} -> n{} [label=\"?\"];\n", operand.node, node.index());
  return fmt::format("  n{} -> n{} [label=\"{}\"{}];\n", operand.node, node.index(),
                     number(operand.partial),
                     std::isfinite(operand.partial) ? "" : ", color=red, fontcolor=red");
}

}  // namespace

std::string dot(const Node& top, std::size_t depth) {
  check_node("dot", top);
  std::string text = "digraph {\n  rankdir=LR;\n  node [shape=ellipse];\n";
  for (const Step& step : surroundings(top, depth)) {
    const Node node(top.tape(), step.node);
    const auto operands = node.operands();
    text += box(node);
    if (step.count < depth) {
      for (std::size_t k = 0; k < operands.size(); ++k) text += arrow(node, k, operands[k]);
    } else if (operands.size() > 0) {
      text += fmt::format(
          "  m{0} [label=\"...\", shape=plaintext];\n  m{0} -> n{0} [style=dotted];\n", step.node);
    }
  }
  return text + "}\n";
}

}  // namespace tapegrad
