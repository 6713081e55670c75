// How the nodes of a recording depend on each other, whatever their values: what patterns of zeros
// are made of.
//
// It comes from the rules (dependence.hpp), and from which operands are constants. A user's
// operation has no rule: each of its results may depend on all operands, and each two operands,
// also one with itself, may interact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "dependence.hpp"
#include "tapegrad/core/recording.hpp"

namespace tapegrad {

struct NodePair {
  std::uint32_t a;
  std::uint32_t b;
};

/// Asked node by node; what it returns is good until the next question.
class NodeStructure {
 public:
  explicit NodeStructure(const Recording& recording) : recording_(recording) {}

  /// The nodes that the node depends on directly. One may come twice, as in x * x.
  std::span<const std::uint32_t> operands(std::size_t node);

  /// The pairs of nodes by which it has a second partial. A user's operation has that of itself
  /// with itself: whatever moves it interacts.
  std::span<const NodePair> pairs(std::size_t node);

  /// All operands in order, 0 for a constant: what the two above choose from.
  std::span<const std::uint32_t> all_operands(std::size_t node);

 private:
  const RuleStructure& rule_of(Op op, std::size_t operands);

  const Recording& recording_;
  std::vector<std::uint32_t> operands_;
  std::vector<NodePair> pairs_;
  std::uint32_t own_operands_[2] = {};
  std::map<std::pair<Op, std::size_t>, RuleStructure> of_many_;  // operations of any number
};

}  // namespace tapegrad
