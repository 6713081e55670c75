// Where the nodes of a graph go: in columns, from what is given on the left to the output on the
// right, so that few edges cross and long ones are straight.
//
// A node stands just left of the first node that uses it. What is used further to the right as well
// gets a trunk, one way through the columns between that all its edges share.
// Source: Sugiyama, Tagawa and Toda 1981, "Methods for visual understanding of hierarchical system
// structures".
#pragma once

#include <cstddef>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// In pixels.
struct LayoutSize {
  double node_height = 60;
  double gap = 14;         // between the nodes of a column
  double trunk_width = 8;  // what a trunk takes of a column, without the gap
};

struct NodePlace {
  std::size_t column = 0;
  double y = 0;               // of its middle
  std::vector<double> trunk;  // y in each column behind its own
};

struct PageLayout {
  std::vector<NodePlace> places;
  std::size_t columns = 0;
  double height = 0;
};

/// @param operands  of each node, in an order in which they stand before it; the last node is the
///                  output, and every other one is used by some node
/// Cost: a few milliseconds for thousands of nodes and trunks.
TAPEGRAD_API PageLayout lay_out(const std::vector<std::vector<std::size_t>>& operands,
                                const LayoutSize& size);

}  // namespace tapegrad
