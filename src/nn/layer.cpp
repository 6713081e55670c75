#include "tapegrad/nn/layer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {
namespace {

class ParameterNames : public NameScheme {
 public:
  ParameterNames(std::size_t layer, std::size_t inputs, std::size_t neurons)
      : layer_(layer), inputs_(inputs), neurons_(neurons) {}

  std::size_t size() const override { return inputs_ * neurons_ + neurons_; }

  std::string name(std::size_t k) const override {
    const std::size_t neuron = k % neurons_ + 1;
    const std::size_t row = k / neurons_;
    if (row == inputs_) return fmt::format("L{}.n{}.b", layer_, neuron);
    return fmt::format("L{}.n{}.w{}", layer_, neuron, row + 1);
  }

 private:
  std::size_t layer_;
  std::size_t inputs_;
  std::size_t neurons_;
};

// The nodes of one call, in the order in which Layer::activations() records them: for each neuron
// p products with the sums between them, the bias, the activation; then what softmax adds.
class CallNames : public NameScheme {
 public:
  CallNames(std::size_t layer, std::size_t inputs, std::size_t neurons, Activation activation)
      : layer_(layer),
        inputs_(inputs),
        neurons_(neurons),
        softmax_(activation == Activation::softmax),
        nodes_per_neuron_(2 * inputs + (activation == Activation::identity || softmax_ ? 0 : 1)) {}

  std::size_t size() const override {
    return nodes_per_neuron_ * neurons_ + (softmax_ ? 1 + 2 * neurons_ : 0);
  }

  std::string name(std::size_t k) const override {
    const std::size_t before_softmax = nodes_per_neuron_ * neurons_;
    if (k == before_softmax) return fmt::format("L{}.log_sum_exp", layer_);
    if (k > before_softmax) {
      const std::size_t s = k - before_softmax - 1;
      return fmt::format("L{}.n{}.{}", layer_, s / 2 + 1, s % 2 == 0 ? "log_a" : "a");
    }
    const std::size_t place = k % nodes_per_neuron_;
    const std::string neuron = fmt::format("L{}.n{}", layer_, k / nodes_per_neuron_ + 1);
    if (place == 2 * inputs_) return neuron + ".a";
    if (place == 2 * inputs_ - 1) return neuron + ".pa";
    const std::size_t input = (place + 1) / 2 + 1;  // products at 0, 1, 3, 5, ...
    if (place == 0 || place % 2 == 1) return fmt::format("{}.w{}*x{}", neuron, input, input);
    return fmt::format("{}.sum{}", neuron, place / 2 + 1);
  }

 private:
  std::size_t layer_;
  std::size_t inputs_;
  std::size_t neurons_;
  bool softmax_;
  std::size_t nodes_per_neuron_;
};

}  // namespace

void throw_wrong_inputs(const char* what, std::size_t needed, std::size_t given) {
  throw ShapeError(fmt::format("{}: {} inputs for {} weights a neuron; pass one input per weight",
                               what, given, needed));
}

Layer::Layer(std::size_t inputs, std::size_t neurons, Activation activation, std::size_t number)
    : inputs_(inputs), neurons_(neurons), activation_(activation), number_(number) {
  to_string(activation);  // throws if it is none
  if (inputs == 0 || neurons == 0)
    throw ShapeError(
        fmt::format("Layer {}: {} inputs and {} neurons; it needs at least one of each", number,
                    inputs, neurons));
  if (inputs >= max_parameters / neurons)  // (inputs + 1) * neurons without overflow
    throw ShapeError(fmt::format(
        "Layer {}: {} inputs and {} neurons are too large; no memory holds the parameters", number,
        inputs, neurons));
  node_names_ = std::make_shared<CallNames>(number, inputs, neurons, activation);
}

std::shared_ptr<const NameScheme> Layer::parameter_names() const {
  return std::make_shared<ParameterNames>(number_, inputs_, neurons_);
}

void Layer::check(std::size_t parameters, std::size_t j) const {
  if (parameters != parameter_count())
    throw ShapeError(
        fmt::format("Layer {}: {} parameters for {} inputs and {} neurons; it needs {}", number_,
                    parameters, inputs_, neurons_, parameter_count()));
  if (j >= neurons_)
    throw ArgumentError(
        fmt::format("Layer {}: there is no neuron {} among {}", number_, j, neurons_));
}

void Layer::initialize(std::span<double> parameters, Initializer initializer,
                       Random& random) const {
  check(parameters.size(), 0);
  const std::size_t weights = inputs_ * neurons_;
  tapegrad::initialize(parameters.first(weights), inputs_, neurons_, initializer, random);
  std::ranges::fill(parameters.subspan(weights), 0.0);
}

template <class T>
std::vector<T> Layer::activations(std::span<const T> parameters, std::span<const T> x) const {
  check(parameters.size(), 0);
  if (x.size() != inputs_) throw_wrong_inputs("Layer", inputs_, x.size());
  std::vector<T> a;
  a.reserve(neurons_);
  for (std::size_t j = 0; j < neurons_; ++j) {
    const Neuron<T> one = neuron(parameters, j);
    a.push_back(activation_ == Activation::softmax ? one.pre_activation(x) : one(x));
  }
  return activation_ == Activation::softmax ? softmax(std::span<const T>(a)) : a;
}

std::vector<double> Layer::operator()(std::span<const double> parameters,
                                      std::span<const double> x) const {
  return activations(parameters, x);
}

std::vector<Value> Layer::operator()(std::span<const Value> parameters,
                                     std::span<const Value> x) const {
  Tape* const tape = active_recording->tape();
  const std::size_t before = tape == nullptr ? 0 : tape->size();
  std::vector<Value> a = activations(parameters, x);
  // A product of two constants records nothing; then the names would go astray.
  if (tape != nullptr && tape->size() - before == node_names_->size())
    tape->name_range(before + 1, node_names_);
  return a;
}

}  // namespace tapegrad
