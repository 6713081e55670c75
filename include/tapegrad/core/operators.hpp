// Arithmetic and comparisons of Values.
//
// Either side may be a plain number: it is kept as a constant of the node. What is written is what
// is recorded: y / x is one node.
#pragma once

#include "tapegrad/core/record.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

TAPEGRAD_INLINE Value operator+(Value a, Value b) { return record_as<rule::Add>(a, b); }
template <PlainNumber Number> TAPEGRAD_INLINE Value operator+(Value a, Number b) {
  return record_as<rule::Add>(a, static_cast<double>(b));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value operator+(Number a, Value b) {
  return record_as<rule::Add>(static_cast<double>(a), b);
}

TAPEGRAD_INLINE Value operator-(Value a, Value b) { return record_as<rule::Sub>(a, b); }
template <PlainNumber Number> TAPEGRAD_INLINE Value operator-(Value a, Number b) {
  return record_as<rule::Sub>(a, static_cast<double>(b));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value operator-(Number a, Value b) {
  return record_as<rule::Sub>(static_cast<double>(a), b);
}

TAPEGRAD_INLINE Value operator*(Value a, Value b) { return record_as<rule::Mul>(a, b); }
template <PlainNumber Number> TAPEGRAD_INLINE Value operator*(Value a, Number b) {
  return record_as<rule::Mul>(a, static_cast<double>(b));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value operator*(Number a, Value b) {
  return record_as<rule::Mul>(static_cast<double>(a), b);
}

TAPEGRAD_INLINE Value operator/(Value a, Value b) { return record_as<rule::Div>(a, b); }
template <PlainNumber Number> TAPEGRAD_INLINE Value operator/(Value a, Number b) {
  return record_as<rule::Div>(a, static_cast<double>(b));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value operator/(Number a, Value b) {
  return record_as<rule::Div>(static_cast<double>(a), b);
}

TAPEGRAD_INLINE Value operator-(Value x) { return record_as<rule::Neg>(x); }
TAPEGRAD_INLINE Value operator+(Value x) { return x; }

TAPEGRAD_INLINE Value& operator++(Value& x) { return x = record_as<rule::Add>(x, 1.0); }
TAPEGRAD_INLINE Value& operator--(Value& x) { return x = record_as<rule::Sub>(x, 1.0); }
TAPEGRAD_INLINE Value operator++(Value& x, int) {
  const Value before = x;
  ++x;
  return before;
}
TAPEGRAD_INLINE Value operator--(Value& x, int) {
  const Value before = x;
  --x;
  return before;
}

TAPEGRAD_INLINE Value& operator+=(Value& x, Value other) {
  return x = record_as<rule::Add>(x, other);
}
TAPEGRAD_INLINE Value& operator-=(Value& x, Value other) {
  return x = record_as<rule::Sub>(x, other);
}
TAPEGRAD_INLINE Value& operator*=(Value& x, Value other) {
  return x = record_as<rule::Mul>(x, other);
}
TAPEGRAD_INLINE Value& operator/=(Value& x, Value other) {
  return x = record_as<rule::Div>(x, other);
}
template <PlainNumber Number> TAPEGRAD_INLINE Value& operator+=(Value& x, Number other) {
  return x = record_as<rule::Add>(x, static_cast<double>(other));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value& operator-=(Value& x, Number other) {
  return x = record_as<rule::Sub>(x, static_cast<double>(other));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value& operator*=(Value& x, Number other) {
  return x = record_as<rule::Mul>(x, static_cast<double>(other));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value& operator/=(Value& x, Number other) {
  return x = record_as<rule::Div>(x, static_cast<double>(other));
}

/// Keeps the comparison of `a` and `b`, and how it came out, as a guard of the active tape.
TAPEGRAD_API TAPEGRAD_COLD void record_guard(Op comparison, Value a, Value b);

template <class Rule> TAPEGRAD_INLINE bool compare(Value a, Value b) {
  if (active_recording->records_guards()) [[unlikely]]
    record_guard(op_of<Rule>, a, b);
  return Rule::value(a.value(), b.value()) != 0;
}

// Comparisons compare the values and give a bool: a branch taken on it is part of the program, not
// of the recording. A tape with Options::guards keeps them, so that a replay can tell when it
// would have branched otherwise. For a choice that is recorded itself: select() in math.hpp.
TAPEGRAD_INLINE bool operator<(Value a, Value b) { return compare<rule::Less>(a, b); }
TAPEGRAD_INLINE bool operator<=(Value a, Value b) { return compare<rule::LessEqual>(a, b); }
TAPEGRAD_INLINE bool operator>(Value a, Value b) { return compare<rule::Greater>(a, b); }
TAPEGRAD_INLINE bool operator>=(Value a, Value b) { return compare<rule::GreaterEqual>(a, b); }
TAPEGRAD_INLINE bool operator==(Value a, Value b) { return compare<rule::Equal>(a, b); }
TAPEGRAD_INLINE bool operator!=(Value a, Value b) { return compare<rule::NotEqual>(a, b); }

}  // namespace tapegrad
