#include "loop_steps.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "recomputed.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

LoopSteps::LoopSteps(const Loop& loop, std::span<const double> parameters, std::size_t memory_limit)
    : loop_(loop),
      inputs_(loop.width),
      leaves_(loop.width + parameters.size()),
      state_(loop.width),
      parameters_(parameters.begin(), parameters.end()),
      recorded_parameters_(parameters_),
      next_(loop.width),
      tape_(Tape::inactive, {.memory_limit = memory_limit}),
      active_(tape_) {
  inputs_.insert(inputs_.end(), parameters.begin(), parameters.end());
}

Recomputed LoopSteps::described(std::size_t i) const {
  return {.kind = "checkpointed_loop", .name = loop_.options.name, .step = i};
}

// Into next_.
void LoopSteps::run(std::span<const Value> state, std::span<const Value> parameters,
                    std::size_t i) {
  try {
    loop_.step(state, parameters, i, next_);
  } catch (const StaleValueError& error) {
    throw_captured(described(i), error);
  }
}

void LoopSteps::advance(std::span<double> state, std::size_t from, std::size_t to) {
  std::copy(state.begin(), state.end(), state_.begin());
  for (std::size_t i = from; i < to; ++i) {
    run(state_, parameters_, i);
    check_results(described(i), next_, tape_);
    state_.swap(next_);
  }
  std::ranges::transform(state_, state.begin(), &Value::value);
}

void LoopSteps::record(std::span<const double> state, std::size_t i) {
  std::copy(state.begin(), state.end(), inputs_.begin());
  try {
    tape_.clear();
    tape_.variables(inputs_, leaves_);
    for (std::size_t k = 0; k < parameters_.size(); ++k)
      if (!loop_.is_constant[k]) recorded_parameters_[k] = parameter_leaves()[k];
    run(state_leaves(), recorded_parameters_, i);
  } catch (const TapeFullError& error) {
    throw TapeFullError(fmt::format(
        "{}: it needs more than the {} bytes that are kept for a step; raise step_bytes in the "
        "options of the loop ({})",
        to_string(described(i)), loop_.step_bytes, error.what()));
  }
  check_results(described(i), next_, tape_);
}

void LoopSteps::check_repeated(std::size_t i, std::span<const double> before) const {
  tapegrad::check_repeated(described(i), next_, before);
}

}  // namespace tapegrad
