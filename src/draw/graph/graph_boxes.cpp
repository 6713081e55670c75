// From nodes to boxes, in drafts, each with fewer boxes than the one before: nothing folded, the
// innermost groups, those around them, ..., and at last all that is far from the output. The first
// draft that is small enough is taken.

#include "graph_boxes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "inspect/operand_nodes.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t nothing = std::numeric_limits<std::size_t>::max();  // folds no group
constexpr std::uint32_t no_box = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t least_leaves = 4;   // that become one box
constexpr std::uint32_t most_levels = 8;  // in front of the rest: a chain would be endless

struct BoxIdentity {
  BoxKind kind;
  std::uint32_t group;  // that it is, or that it stands in
};

struct Draft {
  std::vector<std::uint32_t> box_of;  // for each node of the graph, by its place there
  std::vector<BoxIdentity> boxes;
  std::vector<GraphEdge> edges;
};

/// Edges between the same boxes become one.
void merge(std::vector<GraphEdge>& edges) {
  std::erase_if(edges, [](const GraphEdge& edge) { return edge.from == edge.to; });
  std::ranges::sort(edges, {}, [](const GraphEdge& edge) {
    return std::tuple(edge.to, edge.from, edge.node, edge.operand);
  });
  std::size_t end = 0;
  for (const GraphEdge& edge : edges) {
    if (end > 0 && edges[end - 1].from == edge.from && edges[end - 1].to == edge.to)
      edges[end - 1].operands += edge.operands;
    else
      edges[end++] = edge;
  }
  edges.resize(end);
}

/// Gives each box a new number. New ones count by the first node, as the old ones did.
void renumber(Draft& draft, const std::vector<std::uint32_t>& merged,
              const std::vector<BoxIdentity>& boxes) {
  std::vector<std::uint32_t> number(draft.boxes.size(), no_box);
  std::vector<BoxIdentity> numbered;
  for (std::uint32_t& box : draft.box_of) {
    std::uint32_t& target = number[merged[box]];
    if (target == no_box) {
      target = static_cast<std::uint32_t>(numbered.size());
      numbered.push_back(boxes[merged[box]]);
    }
    box = target;
  }
  for (GraphEdge& edge : draft.edges) {
    edge.from = number[merged[edge.from]];
    edge.to = number[merged[edge.to]];
  }
  draft.boxes = std::move(numbered);
  merge(draft.edges);
}

std::vector<std::uint32_t> each_by_itself(std::size_t boxes) {
  std::vector<std::uint32_t> numbers(boxes);
  for (std::size_t i = 0; i < boxes; ++i) numbers[i] = static_cast<std::uint32_t>(i);
  return numbers;
}

class BoxMaker {
 public:
  BoxMaker(const Node& y, const std::vector<std::uint32_t>& nodes, const GraphOptions& options)
      : tape_(y.tape()), nodes_(nodes), options_(options), place_(y.index() + 1, no_box) {
    for (std::size_t k = 0; k < nodes.size(); ++k) place_[nodes[k]] = static_cast<std::uint32_t>(k);
    group_of_.reserve(nodes.size());
    for (const std::uint32_t node : nodes) group_of_.push_back(groups_.of_node(tape_.name(node)));
    find_folded();
  }

  GraphBoxes make() {
    std::size_t most_parts = 0;
    for (std::uint32_t g = 1; g < groups_.size(); ++g)
      most_parts = std::max(most_parts, groups_.parts(g));
    std::size_t parts = options_.fold == Fold::layers    ? 1
                        : options_.fold == Fold::neurons ? 2
                                                         : nothing;
    Draft draft = folded(parts);
    bool is_limited = false;
    while (!is_small(draft) && parts > 1 && most_parts > 0) {
      parts = std::min(parts - 1, most_parts);
      draft = folded(parts);
      is_limited = true;
    }
    if (!is_small(draft)) {
      fold_leaves(draft);
      is_limited = true;
    }
    if (!is_small(draft)) fold_rest(draft);
    return finished(std::move(draft), is_limited);
  }

 private:
  const Recording& recording() const { return tape_.recording(); }

  void find_folded() {
    is_folded_.resize(groups_.size());
    for (const std::string& name : options_.folded) {
      std::uint32_t group = 1;
      while (group < groups_.size() && groups_.name(group) != name) ++group;
      if (group == groups_.size())
        throw ArgumentError(fmt::format(
            "graph_dot: no node of the graph is in a group '{}'; groups come from names: 'L1.n3' "
            "from L1.n3.w2",
            name));
      is_folded_[group] = true;
    }
  }

  // Groups of `parts` parts and more are boxes.
  Draft folded(std::size_t parts) const {
    std::vector<std::uint32_t> target(groups_.size());  // the group that swallows a group, or 0
    bool is_any = false;
    for (std::uint32_t g = 1; g < groups_.size(); ++g) {
      const std::uint32_t outer = target[groups_.parent(g)];
      const bool is_box = is_folded_[g] || groups_.parts(g) >= parts;
      target[g] = outer != 0 ? outer : is_box ? g : 0;
      is_any = is_any || is_box;
    }
    Draft draft;
    draft.box_of.reserve(nodes_.size());
    std::vector<std::uint32_t> box_of_group(groups_.size(), no_box);
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      const std::uint32_t group = target[group_of_[k]];
      std::uint32_t box = group == 0 ? no_box : box_of_group[group];
      if (box == no_box) {
        box = static_cast<std::uint32_t>(draft.boxes.size());
        draft.boxes.push_back(group == 0 ? BoxIdentity{BoxKind::node, group_of_[k]}
                                         : BoxIdentity{BoxKind::group, group});
        if (group != 0) box_of_group[group] = box;
      }
      draft.box_of.push_back(box);
    }
    add_edges(draft);
    if (is_any) fold_leaves(draft);
    return draft;
  }

  void add_edges(Draft& draft) const {
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      for_each_operand_node(recording(), nodes_[k], [&](std::size_t operand) {
        const std::uint32_t at = place_[operand];
        if (at == no_box || draft.box_of[at] == draft.box_of[k]) return;
        draft.edges.push_back(
            {draft.box_of[at], draft.box_of[k], nodes_[k], static_cast<std::uint32_t>(operand), 1});
      });
    }
    merge(draft.edges);
  }

  // Leaves that the same boxes use, and no group holds, like the inputs of a layer.
  void fold_leaves(Draft& draft) const {
    std::vector<std::vector<std::uint32_t>> users(draft.boxes.size());
    std::vector<bool> is_leaf(draft.boxes.size());
    for (std::size_t k = 0; k < nodes_.size(); ++k)
      is_leaf[draft.box_of[k]] = draft.boxes[draft.box_of[k]].kind == BoxKind::node &&
                                 group_of_[k] == 0 && recording().op(nodes_[k]) == Op::Leaf;
    for (const GraphEdge& edge : draft.edges)
      if (is_leaf[edge.from]) users[edge.from].push_back(edge.to);
    std::map<std::vector<std::uint32_t>, std::vector<std::uint32_t>> alike;
    for (std::uint32_t box = 0; box < draft.boxes.size(); ++box)
      if (is_leaf[box] && !users[box].empty()) alike[std::move(users[box])].push_back(box);

    std::vector<std::uint32_t> merged = each_by_itself(draft.boxes.size());
    std::vector<BoxIdentity> boxes = draft.boxes;
    for (const auto& [_, leaves] : alike) {
      if (leaves.size() < least_leaves) continue;
      for (const std::uint32_t box : leaves) merged[box] = leaves.front();
      boxes[leaves.front()] = {BoxKind::leaves, 0};
    }
    renumber(draft, merged, boxes);
  }

  // What is drawn beside the boxes.
  std::size_t constants(const Draft& draft, std::size_t k) const {
    if (draft.boxes[draft.box_of[k]].kind != BoxKind::node) return 0;
    std::size_t nodes = 0;
    for_each_operand_node(recording(), nodes_[k], [&](std::size_t) { ++nodes; });
    const std::size_t all = recording().operand_count(nodes_[k]) - nodes;
    return all > most_constants ? 1 : all;
  }

  bool is_small(const Draft& draft) const {
    if (draft.boxes.size() > options_.node_limit) return false;
    std::size_t count = draft.boxes.size();
    for (std::size_t k = 0; k < nodes_.size(); ++k) count += constants(draft, k);
    return count <= options_.node_limit && draft.edges.size() <= 2 * options_.node_limit;
  }

  // For each box the most edges from there to the output. Of two boxes that use each other no order
  // is known: they, and all above them, are far.
  std::vector<std::uint32_t> levels(const Draft& draft) const {
    constexpr std::uint32_t far = most_levels + 1;
    std::vector<std::uint32_t> level(draft.boxes.size(), far);
    std::vector<std::uint32_t> users_to_come(draft.boxes.size());
    std::vector<std::size_t> begin(draft.boxes.size() + 1);  // of the edges to a box
    for (const GraphEdge& edge : draft.edges) {
      ++users_to_come[edge.from];
      ++begin[edge.to + 1];
    }
    for (std::size_t box = 0; box < draft.boxes.size(); ++box) begin[box + 1] += begin[box];
    std::vector<std::uint32_t> longest(draft.boxes.size());
    std::vector<std::uint32_t> ready{draft.box_of.back()};
    for (std::size_t i = 0; i < ready.size(); ++i) {  // ready grows meanwhile
      const std::uint32_t box = ready[i];
      level[box] = std::min(longest[box], far);
      for (std::size_t e = begin[box]; e < begin[box + 1]; ++e) {
        const std::uint32_t from = draft.edges[e].from;
        longest[from] = std::max(longest[from], longest[box] + 1);
        if (--users_to_come[from] == 0 && from != ready.front()) ready.push_back(from);
      }
    }
    level[draft.box_of.back()] = 0;
    return level;
  }

  // The farthest level up to which all boxes and edges may be drawn, and one box for the rest.
  std::uint32_t nearest_levels(const Draft& draft, const std::vector<std::uint32_t>& level) const {
    std::vector<std::size_t> boxes(most_levels + 2), edges(most_levels + 2);
    for (const std::uint32_t l : level) ++boxes[l];
    for (std::size_t k = 0; k < nodes_.size(); ++k)
      boxes[level[draft.box_of[k]]] += constants(draft, k);
    std::vector<std::uint32_t> operands(draft.boxes.size()), users(draft.boxes.size());  // farthest
    for (const GraphEdge& edge : draft.edges) {
      ++edges[std::max(level[edge.from], level[edge.to])];
      operands[edge.to] = std::max(operands[edge.to], level[edge.from]);
      users[edge.from] = std::max(users[edge.from], level[edge.to]);
    }
    std::uint32_t farthest = 0;
    std::size_t boxes_so_far = 0, edges_so_far = 0;
    for (std::uint32_t l = 0; l <= most_levels; ++l) {
      boxes_so_far += boxes[l];
      edges_so_far += edges[l];
      std::size_t to_rest = 0;
      for (std::size_t box = 0; box < level.size(); ++box)
        if (level[box] <= l) to_rest += (operands[box] > l ? 1 : 0) + (users[box] > l ? 1 : 0);
      if (boxes_so_far + 1 > options_.node_limit ||
          edges_so_far + to_rest > 2 * options_.node_limit)
        break;
      farthest = l;
    }
    return farthest;
  }

  void fold_rest(Draft& draft) const {
    const std::vector<std::uint32_t> level = levels(draft);
    const std::uint32_t farthest = nearest_levels(draft, level);
    std::vector<std::uint32_t> merged = each_by_itself(draft.boxes.size());
    std::vector<BoxIdentity> boxes = draft.boxes;
    std::uint32_t rest = no_box;
    for (std::uint32_t box = 0; box < draft.boxes.size(); ++box) {
      if (level[box] <= farthest) continue;
      if (rest == no_box) rest = box;
      if (rest != box) boxes[rest] = {BoxKind::rest, 0};
      merged[box] = rest;
    }
    renumber(draft, merged, boxes);
  }

  GraphBoxes finished(Draft draft, bool is_limited) {
    GraphBoxes result{.boxes = std::vector<GraphBox>(draft.boxes.size()),
                      .edges = std::move(draft.edges),
                      .groups = {},
                      .nodes = nodes_.size(),
                      .is_limited = is_limited};
    std::vector<bool> is_output(nodes_.size());
    is_output.back() = true;
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      for_each_operand_node(recording(), nodes_[k], [&](std::size_t operand) {
        const std::uint32_t at = place_[operand];
        if (at == no_box)
          ++result.boxes[draft.box_of[k]].left_out;
        else if (draft.box_of[at] != draft.box_of[k])
          is_output[at] = true;
      });
    }
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      const BoxIdentity identity = draft.boxes[draft.box_of[k]];
      GraphBox& box = result.boxes[draft.box_of[k]];
      std::tie(box.kind, box.group) = std::tie(identity.kind, identity.group);
      add(k, is_output[k], box);
    }
    result.groups = std::move(groups_);
    return result;
  }

  void add(std::size_t k, bool is_output, GraphBox& box) const {
    const std::uint32_t node = nodes_[k];
    if (box.nodes++ == 0) box.first = node;
    box.last = node;
    const bool is_call = recording().op(node) == Op::External;  // has neither value nor adjoint
    const auto adjoint = is_call ? std::optional(0.0) : tape_.find_adjoint(node);
    box.leaves += recording().op(node) == Op::Leaf ? 1 : 0;
    box.is_swept = box.is_swept && adjoint.has_value();
    box.is_without_effect = box.is_without_effect && adjoint == 0.0 && !is_call;
    if ((!is_call && !std::isfinite(recording().value(node))) ||
        !std::isfinite(adjoint.value_or(0)))
      ++box.not_finite;
    if (!is_output) return;
    ++box.outputs;
    box.output = node;
    const double size = std::abs(adjoint.value_or(0));
    if (std::isfinite(size) && size > std::abs(box.largest)) box.largest = *adjoint;
  }

  const Tape& tape_;
  const std::vector<std::uint32_t>& nodes_;
  const GraphOptions& options_;
  std::vector<std::uint32_t> place_;     // for each node of the tape: which one of nodes_
  std::vector<std::uint32_t> group_of_;  // for each of nodes_
  GraphGroups groups_;
  std::vector<bool> is_folded_;  // groups: by the caller's wish
};

}  // namespace

GraphBoxes make_boxes(const Node& y, const std::vector<std::uint32_t>& nodes,
                      const GraphOptions& options) {
  return BoxMaker(y, nodes, options).make();
}

}  // namespace tapegrad
