// The part of a recording that lies between an input x and an output y: the nodes through which
// paths from y down to x lead, and the partials along them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tapegrad/core/recording.hpp"

namespace tapegrad {

/// Nodes are counted in the order of recording: 0 is x, the last one is y. Empty if x does not
/// reach y.
class Between {
 public:
  /// An operand of a node, where an adjoint may pass.
  struct Edge {
    double partial;
    std::uint32_t operand;
  };

  Between(const Recording& recording, std::size_t y, std::size_t x);

  std::size_t size() const { return nodes_.size(); }
  bool empty() const { return nodes_.empty(); }
  std::size_t last() const { return size() - 1; }
  /// Its index on the tape.
  std::size_t node(std::size_t i) const { return nodes_[i]; }
  /// In the order of the operands. Those of a partial of 0 that cuts off are left out, and those
  /// behind which everything is cut off.
  std::span<const Edge> edges(std::size_t i) const {
    return {edges_.data() + ends_[i], edges_.data() + ends_[i + 1]};
  }

 private:
  std::vector<std::uint32_t> nodes_;
  std::vector<std::size_t> ends_;  // of the edges of all nodes before i
  std::vector<Edge> edges_;
};

}  // namespace tapegrad
