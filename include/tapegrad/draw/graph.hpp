// The graph above a value as a picture: what was computed from what, and where its gradient goes.
//
//   draw(y, "graph.svg")     a picture, by Graphviz, and beside it the text that it is made of;
//                            or "graph.png"
//   graph_svg(y)             the picture as text
//   graph_dot(y)             what Graphviz is told
//
// A node shows its name, operation, value and adjoint; an edge leads from an operand to what was
// made of it, and shows the partial derivative. Colour is the adjoint: blue is negative, orange
// positive. What is not finite is a purple octagon, a node with an adjoint of 0 has a dashed
// border; leaves have corners, operations are round.
//
// Names with dots make groups: L1.n3.w2 stands in neuron 3 of layer (1). A group may be folded into
// one box; an edge to it then shows the partial of the node within. A graph with more boxes than
// one can look at is folded until it has few enough, and the picture says so. On machines without
// Graphviz: tree() and dot() of inspect/dump.hpp.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/core/node.hpp"
#include "tapegrad/draw/picture.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// What becomes one box. Neurons are groups of two parts, L1.n3, and layers those of one, L1; other
/// names with dots are treated alike.
enum class Fold { as_needed, neurons, layers };

struct GraphOptions {
  std::string title = {};
  Theme theme = Theme::light;
  Fold fold = Fold::as_needed;           // at least this; more if node_limit asks for it
  std::vector<std::string> folded = {};  // names of groups, "L1" or "L2.n3": a box in any case
  /// Nodes more steps away from the output are left out.
  std::size_t depth = std::numeric_limits<std::size_t>::max();
  /// Nodes that contribute less are left out, and what only they need. The contribution of a node
  /// is |adjoint · value|: by how much the output would change, to first order, if the node were 0.
  /// It is taken as a share of the largest one in the graph, from 0 to 1. What is not finite stays.
  double least_contribution = 0;
  std::size_t node_limit = 100;  // most boxes and constants, at least 2; and twice as many edges
  std::string graphviz = "dot";  // a program on the PATH, or a path to it
};

/// The graph above `y` in the language of Graphviz. The same recording gives the same text.
/// @throws ArgumentError if the node is not on its tape, if `folded` names no group of the graph,
///         if least_contribution is outside 0 to 1, or if node_limit < 2;
///         NoAdjointError if there is a least_contribution, and no sweep has covered the node
/// Cost: about a microsecond for each node above y; no recursion.
TAPEGRAD_API std::string graph_dot(const Node& y, const GraphOptions& options = {});

/// The picture, as SVG.
/// @throws UnsupportedError if Graphviz is not installed, or fails; all that graph_dot() throws
TAPEGRAD_API std::string graph_svg(const Node& y, const GraphOptions& options = {});

/// Draws the graph. What Graphviz is told goes to a file beside the picture, graph.dot for
/// graph.svg, also where Graphviz is not installed; then the returned Picture says how to get it.
/// @param file  where to: a name that ends in .svg, or in .png for twice as many pixels on each
///              side as an SVG is shown with, in a folder that exists
/// @throws ArgumentError if file has another ending; FileError if a file cannot be written; all
///         that graph_dot() throws
TAPEGRAD_API Picture draw(const Node& y, const std::filesystem::path& file,
                          const GraphOptions& options = {});

}  // namespace tapegrad
