#include "tapegrad/nn/activation.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr std::array<std::pair<Activation, std::string_view>, 10> names{{
    {Activation::identity, "identity"},
    {Activation::sigmoid, "sigmoid"},
    {Activation::tanh, "tanh"},
    {Activation::relu, "relu"},
    {Activation::leaky_relu, "leaky_relu"},
    {Activation::elu, "elu"},
    {Activation::softplus, "softplus"},
    {Activation::gelu, "gelu"},
    {Activation::silu, "silu"},
    {Activation::softmax, "softmax"},
}};

static_assert(names.size() == static_cast<std::size_t>(Activation::softmax) + 1,
              "each activation has a name; softmax is the last");

}  // namespace

std::string_view to_string(Activation activation) {
  for (const auto& [one, name] : names)
    if (one == activation) return name;
  throw ArgumentError(
      fmt::format("{} is no Activation: use one of its enumerators", static_cast<int>(activation)));
}

Activation parse_activation(std::string_view name) {
  std::string known;
  for (const auto& [one, one_name] : names) {
    if (one_name == name) return one;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", one_name);
  }
  throw ArgumentError(fmt::format("there is no activation '{}'; there are {}", name, known));
}

void throw_no_activation_of_one(Activation activation) {
  throw UnsupportedError(
      fmt::format("activate: {} is no activation of a single neuron; give it to a Layer",
                  to_string(activation)));
}

}  // namespace tapegrad
