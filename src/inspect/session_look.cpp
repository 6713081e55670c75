// Commands that show the recording: list, node, tree, ...

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../core/number.hpp"
#include "formula.hpp"
#include "session_state.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "tapegrad/inspect/location.hpp"
#include "tapegrad/ops/text.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

// Most nodes that one command shows, unless somebody asks for a range.
constexpr std::size_t most_nodes = 100;

// ---- list ----

template <class Predicate> std::string list_where(const Tape& tape, Predicate&& is_wanted) {
  std::string text;
  std::size_t count = 0;
  for (const Node node : tape.nodes())
    if (is_wanted(node) && ++count <= most_nodes) text += dump(tape, node.index(), node.index());
  if (count > most_nodes) text += fmt::format("... and {} more\n", count - most_nodes);
  return text;
}

std::string list_all(const Tape& tape) {
  if (tape.empty()) return "the tape is empty";
  if (tape.size() <= most_nodes) return dump(tape);
  return dump(tape, 1, most_nodes) +
         fmt::format("... and {} more; `list FROM-TO` shows any of them", tape.size() - most_nodes);
}

std::string list_operation(const Tape& tape, std::string_view operation) {
  const std::string text =
      list_where(tape, [&](const Node& node) { return node.operation() == operation; });
  if (text.empty()) throw_no_such_operation(operation);
  return text;
}

std::string list_non_finite(const Tape& tape) {
  const std::string text = list_where(tape, [](const Node& node) {
    const bool has_value = node.op() != Op::External;
    return (has_value && !std::isfinite(node.value())) ||
           !std::isfinite(node.adjoint().value_or(0));
  });
  return text.empty() ? "no value or adjoint is NaN or infinite" : text;
}

// Nodes of that name, and those within it: L1.n2 shows L1.n2.pa, too.
std::string list_named(const SessionState& state, std::string_view name) {
  const std::string within = fmt::format("{}.", name);
  const std::string text = list_where(state.tape, [&](const Node& node) {
    const std::string its = node.name();
    return its == name || its.starts_with(within);
  });
  if (text.empty()) state.node(name);  // says that there is none, and which there are
  return text;
}

// ---- node ----

std::string operand_lines(const Node& node) {
  std::string text;
  for (std::size_t k = 0; k < node.operands().size(); ++k) {
    const Operand operand = node.operands()[k];
    if (k == most_nodes)
      return text + fmt::format("  ... and {} more operands\n", node.operands().size() - k);
    const OperandFormula formula = operand_formula(node, k);
    const std::string name = formula.name.empty() ? "operand" : formula.name;
    if (operand.node == 0) {
      text += fmt::format("  {:<9} {}, a constant\n", name, number(operand.constant));
      continue;
    }
    const Node its(node.tape(), operand.node);
    text += fmt::format("  {:<9} {}", name, label(its));
    if (its.op() != Op::External) text += " = " + number(its.value());
    const std::string partial = number(operand.partial);
    if (!formula.partial.empty())
      text += fmt::format("   ∂/∂{} = {}{}", formula.name, formula.partial,
                          formula.partial == partial ? "" : " = " + partial);
    text += '\n';
  }
  return text;
}

std::string user_lines(const Node& node) {
  const std::vector<std::size_t> all = users(node);
  std::string text;
  for (std::size_t k = 0; k < all.size() && k < most_nodes; ++k)
    text +=
        fmt::format("  {:<9} {}\n", k == 0 ? "used in" : "", plain_line(Node(node.tape(), all[k])));
  if (all.size() > most_nodes) text += fmt::format("  ... and {} more\n", all.size() - most_nodes);
  return text;
}

}  // namespace

std::string run_overview(SessionState& state, std::string_view) { return overview(state.tape); }

std::string run_list(SessionState& state, std::string_view rest) {
  if (rest.empty()) return list_all(state.tape);
  if (rest == "nan") return list_non_finite(state.tape);
  if (rest.starts_with("op=")) return list_operation(state.tape, rest.substr(3));
  if (const auto index = node_number(rest)) {
    const std::size_t node = state.tape.node(*index).index();
    return dump(state.tape, node, node);
  }
  const Parts range = split_at_first(rest, "-");
  const auto first = node_number(range.first), last = node_number(range.rest);
  if (first.has_value() && last.has_value())
    return dump(state.tape, state.tape.node(*first).index(), std::min(*last, state.tape.size()));
  return list_named(state, unquoted(rest));
}

std::string run_node(SessionState& state, std::string_view rest) {
  const Node node = state.node(rest);
  std::string text = plain_line(node) + '\n';
  // That of a sum is written down for two or three operands.
  const bool fits = op_text(node.op()).operands.size() == node.operands().size();
  if (has_rule(node.op()) && fits)
    text += fmt::format("  {:<9} y = {}\n", "formula", op_text(node.op()).value);
  text += operand_lines(node);
  if (const auto adjoint = node.adjoint())
    text += fmt::format("  {:<9} {}, by the last sweep\n", "adjoint", number(*adjoint));
  if (state.stepper.has_value())
    text +=
        fmt::format("  {:<9} {}, in this stepping after {}\n", "adjoint",
                    number(state.stepper->adjoint(node)), counted(state.stepper->steps(), "step"));
  text += user_lines(node);
  if (const auto place = location(node))
    text += fmt::format("  {:<9} {}\n", "recorded", to_string(*place));
  return text;
}

std::string run_tree(SessionState& state, std::string_view rest) {
  const Parts parts = split_at_last(rest, " ");
  if (node_number(parts.rest).has_value())
    return tree(state.node(parts.first), positive_number(parts.rest, 1, "depth"));
  return tree(rest.empty() ? state.output_node() : state.node(rest));
}

std::string run_users(SessionState& state, std::string_view rest) {
  const Node node = state.node(rest);
  const std::vector<std::size_t> all = users(node);
  if (all.empty()) return fmt::format("{} is used in no other node", label(node));
  std::string text;
  for (std::size_t k = 0; k < all.size() && k < most_nodes; ++k)
    text += dump(state.tape, all[k], all[k]);
  if (all.size() > most_nodes) text += fmt::format("... and {} more", all.size() - most_nodes);
  return text;
}

std::string run_source(SessionState& state, std::string_view rest) {
  const Node node = state.node(rest);
  const std::optional<Location> place = location(node);
  if (!place.has_value())
    return fmt::format(
        "the tape has not kept where {} was recorded: run the program with "
        "TAPEGRAD_LOCATIONS=1, or call tape.record_locations() first",
        label(node));
  return to_string(*place) + '\n' + source_text(node);
}

std::string run_dot(SessionState& state, std::string_view rest) {
  const Parts parts = split_at_last(rest, " ");
  if (parts.rest.empty()) throw ArgumentError("give a node and a file: `dot loss graph.dot`");
  const Node node = state.node(parts.first);
  const std::string path(unquoted(parts.rest));
  std::ofstream file(path);
  file << dot(node);
  if (!file.flush()) throw FileError(fmt::format("{}: cannot be written", path));
  return fmt::format("{} is the graph above {}; dot -Tsvg makes a picture of it", path,
                     label(node));
}

}  // namespace tapegrad
