#include "wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "../core/shown.hpp"
#include "sweep_replay.hpp"
#include "tapegrad/inspect/location.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t most_operands = 4;
constexpr std::size_t most_nodes = 3;
constexpr std::size_t most_steps = 6;

std::string operand_text(const Operand& operand) {
  return operand.node == 0 ? number(operand.constant) : fmt::format("#{}", operand.node);
}

// Of many operands those that are not finite come first, in place of the first few.
std::vector<std::size_t> telling_operands(const Node& node) {
  std::vector<std::size_t> all;
  for (const Operand& operand : inputs_of(node))
    if (operand.node != 0) all.push_back(operand.node);
  const auto is_odd = [&](std::size_t n) { return !std::isfinite(Node(node.tape(), n).value()); };
  if (all.size() > most_operands) std::stable_partition(all.begin(), all.end(), is_odd);
  std::vector<std::size_t> chosen;
  for (const std::size_t one : all) {
    if (chosen.size() == most_operands) break;
    if (std::ranges::find(chosen, one) == chosen.end()) chosen.push_back(one);
  }
  return chosen;
}

}  // namespace

std::string call_text(const Node& node) {
  if (node.op() == Op::Result) {
    const Node call(node.tape(), node.operands()[0].node);
    return fmt::format("result {} of {}", node.index() - call.index() - 1, call_text(call));
  }
  const OperandRange operands = node.operands();
  std::string text = fmt::format("{}(", shown(node.operation()));
  const std::size_t n = operands.size();
  for (std::size_t k = 0; k < n; ++k) {
    if (k > 0) text += ", ";
    if (k == most_operands - 1 && n > most_operands + 1) {
      text += "..., ";
      k = n - 1;
    }
    text += operand_text(operands[k]);
  }
  return text + ")";
}

std::string statement(const Node& node) {
  if (node.is_leaf()) return fmt::format("{} = {}", label(node), number(node.value()));
  if (node.op() == Op::External) return fmt::format("{} = {}", label(node), call_text(node));
  return fmt::format("{} = {} = {}", label(node), call_text(node), number(node.value()));
}

std::string statement_with_operands(const Node& node) {
  std::string text = statement(node);
  if (node.is_leaf()) return text;
  for (const std::size_t operand : telling_operands(node)) {
    const Node one(node.tape(), operand);
    text += fmt::format(", {} = {}", label(one), number(one.value()));
  }
  return text;
}

std::string list_of_nodes(const Tape& tape, std::span<const std::size_t> nodes) {
  std::string text;
  const std::size_t shown = nodes.size() == most_nodes + 1 ? nodes.size() : most_nodes;
  for (std::size_t i = 0; i < std::min(nodes.size(), shown); ++i)
    text += (i == 0 ? "" : ", ") + label(Node(tape, nodes[i]));
  if (nodes.size() > shown) text += fmt::format(" and {} more", nodes.size() - shown);
  return text;
}

std::string path_text(const Tape& tape, std::span<const std::size_t> nodes) {
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) text += " → ";
    if (nodes.size() > most_steps && i == most_steps / 2) {
      const std::size_t left_out = nodes.size() - most_steps + 1;
      text += fmt::format("... {} more ... → ", left_out);
      i += left_out;
    }
    text += label(Node(tape, nodes[i]));
  }
  return text;
}

std::string place_text(const Node& node) {
  const std::optional<Location> place = location(node);
  return place.has_value() ? "  at " + to_string(*place) : "";
}

std::size_t width(std::string_view text) {
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

std::string without_last_end(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace tapegrad
