// From a rule to a node: what every operator and function of Value does.
//
// The rule gives the value (and the partials, where it keeps them), the epochs say which operands
// are on the tape, and one row is pushed. An operation of constants is a constant and touches no
// tape.
#pragma once

#include "tapegrad/core/recording.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

// Operations of which all operands that are no plain numbers are on the tape, into a free slot.

template <class Rule>
TAPEGRAD_INLINE Value put(Recording& recording, const Recording::Slot& slot, Value x) {
  const double y = Rule::value(x.value());
  if constexpr (Rule::info.keeps) {
    return recording.put_number(slot, make_opcode(op_of<Rule>), y, x.node(),
                                Rule::partials(x.value(), y)[0]);
  } else {
    return recording.put(slot, make_opcode(op_of<Rule>), y, x.node(), 0);
  }
}

template <class Rule>
TAPEGRAD_INLINE Value put(Recording& recording, const Recording::Slot& slot, Value a, double b) {
  return recording.put_number(slot, make_opcode(op_of<Rule>, Form::constant_right),
                              Rule::value(a.value(), b), a.node(), b);
}

template <class Rule>
TAPEGRAD_INLINE Value put(Recording& recording, const Recording::Slot& slot, double a, Value b) {
  return recording.put_number(slot, make_opcode(op_of<Rule>, Form::constant_left),
                              Rule::value(a, b.value()), b.node(), a);
}

template <class Rule>
TAPEGRAD_INLINE Value put(Recording& recording, const Recording::Slot& slot, Value a, Value b) {
  return recording.put(slot, make_opcode(op_of<Rule>), Rule::value(a.value(), b.value()), a.node(),
                       b.node());
}

/// Every case, compiled in the library (src/core/record.cpp).
template <class Rule, int arity = Rule::info.arity> struct RecordInLibrary {};
template <class Rule> struct TAPEGRAD_API RecordInLibrary<Rule, 1> {
  Value operator()(Value x) const;
};
template <class Rule> struct TAPEGRAD_API RecordInLibrary<Rule, 2> {
  Value operator()(Value a, double b) const;
  Value operator()(double a, Value b) const;
  Value operator()(Value a, Value b) const;
};
template <class Rule> struct TAPEGRAD_API RecordInLibrary<Rule, 3> {
  TAPEGRAD_NOINLINE Value operator()(Value a, Value b, Value c) const;
};

/// What does not happen often: an operand is a constant, or of a segment between the innermost and
/// the outermost, or stale; the tape has to grow; somebody looks on; or nothing is to be recorded
/// (NoGrad). In the library, too, so that the usual case stays short and the other is compiled
/// once.
template <class Rule, int arity = Rule::info.arity> struct RecordUnusual {};
template <class Rule> struct TAPEGRAD_API RecordUnusual<Rule, 1> {
  TAPEGRAD_COLD static Value record(Value x);
};
template <class Rule> struct TAPEGRAD_API RecordUnusual<Rule, 2> {
  TAPEGRAD_COLD static Value record(Value a, double b);
  TAPEGRAD_COLD static Value record(double a, Value b);
  // Constants held as Values are not that rare: `T two = 2` in a template, x * two. (As cold as the
  // others this took 24 ns or more, in place of 4 to 14, on a busy machine.)
  TAPEGRAD_NOINLINE static Value record(Value a, Value b);
};

/// The usual case, compiled where it is written.
template <class Rule> struct RecordHere {
  TAPEGRAD_INLINE Value operator()(Value x) const {
    Recording& recording = *active_recording;
    const Recording::Slot slot = recording.slot();
    if (!slot.holds(x) || !slot.is_free()) [[unlikely]] {
      const Value y = RecordUnusual<Rule>::record(x);
      TAPEGRAD_RETURN_HERE;
      return y;
    }
    return put<Rule>(recording, slot, x);
  }

  TAPEGRAD_INLINE Value operator()(Value a, double b) const {
    Recording& recording = *active_recording;
    const Recording::Slot slot = recording.slot();
    if (!slot.holds(a) || !slot.is_free()) [[unlikely]] {
      const Value y = RecordUnusual<Rule>::record(a, b);
      TAPEGRAD_RETURN_HERE;
      return y;
    }
    return put<Rule>(recording, slot, a, b);
  }

  TAPEGRAD_INLINE Value operator()(double a, Value b) const {
    Recording& recording = *active_recording;
    const Recording::Slot slot = recording.slot();
    if (!slot.holds(b) || !slot.is_free()) [[unlikely]] {
      const Value y = RecordUnusual<Rule>::record(a, b);
      TAPEGRAD_RETURN_HERE;
      return y;
    }
    return put<Rule>(recording, slot, a, b);
  }

  TAPEGRAD_INLINE Value operator()(Value a, Value b) const {
    Recording& recording = *active_recording;
    const Recording::Slot slot = recording.slot();
    if (!slot.holds(a) || !slot.holds(b) || !slot.is_free()) [[unlikely]] {
      const Value y = RecordUnusual<Rule>::record(a, b);
      TAPEGRAD_RETURN_HERE;
      return y;
    }
    return put<Rule>(recording, slot, a, b);
  }

  // Some of the three may be constants. (Of any number: math.cpp.)
  TAPEGRAD_INLINE Value operator()(Value a, Value b, Value c) const {
    const Value y = RecordInLibrary<Rule>()(a, b, c);
    TAPEGRAD_RETURN_HERE;
    return y;
  }
};

/// record_as<rule::Add>(a, b) records an operation of one, two or three operands; of two, one may
/// be a plain number.
///
/// In code that is compiled without optimisation, to be stepped through, an operator is a single
/// call: one frame deep, optimised all the same, and quickly compiled. So it is where
/// TAPEGRAD_OPERATORS_IN_LIBRARY is defined: of an operator that is compiled where it is written,
/// g++ takes time that grows with the square of how many one function has.
#if (defined(__OPTIMIZE__) && !defined(TAPEGRAD_OPERATORS_IN_LIBRARY)) || !defined(__GNUC__)
inline namespace operators_here {
template <class Rule> inline constexpr RecordHere<Rule> record_as{};
}
#else
inline namespace operators_in_library {
template <class Rule> inline constexpr RecordInLibrary<Rule> record_as{};
}
#endif

}  // namespace tapegrad
