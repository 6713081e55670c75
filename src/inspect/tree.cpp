// The expression above a value, as an indented tree.
//
// The graph is walked with a stack of its own, so that the depth may be millions; what the lines
// say is collected first, since the columns stand right of the longest.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../core/shown.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t indented_levels = 16;

struct Line {
  std::string text;
  Operand operand;  // where it is used one step up; of the first line only the node
  Op user;          // the operation there
};

class Tree {
 public:
  Tree(const Node& top, std::size_t depth)
      : tape_(top.tape()), depth_(depth), drawn_(top.index() + 1) {
    waiting_.push_back({{.node = static_cast<std::uint32_t>(top.index())}, Op::Leaf, 0, true});
    while (!waiting_.empty()) {
      const Place place = waiting_.back();
      waiting_.pop_back();
      draw(place);
    }
  }

  std::string text() const {
    std::size_t widest = 0;
    for (const Line& line : lines_) widest = std::max(widest, width(line.text));
    std::string text = row(std::string(widest, ' '), "value", "adjoint", "partial");
    for (std::size_t i = 0; i < lines_.size(); ++i) text += row_of(i, widest);
    return text;
  }

 private:
  // Something to draw: an operand, of what operation, at which level, and whether it is the last.
  struct Place {
    Operand operand;
    Op user;
    std::size_t level;
    bool is_last;
  };

  void draw(const Place& place) {
    std::string text = indentation(place);
    if (place.operand.node == 0) {
      lines_.push_back({text + "constant", place.operand, place.user});
      return;
    }
    const Node node(tape_, place.operand.node);
    text += label(node);
    const auto operands = node.operands();
    const bool is_known = drawn_[node.index()];
    const bool has_more = operands.size() > 0 && place.level >= depth_;
    if (is_known) {
      text += " (above)";
    } else {
      if (!node.is_leaf() || node.name().empty()) text += ' ' + shown(node.operation());
      if (has_more) text += " ...";
    }
    lines_.push_back({std::move(text), place.operand, place.user});
    if (is_known || has_more) return;
    drawn_[node.index()] = true;
    for (std::size_t k = operands.size(); k-- > 0;)
      waiting_.push_back({operands[k], node.op(), place.level + 1, k + 1 == operands.size()});
  }

  // The lines that lead from the nodes above past this one, and to it.
  std::string indentation(const Place& place) {
    const std::size_t level = place.level;
    if (level == 0) return "";
    std::string text;
    for (std::size_t above = 1; above < std::min(level, indented_levels); ++above)
      text += is_open_[above] ? "│  " : "   ";
    if (level >= indented_levels) return text + fmt::format("({}) ", level);
    is_open_[level] = !place.is_last;
    return text + (place.is_last ? "└─ " : "├─ ");
  }

  std::string row_of(std::size_t i, std::size_t widest) const {
    const Line& line = lines_[i];
    const std::string text = line.text + std::string(widest - width(line.text), ' ');
    const std::string partial = i == 0                            ? ""
                                : has_unknown_partials(line.user) ? "unknown"
                                                                  : number(line.operand.partial);
    if (line.operand.node == 0) return row(text, number(line.operand.constant), "", "");
    const Node node(tape_, line.operand.node);
    const auto adjoint = node.adjoint();
    return row(text, node.op() == Op::External ? "" : number(node.value()),
               adjoint ? number(*adjoint) : "", partial);
  }

  static std::string row(const std::string& text, std::string_view value, std::string_view adjoint,
                         std::string_view partial) {
    std::string line = fmt::format("{} {:>13} {:>13} {:>13}", text, value, adjoint, partial);
    line.resize(line.find_last_not_of(' ') + 1);
    return line + '\n';
  }

  const Tape& tape_;
  std::size_t depth_;
  std::vector<Place> waiting_;
  std::vector<Line> lines_;
  std::vector<bool> drawn_;
  bool is_open_[indented_levels] = {};  // by level: does the node there have more operands to come?
};

}  // namespace

std::string tree(const Node& node, std::size_t depth) {
  check_node("tree", node);
  return Tree(node, depth).text();
}

}  // namespace tapegrad
