// A checkpointed loop as an operation of the tape.
//
//   LoopOperation   the node: asked by sweeps, it makes a chain and walks it
//   walk()          moves a chain as BinomialSchedule says, and keeps the snapshots
//   AdjointChain    the state; reversing a step pulls the adjoints back through it
//   SecondChain     the state and its tangent; the adjoints, and how they change along it

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "binomial_schedule.hpp"
#include "loop_steps.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/recording.hpp"
#include "tapegrad/derivatives/checkpoint.hpp"
#include "values_of.hpp"

namespace tapegrad {
namespace {

bool any_variable(std::span<const Value> values) {
  return !std::ranges::all_of(values, &Value::is_constant);
}

// What a snapshot of so many numbers takes, and how many fit beside the scratch tape.
struct Plan {
  Plan(const Loop& loop, std::size_t width)
      : snapshot_bytes(width * sizeof(double) + sizeof(std::size_t)) {
    const std::size_t budget = loop.options.memory_budget;
    const std::size_t least = loop.step_bytes + snapshot_bytes;
    if (budget < least)
      throw ArgumentError(fmt::format(
          "{}: a memory budget of {} bytes is too small: {} bytes are kept for the tape of a step, "
          "and one snapshot takes {}; allow {} bytes, or keep less with step_bytes",
          loop.options.name, budget, loop.step_bytes, snapshot_bytes, least));
    snapshots = std::min(loop.steps, (budget - loop.step_bytes) / snapshot_bytes);
    memory_limit = budget - snapshots * snapshot_bytes;
  }

  CheckpointReport report(const Loop& loop) const {
    return {.steps = loop.steps,
            .snapshots = snapshots,
            .snapshot_bytes = snapshot_bytes,
            .step_bytes = loop.step_bytes,
            .binomial_bound = fewest_forward_steps(loop.steps, snapshots)};
  }

  std::size_t snapshot_bytes;
  std::size_t snapshots = 0;
  std::size_t memory_limit = 0;  // of the scratch tape: all that the snapshots leave
};

// A chain has its numbers at hand in `state`, and functions advance(from, to) and reverse(step).
template <class Chain> void walk(Chain& chain, CheckpointReport& report) {
  const std::size_t width = chain.state.size();
  const auto kept = std::make_unique_for_overwrite<double[]>(report.snapshots * width);
  const auto snapshot = [&](std::size_t slot) { return kept.get() + slot * width; };
  using Kind = ScheduleMove::Kind;
  BinomialSchedule schedule(report.steps, report.snapshots);
  for (ScheduleMove move = schedule.next(); move.kind != Kind::done; move = schedule.next()) {
    switch (move.kind) {
      case Kind::advance:
        chain.advance(move.from, move.to);
        report.forward_steps += move.to - move.from;
        break;
      case Kind::store:
        std::copy(chain.state.begin(), chain.state.end(), snapshot(move.slot));
        report.most_snapshots = std::max(report.most_snapshots, move.slot + 1);
        break;
      case Kind::restore:
        std::copy_n(snapshot(move.slot), width, chain.state.begin());
        break;
      case Kind::reverse:
        chain.reverse(move.from);
        break;
      case Kind::done:
        break;
    }
  }
}

// ---- First derivatives ----

class AdjointChain {
 public:
  AdjointChain(const Loop& loop, std::span<const double> operands,
               std::span<const double> result_adjoints, std::size_t memory_limit)
      : state(operands.begin(), operands.begin() + static_cast<std::ptrdiff_t>(loop.width)),
        steps(loop, operands.subspan(loop.width), memory_limit),
        after_(loop.results),
        adjoints_(result_adjoints.begin(), result_adjoints.end()) {
    adjoints_.resize(operands.size());
  }

  void advance(std::size_t from, std::size_t to) { steps.advance(state, from, to); }

  // The parameters' leaves are seeded with their adjoints of the steps behind: what this step adds
  // is then added number by number, in the order of the plain tape.
  void reverse(std::size_t i) {
    steps.record(state, i);
    steps.check_repeated(i, after_);
    after_ = state;
    const std::size_t width = state.size();
    seeds_.clear();
    for (std::size_t k = 0; k < width; ++k) seeds_.push_back({steps.next()[k], adjoints_[k]});
    for (std::size_t k = width; k < adjoints_.size(); ++k)
      seeds_.push_back({steps.leaves()[k], adjoints_[k]});
    if (adjoints_.size() > width || any_variable(steps.next())) {
      steps.tape().backward(seeds_);
      steps.tape().adjoints(steps.leaves(), adjoints_);
    } else {
      std::ranges::fill(adjoints_, 0.0);
    }
  }

  /// Of the state that is reached, and of the parameters.
  std::span<const double> adjoints() const { return adjoints_; }

  std::vector<double> state;
  LoopSteps steps;

 private:
  std::vector<double> after_;  // the state that the next step to be reversed leads to
  std::vector<double> adjoints_;
  std::vector<Seed> seeds_;
};

// ---- Tangents ----

// Records step i and pushes the tangents of state and parameters through it; the state's are
// overwritten, and so is the state.
void push_step(LoopSteps& steps, std::size_t i, std::span<double> state,
               std::span<double> tangents) {
  steps.record(state, i);
  steps.tape().push_forward(steps.leaves(), tangents, steps.next(), tangents.first(state.size()));
  std::ranges::transform(steps.next(), state.begin(), &Value::value);
}

// ---- Second derivatives ----

// With state x, parameters p, a step f, and L the sum of the loop's results times their adjoints: a
// step back from adjoint a of f's result and its derivative b along the tangent t of (x, p) is
//   a := Jᵀ·a,   b := Jᵀ·b + H·t,   J = ∂f/∂(x, p), H = ∂²(aᵀ·f)/∂(x, p)²
class SecondChain {
 public:
  SecondChain(const Loop& loop, std::span<const double> operands, std::span<const double> tangents,
              std::span<const double> result_adjoints)
      : state(2 * loop.width),
        steps(loop, operands.subspan(loop.width), 0),
        after_(loop.results),
        tangents_(tangents.begin(), tangents.end()),
        adjoints_(2 * loop.width),
        pulled_(2 * operands.size()),
        products_(operands.size()),
        derivatives_(operands.size()) {
    std::copy_n(operands.begin(), loop.width, state.begin());
    std::copy_n(tangents.begin(), loop.width, tangent_of_state().begin());
    std::ranges::copy(result_adjoints, adjoints_.begin());
  }

  void advance(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      std::ranges::copy(tangent_of_state(), tangents_.begin());
      push_step(steps, i, values(), tangents_);
      std::copy_n(tangents_.begin(), width(), tangent_of_state().begin());
    }
  }

  void reverse(std::size_t i) {
    steps.record(values(), i);
    steps.check_repeated(i, after_);
    std::ranges::copy(values(), after_.begin());
    std::ranges::copy(tangent_of_state(), tangents_.begin());
    seeds_.clear();
    for (std::size_t k = 0; k < width(); ++k) seeds_.push_back({steps.next()[k], adjoints_[k]});
    steps.tape().hessian_vector_products(seeds_, steps.leaves(), tangents_, products_);
    steps.tape().pull_back(steps.next(), adjoints_, steps.leaves(), pulled_);  // a and b
    const std::size_t count = products_.size();
    for (std::size_t k = 0; k < count; ++k) {
      const double derivative = products_[k] + pulled_[count + k];
      if (k < width()) {
        adjoints_[k] = pulled_[k];
        adjoints_[width() + k] = derivatives_[k] = derivative;
      } else {
        derivatives_[k] += derivative;
      }
    }
  }

  /// Derivatives of the adjoints of the state that is reached, and of the parameters.
  std::span<const double> derivatives() const { return derivatives_; }

  std::vector<double> state;  // and its tangent
  LoopSteps steps;

 private:
  std::size_t width() const { return after_.size(); }
  std::span<double> values() { return std::span(state).first(width()); }
  std::span<double> tangent_of_state() { return std::span(state).subspan(width()); }

  std::vector<double> after_;
  std::vector<double> tangents_;  // of state and parameters
  std::vector<double> adjoints_;  // of the state, and their derivatives
  std::vector<double> pulled_;
  std::vector<double> products_;
  std::vector<double> derivatives_;
  std::vector<Seed> seeds_;
};

// ---- The operation ----

class LoopOperation final : public External {
 public:
  explicit LoopOperation(Loop loop) : loop_(std::move(loop)) {
    tell(Plan(loop_, loop_.width).report(loop_));
  }

  std::string_view name() const override { return loop_.options.name; }

  void pull_back(std::span<const double> operands, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    const Plan plan(loop_, loop_.width);
    AdjointChain chain(loop_, operands, result_adjoints, plan.memory_limit);
    reverse(chain, plan);
    for (std::size_t k = 0; k < operands.size(); ++k) operand_adjoints[k] += chain.adjoints()[k];
  }

  void push_forward(std::span<const double> operands, std::span<const double> operand_tangents,
                    std::span<double> result_tangents) const override {
    LoopSteps steps(loop_, operands.subspan(loop_.width), 0);
    std::vector<double> state(operands.begin(),
                              operands.begin() + static_cast<std::ptrdiff_t>(loop_.width));
    std::vector<double> tangents(operand_tangents.begin(), operand_tangents.end());
    for (std::size_t i = 0; i < loop_.steps; ++i) push_step(steps, i, state, tangents);
    steps.check_repeated(loop_.steps - 1, loop_.results);
    for (std::size_t k = 0; k < loop_.width; ++k) result_tangents[k] += tangents[k];
  }

  void pull_back_derivative(std::span<const double> operands,
                            std::span<const double> operand_tangents,
                            std::span<const double> result_adjoints,
                            std::span<double> operand_adjoints) const override {
    SecondChain chain(loop_, operands, operand_tangents, result_adjoints);
    reverse(chain, Plan(loop_, chain.state.size()));
    for (std::size_t k = 0; k < operands.size(); ++k) operand_adjoints[k] += chain.derivatives()[k];
  }

 private:
  template <class Chain> void reverse(Chain& chain, const Plan& plan) const {
    CheckpointReport report = plan.report(loop_);
    walk(chain, report);
    report.step_bytes = chain.steps.tape().memory_bytes();
    tell(report);
  }

  void tell(const CheckpointReport& report) const {
    if (loop_.options.report != nullptr) *loop_.options.report = report;
  }

  Loop loop_;
};

// Runs the loop, and finds out with its first step what a step takes.
void run(Loop& loop, std::span<const double> parameters) {
  LoopSteps steps(loop, parameters, 0);
  steps.record(loop.results, 0);
  const std::size_t rows = steps.tape().size() + 1;  // row 0 is no node
  const std::size_t used = rows * (Recording::bytes_per_node + sizeof(double)) +
                           steps.tape().recording().side_size() * Recording::bytes_per_side_cell;
  const std::size_t wanted = loop.options.step_bytes == 0 ? 2 * used : loop.options.step_bytes;
  loop.step_bytes = std::max(used, wanted);
  std::ranges::transform(steps.next(), loop.results.begin(), &Value::value);
  steps.tape().clear();
  steps.advance(loop.results, 1, loop.steps);
}

}  // namespace

void take_next_state(std::span<const Value> result, std::size_t i, std::span<Value> next) {
  if (result.size() != next.size())
    throw ShapeError(fmt::format(
        "checkpointed_loop: step {} gives {} numbers for a state of {}; it must give the whole "
        "next state",
        i, result.size(), next.size()));
  std::ranges::copy(result, next.begin());
}

std::vector<Value> record_checkpointed_loop(std::span<const Value> state,
                                            std::span<const Value> parameters, std::size_t steps,
                                            LoopStep step, const CheckpointedLoopOptions& options) {
  const CallerScope caller(TAPEGRAD_CALLER);
  std::vector<Value> inputs = recorded_inputs(state, options.name);
  for (const Value& p : recorded_inputs(parameters, options.name)) inputs.push_back(p);
  state = std::span(inputs).first(state.size());
  parameters = std::span(inputs).subspan(state.size());
  if (steps == 0) {
    if (options.report != nullptr) *options.report = {};
    return {state.begin(), state.end()};
  }

  Loop loop{.step = std::move(step),
            .steps = steps,
            .width = state.size(),
            .is_constant = {},
            .results = {},
            .step_bytes = 0,
            .options = options};
  for (const Value& p : parameters) loop.is_constant.push_back(p.is_constant());
  loop.results = values_of(state);
  Tape* const tape = active_recording->tape();  // none: then all inputs are constants
  run(loop, values_of(parameters));
  const std::vector<double> results = loop.results;
  if (!any_variable(inputs)) return {results.begin(), results.end()};
  return tape->external(std::make_shared<LoopOperation>(std::move(loop)), inputs, results);
}

}  // namespace tapegrad
