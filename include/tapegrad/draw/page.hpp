// A recording as a page to step through, in any browser: the forward pass, then the backward pass.
//
//   page(tape, loss, "neuron.html", {.inputs = {x1, x2}});
//
// The page is one file that needs no network. It lights the node of the moment and writes its line
// of the chain rule, with numbers; a click on a node says which paths its derivative comes from;
// weights and inputs can be dragged, and descend the gradient. What it computes with are the rules
// of the op table, printed as JavaScript.
//
// Names with dots make groups, as in pictures (graph.hpp): L1.n3.w2 stands in neuron 3 of layer
// (1). The reader folds them: a box for each node, for each neuron or for each layer, and any group
// by itself.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/draw/graph.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

struct PageOptions {
  std::string title = "Backpropagation, step by step";
  /// Leaves that are data: the page's gradient descent leaves them as they are, unless the reader
  /// says otherwise. All other leaves learn.
  std::vector<Value> inputs = {};
  /// The step of gradient descent that the page starts with, in units of leaf² per unit of y.
  double learning_rate = 0.1;
  /// What the page starts with. as_needed: nodes if there are at most 60, else neurons, or layers
  /// if there are more boxes than that.
  Fold fold = Fold::as_needed;
};

/// A page shows at most so many nodes; more are neither read nor drawn quickly.
inline constexpr std::size_t max_page_nodes = 2000;

/// Writes the page of `y`: of all nodes that y was computed from. Nodes without a name are called
/// by their index, and y itself L. A link may say where to start, with which numbers, and what is
/// folded: neuron.html#step=12&w1=0.7&show=neurons (step=end: after the backward pass; show: nodes,
/// neurons or layers).
///
/// Comparisons that were recorded as guards are watched: where numbers are dragged to where one
/// comes out otherwise, the page says so. What left the tape by value() it cannot know.
/// @param html  where to; the file is replaced if there is one
/// @throws UnsupportedError if y or an input is a constant, or if y was computed by a user's
///         operation, whose formulas the page cannot know; ArgumentError for more than
///         max_page_nodes nodes, those of guards included, or for a learning rate that is not
///         positive and finite; StaleValueError if y or an input is not on the tape; FileError if
///         the file cannot be written
/// Cost: a few milliseconds for the largest. Size: 55 kB, and about 75 bytes a node.
TAPEGRAD_API void page(const Tape& tape, Value y, const std::filesystem::path& html,
                       const PageOptions& options = {});

}  // namespace tapegrad
