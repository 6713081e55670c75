// A sweep of one's own: what backward() would do, or did until it came to a node, without touching
// the tape's adjoints. And for each node, a way to the output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tapegrad/core/node.hpp"

namespace tapegrad {

/// The node's operands, or those of the user's operation of which it is a result.
OperandRange inputs_of(const Node& node);

class SweepReplay {
 public:
  /// Sweeps from `output`, with seed 1, in the arithmetic of the plain sweep. It asks the callbacks
  /// of users' operations. If one throws an Error, nothing is handed on there.
  explicit SweepReplay(const Node& output) : SweepReplay(output, {}, output.index() + 1) {}

  /// The sweep of a tape that is being swept from `last` and has come to node `first_known`: from
  /// that node on the adjoints are known. Below, the sweep goes on.
  /// @param known  by node; those from first_known to last are read
  SweepReplay(const Node& last, std::span<const double> known, std::size_t first_known);

  const Tape& tape() const { return tape_; }
  const Recording& recording() const { return tape_.recording(); }
  Node node(std::size_t index) const { return {tape_, index}; }
  std::size_t output() const { return output_; }

  /// 0 for a node that the sweep does not reach.
  double adjoint(std::size_t node) const { return adjoints_[node]; }

  /// A node that was computed from this one, on a way to the output; the output's is itself, 0
  /// where there is no way. Of several the one nearest to the output.
  std::size_t user(std::size_t node) const { return users_[node]; }
  /// The same on a way on which nothing is cut off.
  std::size_t open_user(std::size_t node) const { return open_users_[node]; }

  bool is_connected(std::size_t node) const { return users_[node] != 0; }
  bool is_open(std::size_t node) const { return open_users_[node] != 0; }

  /// The users' operations whose callback gave an adjoint that is not finite.
  std::span<const std::uint32_t> spoilt_by_callbacks() const { return spoilt_; }

 private:
  void sweep_external(std::size_t node);
  void sweep_rule(std::size_t node);
  void join(std::size_t operand, std::size_t user, bool open);

  const Tape& tape_;
  std::size_t output_;
  std::vector<double> adjoints_;
  std::vector<std::uint32_t> users_;
  std::vector<std::uint32_t> open_users_;
  std::vector<std::uint32_t> spoilt_;
};

}  // namespace tapegrad
