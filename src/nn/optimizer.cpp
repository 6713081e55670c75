#include "tapegrad/nn/optimizer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

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

double checked_memory(std::string_view name, double value) {
  if (!(value >= 0 && value < 1))
    throw ArgumentError(fmt::format("optimizer: {} is {}; pass 0 <= {} < 1", name, value, name));
  return value;
}

// Beyond it, Adam's mean of squares would become infinite, and stay so: the parameter would never
// move again.
constexpr double max_derivative = 1e154;

}  // namespace

Optimizer::Optimizer(double rate) : rate_(checked_positive("rate", rate)) {}

Optimizer::~Optimizer() = default;

void Optimizer::set_rate(double rate) { rate_ = checked_positive("rate", rate); }

void Optimizer::step(std::span<double> parameters, std::span<const double> gradient) {
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
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (!std::isfinite(gradient[i])) {
      throw ArgumentError(fmt::format(
          "Optimizer::step: the derivative by parameter {} is {}; nothing was changed, try a "
          "smaller rate or look for the operation that made it",
          i, gradient[i]));
    }
  }
  update(parameters, gradient);
  size_ = parameters.size();
}

void GradientDescent::update(std::span<double> parameters, std::span<const double> gradient) {
  for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= rate() * gradient[i];
}

Momentum::Momentum(double rate, double momentum)
    : Optimizer(rate), momentum_(checked_memory("momentum", momentum)) {}

void Momentum::update(std::span<double> parameters, std::span<const double> gradient) {
  velocity_.resize(parameters.size());  // zeros at the first step, of this size ever after
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    velocity_[i] = momentum_ * velocity_[i] - rate() * gradient[i];
    parameters[i] += velocity_[i];
  }
}

Adam::Adam(const AdamOptions& options)
    : Optimizer(options.rate),
      beta1_(checked_memory("beta1", options.beta1)),
      beta2_(checked_memory("beta2", options.beta2)),
      epsilon_(checked_positive("epsilon", options.epsilon)) {}

void Adam::update(std::span<double> parameters, std::span<const double> gradient) {
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (std::abs(gradient[i]) > max_derivative) {
      throw ArgumentError(fmt::format(
          "Adam::step: the derivative by parameter {} is {}, above {}, and its square would "
          "overflow; nothing was changed, try a smaller rate or scale the loss down",
          i, gradient[i], max_derivative));
    }
  }
  mean_.resize(parameters.size());  // zeros at the first step, of this size ever after
  square_.resize(parameters.size());
  beta1_to_t_ *= beta1_;
  beta2_to_t_ *= beta2_;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const double g = gradient[i];
    mean_[i] = beta1_ * mean_[i] + (1 - beta1_) * g;
    square_[i] = beta2_ * square_[i] + (1 - beta2_) * g * g;
    const double mean = mean_[i] / (1 - beta1_to_t_);
    const double square = square_[i] / (1 - beta2_to_t_);
    parameters[i] -= rate() * mean / (std::sqrt(square) + epsilon_);
  }
}

}  // namespace tapegrad
