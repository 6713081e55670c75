// From a rule to a node: what every operator and function of Value does.
//
// The rule gives value and partials, the epochs say which operands are on the tape, and one row
// is pushed. An operation of constants is a constant and touches no tape.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "tapegrad/core/recording.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// An operation of one operand.
template <class Rule> inline Value record(Value x) {
  const double y = Rule::value(x.value());
  if (x.is_constant()) return y;
  Recording& recording = *active_recording;
  recording.require(x, Rule::info.name);
  return recording.push(make_opcode(op_of<Rule>), y,
                        {Rule::partials(x.value(), y)[0], 0, x.node(), 0});
}

/// An operation of two operands of which the right one is a constant.
template <class Rule> inline Value record(Value a, double b) {
  const double y = Rule::value(a.value(), b);
  if (a.is_constant()) return y;
  Recording& recording = *active_recording;
  recording.require(a, Rule::info.name);
  return recording.push(make_opcode(op_of<Rule>, Form::constant_right), y,
                        {Rule::partials(a.value(), b, y)[0], b, a.node(), 0});
}

/// An operation of two operands of which the left one is a constant.
template <class Rule> inline Value record(double a, Value b) {
  const double y = Rule::value(a, b.value());
  if (b.is_constant()) return y;
  Recording& recording = *active_recording;
  recording.require(b, Rule::info.name);
  return recording.push(make_opcode(op_of<Rule>, Form::constant_left), y,
                        {Rule::partials(a, b.value(), y)[1], a, b.node(), 0});
}

/// An operation of two operands that are on the tape.
template <class Rule> inline Value push_both(Recording& recording, Value a, Value b) {
  static_assert(static_cast<unsigned>(op_of<Rule>) < 64, "opcodes of two operands: see Opcode");
  const double y = Rule::value(a.value(), b.value());
  const auto partial = Rule::partials(a.value(), b.value(), y);
  return recording.push(make_opcode(op_of<Rule>), y, {partial[0], partial[1], a.node(), b.node()});
}

/// Two operands that are not both in the innermost or the outermost segment: constants, values of
/// a segment between, or stale ones. Out of line, so that the usual case stays short.
template <class Rule> TAPEGRAD_COLD Value record_unusual(Value a, Value b) {
  if (b.is_constant()) return record<Rule>(a, b.value());
  if (a.is_constant()) return record<Rule>(a.value(), b);
  Recording& recording = *active_recording;
  recording.require(a, Rule::info.name);
  recording.require(b, Rule::info.name);
  return push_both<Rule>(recording, a, b);
}

/// An operation of two operands.
template <class Rule> inline Value record(Value a, Value b) {
  Recording& recording = *active_recording;
  if (!recording.holds(a) || !recording.holds(b)) [[unlikely]]
    return record_unusual<Rule>(a, b);
  return push_both<Rule>(recording, a, b);
}

/// An operation of three operands, some of which may be constants. (Of any number: math.cpp.)
template <class Rule> inline Value record(Value a, Value b, Value c) {
  const double y = Rule::value(a.value(), b.value(), c.value());
  std::array partials = Rule::partials(a.value(), b.value(), c.value(), y);
  std::array<std::uint32_t, 3> nodes{};
  Recording& recording = *active_recording;
  if (!recording.link(std::array{a, b, c}, Rule::info.name, nodes, partials)) return y;
  return recording.push_many(op_of<Rule>, y, nodes, partials);
}

}  // namespace tapegrad
