#include "between.hpp"

#include "operand_nodes.hpp"

namespace tapegrad {
namespace {

enum : std::uint32_t { elsewhere, above_x, between };

// One mark for each node from x to y.
std::vector<std::uint32_t> mark(const Recording& recording, std::size_t y, std::size_t x) {
  std::vector<std::uint32_t> marks(y - x + 1, elsewhere);
  marks[0] = above_x;
  for (std::size_t node = x + 1; node <= y; ++node) {
    for_each_operand_node(recording, node, [&](std::size_t operand) {
      if (operand >= x && marks[operand - x] == above_x) marks[node - x] = above_x;
    });
  }
  if (marks[y - x] == elsewhere) return {};
  marks[y - x] = between;
  for (std::size_t node = y; node > x; --node) {
    if (marks[node - x] != between) continue;
    for_each_operand_node(recording, node, [&](std::size_t operand) {
      if (operand >= x && marks[operand - x] == above_x) marks[operand - x] = between;
    });
  }
  return marks;
}

}  // namespace

Between::Between(const Recording& recording, std::size_t y, std::size_t x) {
  if (y < x) return;
  std::vector<std::uint32_t> places = mark(recording, y, x);
  for (std::uint32_t& place : places) {
    const std::size_t node = x + static_cast<std::size_t>(&place - places.data());
    if (place == between) nodes_.push_back(static_cast<std::uint32_t>(node));
    place = place == between ? static_cast<std::uint32_t>(nodes_.size()) : 0;  // from 1
  }
  ends_.push_back(0);
  for (const std::size_t node : nodes_) {
    const std::size_t operands = node == x ? 0 : recording.operand_count(node);
    for (std::size_t k = 0; k < operands; ++k) {
      const Operand operand = recording.operand(node, k);
      if (operand.node < x || places[operand.node - x] == 0) continue;
      const std::uint32_t place = places[operand.node - x] - 1;
      const bool is_dead_end = place > 0 && ends_[place] == ends_[place + 1];
      if (is_dead_end || is_cut(recording.op(node), operand)) continue;
      edges_.push_back({operand.partial, place});
    }
    ends_.push_back(edges_.size());
  }
}

}  // namespace tapegrad
