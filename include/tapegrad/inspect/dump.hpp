// A recording as text, for people and for tests that compare it.
//
//   overview(tape)              what is on it, in a dozen lines
//   dump(tape)                  every node, a line each
//   tree(y)                     the expression above a value, operands indented under their node
//   dot(y)                      the same for Graphviz: dot -Tsvg; a picture with colours, frames
//                               and folding: draw/graph.hpp
//   difference(before, now)     what changed between two recordings
//
// The same recording always gives the same text. Every text but dot's is made of whole lines and
// ends with a line's end, or is empty. explain.hpp says where a derivative comes from.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tapegrad/core/node.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

/// Numbers of nodes, leaves and names, memory, whether a sweep has run, how many values and
/// adjoints are not finite with the first of each (values in the order of recording, adjoints in
/// that of the sweep), guards, user's operations, and the nodes by operation, most frequent first.
TAPEGRAD_API std::string overview(const Tape& tape);

/// One line for each node: to_string(node) and, where it is known, what recorded it:
/// #7 y = tanh(#6) = 0.462117  adjoint 1  at loss.cpp:12 in softmax
/// Cost: about a microsecond a node.
TAPEGRAD_API std::string dump(const Tape& tape);

/// The nodes `first` to `last`, both included.
/// @throws ArgumentError unless 1 <= first <= last <= tape.size()
TAPEGRAD_API std::string dump(const Tape& tape, std::size_t first, std::size_t last);

/// The expression above a value, as an indented tree with a column each for values, adjoints and
/// partials. The partial is that of the node one step up the tree by this operand, so that
/// adjoint · partial is what flows along the line. A node that occurs again is not drawn again:
/// "#5 (above)". Below `depth` steps "...".
/// @throws ArgumentError if the node is not on its tape
/// Cost: of the order of the nodes drawn; the depth may be millions (from 16 steps on a line shows
/// its depth, and is not indented further).
TAPEGRAD_API std::string tree(const Node& node, std::size_t depth = 8);

/// The nodes that have this one as an operand, in the order of recording.
/// @throws ArgumentError if the node is not on its tape
/// Cost: looks at all nodes behind it.
TAPEGRAD_API std::vector<std::size_t> users(const Node& node);

/// The graph above a value, up to `depth` steps, in the language of Graphviz: operands to the left
/// of what they are used in. Nodes show name, operation, value and adjoint, edges the partial.
/// Leaves are boxes, constants bare numbers; what is not finite is red.
/// @throws ArgumentError if the node is not on its tape
TAPEGRAD_API std::string dot(const Node& node, std::size_t depth = 8);

/// What changed from one recording to another, node by node of the same index: added, removed,
/// another operation or other operands, another value or adjoint (from -> to). Adjoints are
/// compared where both have one. A line for each of the first 50 nodes that changed, and then
/// their number. Two NaNs are the same.
TAPEGRAD_API std::string difference(const Tape& before, const Tape& now);

}  // namespace tapegrad
