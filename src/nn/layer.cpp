#include "tapegrad/nn/layer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {
namespace {

// The nodes of one call, in the order in which Layer::activations() records them: for each neuron
// p products with the sums between them, the bias, the activation; then what softmax adds.
std::shared_ptr<const NameScheme> names_of_call(std::size_t layer, std::size_t inputs,
                                                std::size_t neurons, Activation activation) {
  const bool softmax = activation == Activation::softmax;
  const bool one_more = activation != Activation::identity && !softmax;
  const std::size_t nodes = 2 * inputs + (one_more ? 1 : 0);
  const std::size_t of_neurons = nodes * neurons;
  const std::string prefix = fmt::format("L{}.n%i.", layer);
  const auto grid = [&](const char* text, std::size_t first, NameGrid::Axis j = {}) {
    return NameGrid{prefix + text, first, {.count = neurons, .step = nodes}, j};
  };

  std::vector<NameGrid> grids{grid("w%j*x%j", 0), grid("pa", 2 * inputs - 1)};
  if (inputs > 1) {
    grids.push_back(grid("w%j*x%j", 1, {inputs - 1, 2, 2}));
    grids.push_back(grid("sum%j", 2, {inputs - 1, 2, 2}));
  }
  if (one_more) grids.push_back(grid("a", 2 * inputs));
  if (!softmax) return std::make_shared<NameScheme>(of_neurons, std::move(grids));

  grids.push_back({.text = fmt::format("L{}.log_sum_exp", layer), .first = of_neurons});
  grids.push_back({prefix + "log_a", of_neurons + 1, {.count = neurons, .step = 2}});
  grids.push_back({prefix + "a", of_neurons + 2, {.count = neurons, .step = 2}});
  return std::make_shared<NameScheme>(of_neurons + 1 + 2 * neurons, std::move(grids));
}

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
  node_names_ = names_of_call(number, inputs, neurons, activation);
}

std::shared_ptr<const NameScheme> Layer::parameter_names() const {
  const std::string layer = fmt::format("L{}.n", number_);
  const NameGrid weights{layer + "%j.w%i", 0, {inputs_, neurons_}, {neurons_}};
  const NameGrid biases{.text = layer + "%j.b", .first = inputs_ * neurons_, .j = {neurons_}};
  return std::make_shared<NameScheme>(parameter_count(), std::vector{weights, biases});
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

// As activations(), to the last bit: each neuron's sum is taken in the same order. But the sums of
// all go on side by side, four inputs at a time; one by one, each addition waits for the last.
std::vector<double> Layer::operator()(std::span<const double> parameters,
                                      std::span<const double> x) const {
  check(parameters.size(), 0);
  if (x.size() != inputs_) throw_wrong_inputs("Layer", inputs_, x.size());
  const double* w = parameters.data();
  std::vector<double> a(neurons_);
  for (std::size_t j = 0; j < neurons_; ++j) a[j] = w[j] * x[0];
  w += neurons_;
  std::size_t i = 1;
  for (; i + 4 <= inputs_; i += 4, w += 4 * neurons_)
    for (std::size_t j = 0; j < neurons_; ++j)
      a[j] = a[j] + w[j] * x[i] + w[neurons_ + j] * x[i + 1] + w[2 * neurons_ + j] * x[i + 2] +
             w[3 * neurons_ + j] * x[i + 3];
  for (; i < inputs_; ++i, w += neurons_)
    for (std::size_t j = 0; j < neurons_; ++j) a[j] = a[j] + w[j] * x[i];
  for (std::size_t j = 0; j < neurons_; ++j) a[j] = a[j] + w[j];  // biases
  if (activation_ == Activation::softmax) return softmax(std::span<const double>(a));
  for (double& pa : a) pa = activate(activation_, pa);
  return a;
}

std::vector<Value> Layer::operator()(std::span<const Value> parameters,
                                     std::span<const Value> x) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  Tape* const tape = active_recording->tape();
  const std::size_t before = tape == nullptr ? 0 : tape->size();
  std::vector<Value> a = activations(parameters, x);
  // A product of two constants records nothing; then the names would go astray.
  if (tape != nullptr && tape->size() - before == node_names_->size())
    tape->name_range(before + 1, node_names_);
  return a;
}

}  // namespace tapegrad
