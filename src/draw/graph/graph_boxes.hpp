// What stands in the picture of a graph: boxes, each of one node or of many, and edges.
//
//   select_nodes()   the nodes above the output, less those that the options leave out
//   make_boxes()     a box for each, or for many together, until there are few enough
//
// How it all looks is the affair of graph_dot.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "graph_groups.hpp"
#include "tapegrad/draw/graph.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// Leaves: of the same users, together. Rest: all that is too far from the output.
enum class BoxKind : std::uint8_t { node, group, leaves, rest };

struct GraphBox {
  BoxKind kind = BoxKind::node;
  std::uint32_t group = 0;  // that it is, or that it stands in; 0: none
  std::uint32_t first = 0;  // the first of its nodes, and the last
  std::uint32_t last = 0;
  std::size_t nodes = 0;
  std::size_t leaves = 0;
  std::size_t not_finite = 0;     // nodes whose value or adjoint is not finite
  std::size_t outputs = 0;        // nodes that are used outside of the box, or are the output
  std::uint32_t output = 0;       // the last of them
  double largest = 0;             // the adjoint of the largest size among the outputs
  bool is_swept = true;           // have all nodes an adjoint?
  bool is_without_effect = true;  // are they all 0?
  std::size_t left_out = 0;       // operands that the options leave out
};

struct GraphEdge {
  std::uint32_t from;      // boxes
  std::uint32_t to;        //
  std::uint32_t node;      // in `to`, and its operand in `from`: the first of those that the edge
  std::uint32_t operand;   // stands for
  std::uint32_t operands;  // their number
};

struct GraphBoxes {
  std::vector<GraphBox> boxes;   // by their first nodes
  std::vector<GraphEdge> edges;  // by `to`, then by `from`
  GraphGroups groups;
  std::size_t nodes = 0;    // in all boxes
  bool is_limited = false;  // was something folded because of the limit?
};

/// Nodes of the graph, in the order of recording. @throws as graph_dot()
TAPEGRAD_API std::vector<std::uint32_t> select_nodes(const Node& y, const GraphOptions& options);

/// @throws as graph_dot()
TAPEGRAD_API GraphBoxes make_boxes(const Node& y, const std::vector<std::uint32_t>& nodes,
                                   const GraphOptions& options);

/// The node's constants are drawn each by itself, up to this many; else one text counts them.
inline constexpr std::size_t most_constants = 6;

}  // namespace tapegrad
