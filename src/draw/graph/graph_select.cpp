// Which nodes are in the picture: one pass from the output back to the first node.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "graph_boxes.hpp"
#include "inspect/operand_nodes.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t unreached = std::numeric_limits<std::size_t>::max();

/// The nodes above y that lead there by operands that `admits` lets pass, in at most `depth` steps.
template <class Admits>
std::vector<std::uint32_t> above(const Node& y, std::size_t depth, Admits&& admits) {
  std::vector<std::uint32_t> nodes;
  std::vector<std::size_t> steps(y.index() + 1, unreached);
  steps[y.index()] = 0;
  for (std::size_t i = y.index(); i > 0; --i) {
    if (steps[i] == unreached) continue;
    nodes.push_back(static_cast<std::uint32_t>(i));
    if (steps[i] >= depth) continue;
    for_each_operand_node(y.tape().recording(), i, [&](std::size_t operand) {
      if (admits(operand)) steps[operand] = std::min(steps[operand], steps[i] + 1);
    });
  }
  std::ranges::reverse(nodes);
  return nodes;
}

/// Infinite where nothing can be said: a NaN is what one looks for, and a user's operation has no
/// value of its own.
double contribution(const Tape& tape, std::size_t node) {
  const double product = std::abs(tape.recording().value(node) * tape.find_adjoint(node).value());
  const bool is_known = tape.recording().op(node) != Op::External && std::isfinite(product);
  return is_known ? product : std::numeric_limits<double>::infinity();
}

void check(const Node& y, const GraphOptions& options) {
  check_node("graph_dot", y);
  if (options.node_limit < 2)
    throw ArgumentError(
        fmt::format("graph_dot: node_limit is {}; the output and one box for all the rest are 2",
                    options.node_limit));
  if (!(options.least_contribution >= 0 && options.least_contribution <= 1))
    throw ArgumentError(
        fmt::format("graph_dot: least_contribution is {}; it is a share of the largest, 0 to 1",
                    options.least_contribution));
  if (options.least_contribution > 0 && !y.adjoint().has_value())
    throw NoAdjointError(fmt::format(
        "graph_dot: least_contribution asks for adjoints, and no sweep has covered {}; call "
        "backward() first",
        label(y)));
}

}  // namespace

std::vector<std::uint32_t> select_nodes(const Node& y, const GraphOptions& options) {
  check(y, options);
  if (options.least_contribution == 0)
    return above(y, options.depth, [](std::size_t) { return true; });
  double largest = 0;
  for (const std::uint32_t node : above(y, unreached, [](std::size_t) { return true; })) {
    const double size = contribution(y.tape(), node);
    if (std::isfinite(size)) largest = std::max(largest, size);
  }
  const double least = options.least_contribution * largest;
  return above(y, options.depth,
               [&](std::size_t node) { return contribution(y.tape(), node) >= least; });
}

}  // namespace tapegrad
