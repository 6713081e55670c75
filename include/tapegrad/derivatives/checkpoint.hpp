// Checkpoints: recompute a segment when the sweep comes by, instead of keeping it on the tape.
//
//   checkpoint(f, x)          a part of a computation as one operation
//   checkpointed_loop(...)    a long loop in a few megabytes, its states run again as they are
//                             needed, in the order that runs them least often
//
// Each is a single user's operation on the tape (core/external.hpp). What it stands for is recorded
// on a scratch tape of its own, where its inputs are the only variables, and taken back after its
// sweep: gradients, Jacobians and Hessians go through it, exactly.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/export.hpp"

namespace tapegrad {

// ---- A segment ----

// The templates are inline, so that a node's location is the line that called them.

using Segment = std::function<std::vector<Value>(std::span<const Value> inputs)>;

/// What the checkpoint() below is, with its function as a std::function.
TAPEGRAD_API std::vector<Value> record_checkpoint(Segment f, std::span<const Value> inputs,
                                                  std::string name);

/// f(inputs), of which the active tape keeps one node and one for each result. f runs now, for its
/// values, and again in each sweep that reaches it, once for each direction of the sweep.
/// @param f       from a span of Values to a vector or an array of them. A copy is kept with the
///                node: what it refers to must live until the last sweep. It must compute the same
///                each time, and from its inputs alone: numbers may be captured, Values may not.
/// @param inputs  Values on the active tape, and constants
/// @param name    shown as the node's operation
/// @return        f's results; those that do not depend on the inputs are constants, and so are all
///                if the inputs are
/// @throws StaleValueError if f uses or returns a Value that is not made of its inputs;
///         NoActiveTapeError; whatever f throws, and then nothing is recorded. While sweeping:
///         UnsupportedError if f does not give the same results again, to the bit
/// Cost: f once more for each sweep. Memory: the segment is held while it is recorded or swept, on
/// a tape that the thread keeps for the next. Checkpoints may nest.
/// Edges: an input of no other use, of a segment whose results are Values of their own, has the
/// adjoint that it has without the checkpoint, to the bit. Else the same numbers are added in
/// another order. Comparisons in f are no guards of the active tape.
template <FunctionToValues F>
TAPEGRAD_INLINE std::vector<Value> checkpoint(F&& f, std::span<const Value> inputs,
                                              std::string name = "checkpoint") {
  Segment segment = [f = std::decay_t<F>(std::forward<F>(f))](std::span<const Value> x) mutable {
    const auto& results = std::invoke(f, x);
    const std::span<const Value> all = results;
    return std::vector<Value>(all.begin(), all.end());
  };
  return record_checkpoint(std::move(segment), inputs, std::move(name));
}

/// Of a function of one result.
template <FunctionOfSpan F>
TAPEGRAD_INLINE Value checkpoint(F&& f, std::span<const Value> inputs,
                                 std::string name = "checkpoint") {
  Segment segment = [f = std::decay_t<F>(std::forward<F>(f))](std::span<const Value> x) mutable {
    return std::vector<Value>{std::invoke(f, x)};
  };
  return record_checkpoint(std::move(segment), inputs, std::move(name)).front();
}

// ---- A loop ----

/// What the reverse sweep of a checkpointed_loop() takes: planned when the loop is recorded, and
/// written anew by each sweep.
struct CheckpointReport {
  std::size_t steps = 0;
  std::size_t snapshots = 0;       // of the state, that may be kept at once
  std::size_t snapshot_bytes = 0;  // of one: the state, and the number of its step
  std::size_t step_bytes = 0;      // what is kept for the scratch tape; what a sweep used of it
  std::size_t binomial_bound = 0;  // fewest steps to be run again with so many snapshots
  std::size_t forward_steps = 0;   // steps that the last sweep ran again
  std::size_t most_snapshots = 0;  // that the last sweep kept at once

  /// How often the sweep has run each step again, on average, before recording it.
  double recomputation() const {
    return steps == 0 ? 0 : static_cast<double>(forward_steps) / static_cast<double>(steps);
  }
  /// What the last sweep took of the budget.
  std::size_t memory_bytes() const { return most_snapshots * snapshot_bytes + step_bytes; }
};

struct CheckpointedLoopOptions {
  /// Bytes that the reverse sweep may take. Counted are the snapshots, of 8 bytes for each number
  /// of the state and 8 more, and the scratch tape: 32 bytes for each node of a step, and 8 for
  /// each side cell (recording.hpp). Not counted: a few rows of numbers as long as the state and
  /// the parameters, and what a step itself allocates.
  std::size_t memory_budget = std::size_t{16} << 20;
  /// The part of it that is kept for the scratch tape; 0: twice what the first step takes.
  std::size_t step_bytes = 0;
  /// Shown as the node's operation.
  std::string name = "checkpointed_loop";
  /// Filled in if it is there. Made with std::make_shared<CheckpointReport>(), for the loop may be
  /// swept long after it was recorded.
  std::shared_ptr<CheckpointReport> report = nullptr;
};

/// One step: the next state into `next`, which is as long as the state.
using LoopStep = std::function<void(std::span<const Value> state, std::span<const Value> parameters,
                                    std::size_t i, std::span<Value> next)>;

/// What the checkpointed_loop() below is, with its step as a std::function.
TAPEGRAD_API std::vector<Value> record_checkpointed_loop(std::span<const Value> state,
                                                         std::span<const Value> parameters,
                                                         std::size_t steps, LoopStep step,
                                                         const CheckpointedLoopOptions& options);

/// Copies a step's result. @throws ShapeError if it is not as long as the state
TAPEGRAD_API void take_next_state(std::span<const Value> result, std::size_t i,
                                  std::span<Value> next);

template <class Step>
concept StepWithParameters = std::convertible_to<
    std::invoke_result_t<Step&, std::span<const Value>, std::span<const Value>, std::size_t>,
    std::span<const Value>>;
template <class Step>
concept StepOfState =
    std::convertible_to<std::invoke_result_t<Step&, std::span<const Value>, std::size_t>,
                        std::span<const Value>>;

/// The state after `steps` steps, state = step(state, parameters, i) for i = 0, 1, ..., of which
/// the active tape keeps one node and one for each number of the state. Reversed within a memory
/// budget, however many steps there are: some states are kept as snapshots, and from them the
/// others run again when they are needed. With s snapshots, C(s + r, r) steps can be reversed if
/// each is run again r times at most: 10 snapshots suffice for a million steps run 13 times.
/// @param state       n Values on the active tape, and constants
/// @param parameters  Values that all steps share: what a step needs beside the state must come in
///                    here (or be numbers)
/// @param step        from the state, the parameters and i to a vector or an array of n Values. The
///                    rest as f of checkpoint(): a copy is kept, it refers to what lives until the
///                    last sweep, and it computes the same each time
/// @return            n Values; `state` itself if there are no steps, constants if all inputs are
/// @throws ShapeError if a step changes the length of the state; ArgumentError if the budget is too
///         small for a step's tape and one snapshot; StaleValueError, NoActiveTapeError as
///         checkpoint(); whatever a step throws, and then nothing is recorded. While sweeping:
///         UnsupportedError if a step does not give the same state again, to the bit (each one is
///         compared); TapeFullError if it needs more than step_bytes
/// Cost: the steps once without recording, with constants; then for each direction of each sweep
/// once recorded, and CheckpointReport::forward_steps without. Tangents (J·v) take one pass.
/// Second derivatives take the schedule again, with snapshots twice as large and all steps
/// recorded; the numbers that they sweep with come on top of the budget.
/// Edges: adjoints are those of the plain tape, to the bit, of the parameters as well, where the
/// inputs have no other use and a step's results are Values of their own (none returned twice).
/// Source: Griewank & Walther 2000, "Algorithm 799: Revolve", ACM TOMS 26.
template <StepWithParameters Step>
TAPEGRAD_INLINE std::vector<Value> checkpointed_loop(std::span<const Value> state,
                                                     std::span<const Value> parameters,
                                                     std::size_t steps, Step&& step,
                                                     const CheckpointedLoopOptions& options = {}) {
  LoopStep any = [step = std::decay_t<Step>(std::forward<Step>(step))](
                     std::span<const Value> x, std::span<const Value> p, std::size_t i,
                     std::span<Value> next) mutable {
    take_next_state(std::invoke(step, x, p, i), i, next);
  };
  return record_checkpointed_loop(state, parameters, steps, std::move(any), options);
}

/// Of steps without parameters: step(state, i).
template <StepOfState Step>
TAPEGRAD_INLINE std::vector<Value> checkpointed_loop(std::span<const Value> state,
                                                     std::size_t steps, Step&& step,
                                                     const CheckpointedLoopOptions& options = {}) {
  LoopStep any = [step = std::decay_t<Step>(std::forward<Step>(step))](
                     std::span<const Value> x, std::span<const Value>, std::size_t i,
                     std::span<Value> next) mutable {
    take_next_state(std::invoke(step, x, i), i, next);
  };
  return record_checkpointed_loop(state, {}, steps, std::move(any), options);
}

}  // namespace tapegrad
