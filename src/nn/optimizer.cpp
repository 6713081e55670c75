#include "tapegrad/nn/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include "nn/adam_rule.hpp"
#include "nn/power.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

double checked_positive(std::string_view name, double value) {
  if (!(value > 0) || !std::isfinite(value)) {
    throw ArgumentError(
        fmt::format("optimizer: {} is {}; pass a finite number above 0", name, value));
  }
  return value;
}

double checked_not_negative(std::string_view name, double value) {
  if (!(value >= 0) || !std::isfinite(value)) {
    throw ArgumentError(
        fmt::format("optimizer: {} is {}; pass a finite number, 0 or above", name, value));
  }
  return value;
}

double checked_memory(std::string_view name, double value) {
  if (!(value >= 0 && value < 1))
    throw ArgumentError(fmt::format("optimizer: {} is {}; pass 0 <= {} < 1", name, value, name));
  return value;
}

constexpr std::uint64_t max_steps = std::uint64_t{1} << 62;  // so that the counter never wraps

}  // namespace

Optimizer::Optimizer(double rate, std::vector<Memory> memories, double max_gradient)
    : rate_(checked_positive("rate", rate)),
      max_gradient_(max_gradient),
      memories_(std::move(memories)) {}

Optimizer::~Optimizer() = default;

void Optimizer::set_rate(double rate) { rate_ = checked_not_negative("rate", rate); }

void Optimizer::step(std::span<double> parameters, std::span<const double> gradient) {
  check(parameters, gradient);
  if (!size_) {
    for (Memory& memory : memories_) memory.numbers.assign(parameters.size(), 0.0);
    size_ = parameters.size();
  }
  ++steps_;
  update(parameters, gradient);
}

void Optimizer::check(std::span<double> parameters, std::span<const double> gradient) const {
  if (parameters.size() != gradient.size()) {
    throw ShapeError(fmt::format(
        "Optimizer::step: {} derivatives for {} parameters; pass one for each parameter",
        gradient.size(), parameters.size()));
  }
  if (size_ && *size_ != parameters.size()) {
    throw ShapeError(fmt::format(
        "Optimizer::step: {} parameters after steps with {}; use one optimizer for each block of "
        "parameters",
        parameters.size(), *size_));
  }
  // Counted, and not searched for: without a way out, the loop goes through wide registers.
  const auto is_allowed = [most = max_gradient_](double g) { return std::abs(g) <= most; };
  if (std::ranges::count_if(gradient, is_allowed) == std::ssize(gradient)) return;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (!std::isfinite(gradient[i])) {
      throw ArgumentError(fmt::format(
          "Optimizer::step: the derivative by parameter {} is {}; nothing was changed, try a "
          "smaller rate or look for the operation that made it",
          i, gradient[i]));
    }
    if (std::abs(gradient[i]) > max_gradient_) {
      throw ArgumentError(fmt::format(
          "Optimizer::step: the derivative by parameter {} is {}, above {}, and its square would "
          "overflow; nothing was changed, try a smaller rate or scale the loss down",
          i, gradient[i], max_gradient_));
    }
  }
}

SavedState Optimizer::state() const {
  SavedState state{{"step", std::vector{steps_}}};
  for (const Memory& memory : memories_) state.push_back({memory.name, memory.numbers});
  return state;
}

void Optimizer::restore(const SavedState& state) {
  constexpr const char* who = "Optimizer::restore";
  check(state);
  std::vector<Memory> memories = memories_;
  for (Memory& memory : memories) memory.numbers = doubles_of(who, state, memory.name);
  memories_ = std::move(memories);
  steps_ = word_of(who, state, "step");
  if (steps_ == 0) {
    size_.reset();
  } else if (!memories_.empty()) {
    size_ = memories_[0].numbers.size();
  }
}

void Optimizer::check(const SavedState& state) const {
  constexpr const char* who = "Optimizer::restore";
  std::vector<std::string> names{"step"};
  for (const Memory& memory : memories_) names.push_back(memory.name);
  check_names(who, state, names);

  const std::uint64_t steps = word_of(who, state, "step");
  if (steps > max_steps)
    throw ArgumentError(fmt::format("{}: 'step' is {}; nobody has made that many", who, steps));
  std::optional<std::size_t> size = steps == 0 ? 0 : size_;
  for (const Memory& memory : memories_) {
    const std::vector<double>& numbers = doubles_of(who, state, memory.name);
    if (size && numbers.size() != *size) {
      throw ShapeError(fmt::format(
          "{}: '{}' has {} numbers where {} belong; nothing was changed, was it saved for another "
          "network?",
          who, memory.name, numbers.size(), *size));
    }
    size = numbers.size();
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (!std::isfinite(numbers[i]) || numbers[i] < memory.least) {
        throw ArgumentError(
            fmt::format("{}: '{}' holds {} for parameter {}, which no steps can have left; nothing "
                        "was changed",
                        who, memory.name, numbers[i], i));
      }
    }
  }
}

void GradientDescent::update(std::span<double> parameters, std::span<const double> gradient) {
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= rate() * gradient[i];
}

Momentum::Momentum(double rate, double momentum)
    : Optimizer(rate, {{.name = "velocity"}}), momentum_(checked_memory("momentum", momentum)) {}

void Momentum::update(std::span<double> parameters, std::span<const double> gradient) {
  const std::span<double> velocity = memory(0);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    velocity[i] = momentum_ * velocity[i] - rate() * gradient[i];
    parameters[i] += velocity[i];
  }
}

Nesterov::Nesterov(double rate, double momentum)
    : Optimizer(rate, {{.name = "velocity"}}), momentum_(checked_memory("momentum", momentum)) {}

void Nesterov::update(std::span<double> parameters, std::span<const double> gradient) {
  const std::span<double> velocity = memory(0);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double downhill = -rate() * gradient[i];
    velocity[i] = momentum_ * velocity[i] + downhill;
    parameters[i] += momentum_ * velocity[i] + downhill;
  }
}

RMSprop::RMSprop(const RMSpropOptions& options)
    : Optimizer(options.rate, {{.name = "square", .least = 0}}, max_squared_gradient),
      memory_(checked_memory("memory", options.memory)),
      epsilon_(checked_positive("epsilon", options.epsilon)) {}

void RMSprop::update(std::span<double> parameters, std::span<const double> gradient) {
  const std::span<double> square = memory(0);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double g = gradient[i];
    square[i] = memory_ * square[i] + (1 - memory_) * g * g;
    parameters[i] -= rate() * g / (std::sqrt(square[i]) + epsilon_);
  }
}

Adam::Adam(const AdamOptions& options)
    : Optimizer(options.rate, {{.name = "mean"}, {.name = "square", .least = 0}},
                max_squared_gradient),
      beta1_(checked_memory("beta1", options.beta1)),
      beta2_(checked_memory("beta2", options.beta2)),
      epsilon_(checked_positive("epsilon", options.epsilon)) {}

void Adam::update(std::span<double> parameters, std::span<const double> gradient) {
  adam_step(
      AdamRule{.rate = rate(),
               .beta1 = beta1_,
               .beta2 = beta2_,
               .epsilon = epsilon_,
               .mean_scale = 1 / (1 - whole_power(beta1_, steps())),
               .square_scale = 1 / (1 - whole_power(beta2_, steps()))},
      {.parameters = parameters, .gradient = gradient, .mean = memory(0), .square = memory(1)});
}

AdamW::AdamW(const AdamWOptions& options)
    : Adam(AdamOptions{.rate = options.rate,
                       .beta1 = options.beta1,
                       .beta2 = options.beta2,
                       .epsilon = options.epsilon}),
      decay_(checked_not_negative("decay", options.decay)) {}

void AdamW::update(std::span<double> parameters, std::span<const double> gradient) {
  for (double& parameter : parameters) parameter -= rate() * decay_ * parameter;
  Adam::update(parameters, gradient);
}

}  // namespace tapegrad
