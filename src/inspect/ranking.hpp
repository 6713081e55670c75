// The paths of the largest contributions: k-best search over a graph.
//
// One pass in the order of recording keeps for each node the k largest products of partials along
// paths from it down to x: each is one of its operand's, times the partial. Back pointers lead from
// the ranks of y down the paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "between.hpp"
#include "scaled.hpp"

namespace tapegrad {

/// One step down a path, as the sweep does it: an adjoint of 0 hands nothing on.
inline Scaled step_down(const Scaled& adjoint, double partial) {
  return adjoint.is_zero() ? adjoint : adjoint * Scaled(partial);
}

/// And one step up: behind a partial of 0 nothing comes, be it infinite.
inline Scaled step_up(double partial, const Scaled& below) {
  return partial == 0 ? Scaled() : Scaled(partial) * below;
}

class Ranking {
 public:
  struct Entry {
    Scaled product;
    std::uint32_t edge;  // of the node: the first step down
    std::uint32_t rank;  // at the operand: how it goes on
  };

  /// @param graph  not empty
  Ranking(const Between& graph, std::size_t k);

  /// Of a node of the graph, the largest first: what is not finite, then finite products, then 0.
  /// Equal ones in the order of operands, so that the result is always the same.
  std::span<const Entry> of(std::size_t i) const {
    return {entries_.data() + starts_[i], entries_.data() + starts_[i + 1]};
  }

 private:
  void rank(std::span<const Between::Edge> edges, std::span<Entry> best) const;

  std::vector<std::size_t> starts_;  // of each node's entries
  std::vector<Entry> entries_;
};

}  // namespace tapegrad
