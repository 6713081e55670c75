// The number that is differentiated: a double and its place on a tape.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Tells the lives of a tape apart: a tape gets a new epoch when it is made, cleared, marked or
/// rewound, and stamps it on the values it records. 0 belongs to constants. Epochs come from one
/// counter of the process, so that a value of another tape, of another thread, or of before a
/// clear() is caught. The counter wraps after 2³² - 8192 epochs, skipping those of live tapes:
/// what a wrap can hide is a value kept through some thousand million clears (a thread takes 4096
/// epochs at a time, so that a million threads that come and go count as many) and used again.
enum class Epoch : std::uint32_t { constant = 0 };

/// Names a node for as long as it lives: its epoch in the upper half, its index on the tape in the
/// lower. In one piece, so that a new node's id is the last one's plus one, and is stored at once.
enum class NodeId : std::uint64_t { constant = 0 };

TAPEGRAD_INLINE_WITH constexpr NodeId make_id(std::uint32_t node, Epoch epoch) {
  return NodeId{std::uint64_t{static_cast<std::uint32_t>(epoch)} << 32 | node};
}
/// Of the node recorded after that one.
TAPEGRAD_INLINE_WITH constexpr NodeId next_id(NodeId id) {
  return NodeId{static_cast<std::uint64_t>(id) + 1};
}
TAPEGRAD_INLINE_WITH constexpr std::uint32_t node_of(NodeId id) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
}
TAPEGRAD_INLINE_WITH constexpr Epoch epoch_of(NodeId id) {
  return static_cast<Epoch>(static_cast<std::uint64_t>(id) >> 32);
}

/// A number as one writes it. bool is left out: a truth value in arithmetic is nearly always a
/// slip.
template <class T>
concept PlainNumber = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

/// A number in a computation that is being differentiated.
///
/// A Value made from a plain number, or by default, is a constant: it has no node and records
/// nothing. Tape::variable() makes a leaf; arithmetic on leaves records one node per operation on
/// the thread's active tape. Copying a Value copies the handle, not the node, and
/// `auto y = a * b + c` holds a number, not an expression: there is nothing to dangle.
///
/// There is no conversion back to double; read value(). A Value may outlive its tape: its value()
/// stays readable, its grad() throws.
class [[nodiscard]] Value {
 public:
  constexpr Value() = default;

  /// A constant.
  template <PlainNumber Number>
  TAPEGRAD_INLINE_WITH constexpr Value(Number number) : value_(static_cast<double>(number)) {}

  /// A node's value. For the tape; users get Values from Tape::variable() and from arithmetic.
  TAPEGRAD_INLINE_WITH constexpr Value(double value, NodeId id) : value_(value), id_(id) {}

  // Not TAPEGRAD_INLINE_WITH, nor node(): with both, g++ 12 moves the result of each operation once
  // more from register to register.
  constexpr double value() const { return value_; }
  TAPEGRAD_INLINE_WITH constexpr bool is_constant() const { return epoch() == Epoch::constant; }

  /// Index of the node on its tape, counted from 1; 0 for a constant.
  constexpr std::uint32_t node() const { return node_of(id_); }
  TAPEGRAD_INLINE_WITH constexpr Epoch epoch() const { return epoch_of(id_); }

  /// The adjoint ∂output/∂(this value) of the last sweep, in units of output per unit of value.
  /// Looks on the tapes that are active on this thread; for any other use tape.adjoint(x).
  /// @throws NoAdjointError for a constant, or if no sweep has covered the node
  /// @throws StaleValueError if no active tape of this thread holds the node
  [[nodiscard]] TAPEGRAD_API double grad() const;

 private:
  double value_ = 0;
  NodeId id_ = NodeId::constant;
};

static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

}  // namespace tapegrad

/// Those of double, as constants. Beside the class, so that no template can miss them.
template <> class std::numeric_limits<tapegrad::Value> : public std::numeric_limits<double> {
  using Number = std::numeric_limits<double>;
  using Value = tapegrad::Value;

 public:
  static constexpr Value min() noexcept { return Number::min(); }
  static constexpr Value max() noexcept { return Number::max(); }
  static constexpr Value lowest() noexcept { return Number::lowest(); }
  static constexpr Value epsilon() noexcept { return Number::epsilon(); }
  static constexpr Value round_error() noexcept { return Number::round_error(); }
  static constexpr Value infinity() noexcept { return Number::infinity(); }
  static constexpr Value quiet_NaN() noexcept { return Number::quiet_NaN(); }
  static constexpr Value signaling_NaN() noexcept { return Number::signaling_NaN(); }
  static constexpr Value denorm_min() noexcept { return Number::denorm_min(); }
};
