// What `neuron` shows: a small recording as a table, and the chain rule along it, both read from
// the nodes and the op table.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "formulas.hpp"
#include "tapegrad/tapegrad.hpp"

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
