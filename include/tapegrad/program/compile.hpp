// From a recording to a Program.
#pragma once

#include <functional>
#include <span>

#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

struct CompileOptions {
  /// Compile a tape that kept no guards (Tape::Options::guards): there are no branches, says the
  /// caller, or they go the same way at every point.
  bool no_branches = false;
  /// Makes places of the addresses that the tape kept, for messages and generated code: give it
  /// tapegrad::locate. compile(f, x) then has its tape keep them.
  Locate locate = nullptr;
};

/// What leads from the inputs to the outputs, as it was recorded; the rest is left out. The tape's
/// guards, comparisons of Values and how they came out, are part of it: a Program run where one
/// comes out otherwise throws GuardError. Each instruction knows its node (Program::origin()), also
/// when the tape is gone.
/// @param inputs   distinct Values on the tape: leaves, or results that are to be given
/// @param outputs  Values on the tape, and constants
/// @throws UnsupportedError naming the node: if an output or a guard depends on a variable that is
///         no input; if there is a user's operation on the way; if the tape kept no guards, without
///         options.no_branches. StaleValueError; ArgumentError for an input that is a constant, or
///         given twice
/// Cost: one pass over the tape, about 100 ns a node kept.
TAPEGRAD_API Program compile(const Tape& tape, std::span<const Value> inputs,
                             std::span<const Value> outputs, const CompileOptions& options = {});

/// Of a function, as it is recorded at the point x: compile(f, x). Where f compares Values, the
/// comparisons are recorded as guards.
/// @param f  from n Values to one, or to several
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
Program compile(F&& f, const X& x, const CompileOptions& options = {}) {
  Tape tape(Tape::inactive, {.guards = true});
  if (options.locate != nullptr) tape.record_locations();
  const ActiveScope active = tape.activate();
  const std::vector<Value> inputs = tape.variables(std::span<const double>(x));
  const Value output = std::invoke(f, shaped_inputs<X, F>(inputs));
  return compile(tape, inputs, std::span(&output, 1), options);
}
template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
Program compile(F&& f, const X& x, const CompileOptions& options = {}) {
  Tape tape(Tape::inactive, {.guards = true});
  if (options.locate != nullptr) tape.record_locations();
  const ActiveScope active = tape.activate();
  const std::vector<Value> inputs = tape.variables(std::span<const double>(x));
  const auto outputs = std::invoke(f, shaped_inputs<X, F>(inputs));
  return compile(tape, inputs, std::span<const Value>(outputs), options);
}

}  // namespace tapegrad
