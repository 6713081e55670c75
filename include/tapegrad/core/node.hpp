// Looking at a recording, node by node.
//
// A Node is a small view, made on demand: good until its tape takes the node back.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "tapegrad/core/recording.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

class OperandRange;

/// A view of one node of a tape: made when asked for, valid as long as the node is there.
class TAPEGRAD_API Node {
 public:
  Node(const Tape& tape, std::size_t index) : tape_(&tape), index_(index) {}
  /// The node of a Value, on a tape that is active on this thread (on any other: tape.node(x)).
  /// @throws UnsupportedError for a constant, which has none; StaleValueError if no active tape of
  ///         this thread holds it
  Node(Value x);

  std::size_t index() const { return index_; }
  Op op() const { return recording().op(index_); }
  double value() const { return recording().value(index_); }
  /// "tanh", "variable", or the name of a user's own operation.
  std::string_view operation() const;
  /// The name it was given; empty if none.
  std::string name() const { return tape_->name(index_); }
  /// The adjoint of the last sweep; nothing if no sweep has covered the node.
  std::optional<double> adjoint() const { return tape_->find_adjoint(index_); }
  /// The operands in the order in which they were written, constants included.
  OperandRange operands() const;
  bool is_leaf() const { return op() == Op::Leaf; }
  const Tape& tape() const { return *tape_; }

  friend bool operator==(const Node&, const Node&) = default;

 private:
  const Recording& recording() const { return tape_->recording(); }

  const Tape* tape_;
  std::size_t index_;
};

/// How a text refers to the node: "#7", or "#7 L1.n2.pa" where it has a name.
/// Of a name, control characters and bytes that are no UTF-8 are written as \n or \x1b, here and in
/// all other texts: whatever a node is called, a line stays a line.
TAPEGRAD_API std::string label(const Node& node);

/// One readable line, without the line's end:
/// #7 L1.n2.pa = add(#5, #6) = 0.4139  adjoint 0.7616
TAPEGRAD_API std::string to_string(const Node& node);

/// The operands of a node. Each has .node (an index; 0 for a constant), .partial and .constant.
class OperandRange {
 public:
  class iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Operand;
    iterator() = default;
    iterator(const Recording* recording, std::size_t node, std::size_t k)
        : recording_(recording), node_(node), k_(k) {}
    Operand operator*() const { return recording_->operand(node_, k_); }
    iterator& operator++() { return ++k_, *this; }
    iterator operator++(int) { return {recording_, node_, k_++}; }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const Recording* recording_ = nullptr;
    std::size_t node_ = 0;
    std::size_t k_ = 0;
  };

  OperandRange(const Recording& recording, std::size_t node)
      : recording_(&recording), node_(node) {}
  std::size_t size() const { return recording_->operand_count(node_); }
  Operand operator[](std::size_t k) const { return recording_->operand(node_, k); }
  iterator begin() const { return {recording_, node_, 0}; }
  iterator end() const { return {recording_, node_, size()}; }

 private:
  const Recording* recording_;
  std::size_t node_;
};

inline OperandRange Node::operands() const { return {recording(), index_}; }

/// The nodes of a tape, in the order of recording.
class NodeRange {
 public:
  class iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Node;
    iterator() = default;
    iterator(const Tape* tape, std::size_t index) : tape_(tape), index_(index) {}
    Node operator*() const { return {*tape_, index_}; }
    iterator& operator++() { return ++index_, *this; }
    iterator operator++(int) { return {tape_, index_++}; }
    friend bool operator==(const iterator&, const iterator&) = default;

   private:
    const Tape* tape_ = nullptr;
    std::size_t index_ = 0;
  };

  explicit NodeRange(const Tape& tape) : tape_(&tape) {}
  std::size_t size() const { return tape_->size(); }
  iterator begin() const { return {tape_, 1}; }
  iterator end() const { return {tape_, size() + 1}; }

 private:
  const Tape* tape_;
};

inline NodeRange Tape::nodes() const { return NodeRange(*this); }

}  // namespace tapegrad
