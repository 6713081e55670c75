// The number that is differentiated: a double and its place on a tape.
#pragma once

#include <cstdint>
#include <type_traits>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Tells the lives of a tape apart: a tape gets a new epoch when it is made, cleared, marked or
/// rewound, and stamps it on the values it records. 0 belongs to constants. Epochs come from one
/// counter of the process, so that a value of another tape, of another thread, or of before a
/// clear() is caught. The counter wraps after 2³² - 8192 epochs, skipping those of live tapes:
/// what a wrap can hide is a value kept through four thousand million clears and used again.
enum class Epoch : std::uint32_t {};

inline constexpr Epoch constant_epoch{0};

/// A number in a computation that is being differentiated.
///
/// A Value made from a plain number, or by default, is a constant: it has no node and records
/// nothing. Tape::variable() makes a leaf; arithmetic on leaves records one node per operation on
/// the thread's active tape. Copying a Value copies the handle, not the node, and
/// `auto y = a * b + c` holds a number, not an expression: there is nothing to dangle.
///
/// There is no conversion back to double; read value(). A Value may outlive its tape: its value()
/// stays readable, its grad() throws.
class TAPEGRAD_API Value {
 public:
  constexpr Value() = default;

  /// A constant. (bool is left out: a truth value in arithmetic is nearly always a slip.)
  template <class Number>
  requires(std::is_arithmetic_v<Number> &&
           !std::is_same_v<Number, bool>) constexpr Value(Number number)
      : value_(static_cast<double>(number)) {}

  /// A node's value. For the tape; users get Values from Tape::variable() and from arithmetic.
  constexpr Value(double value, std::uint32_t node, Epoch epoch)
      : value_(value), node_(node), epoch_(epoch) {}

  constexpr double value() const { return value_; }
  constexpr bool is_constant() const { return epoch_ == constant_epoch; }

  /// Index of the node on its tape, counted from 1; 0 for a constant.
  constexpr std::uint32_t node() const { return node_; }
  constexpr Epoch epoch() const { return epoch_; }

  /// The adjoint ∂output/∂(this value) of the last sweep, in units of output per unit of value.
  /// Looks on the tapes that are active on this thread; for any other use tape.adjoint(x).
  /// @throws NoAdjointError for a constant, or if no sweep has covered the node
  /// @throws StaleValueError if no active tape of this thread holds the node
  double grad() const;

  Value& operator+=(Value other);
  Value& operator-=(Value other);
  Value& operator*=(Value other);
  Value& operator/=(Value other);

 private:
  double value_ = 0;
  std::uint32_t node_ = 0;
  Epoch epoch_ = constant_epoch;
};

static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

}  // namespace tapegrad
