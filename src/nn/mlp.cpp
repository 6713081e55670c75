#include "tapegrad/nn/mlp.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/same_number.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/no_grad.hpp"
#include "tapegrad/core/observer.hpp"

namespace tapegrad {
namespace {

Initializer initializer_for(Activation activation) {
  switch (activation) {
    case Activation::relu:
    case Activation::leaky_relu:
    case Activation::elu:
    case Activation::gelu:
    case Activation::silu:
    case Activation::softplus:
      return Initializer::he_uniform;
    default:
      return Initializer::xavier_uniform;
  }
}

}  // namespace

MLP::MLP(std::span<const std::size_t> sizes, Activation hidden, Activation output,
         std::uint64_t seed) {
  if (sizes.size() < 2)
    throw ShapeError(fmt::format(
        "MLP: {} sizes; it needs the number of inputs and of the neurons of at least one layer",
        sizes.size()));
  const std::size_t count = sizes.size() - 1;
  if (hidden == Activation::softmax && count > 1)
    throw UnsupportedError(
        "MLP: softmax is for the output layer; choose another for the hidden ones");
  Random random(seed);
  offsets_.push_back(0);
  for (std::size_t l = 0; l < count; ++l) {
    const Activation activation = l + 1 == count ? output : hidden;
    const Layer& layer = layers_.emplace_back(sizes[l], sizes[l + 1], activation, l + 1);
    if (layer.parameter_count() > Layer::max_parameters - offsets_.back())
      throw ShapeError(fmt::format("MLP: sizes {} are too large; no memory holds the parameters",
                                   fmt::join(sizes, ", ")));
    offsets_.push_back(offsets_.back() + layer.parameter_count());
  }
  parameters_.resize(offsets_.back());
  for (std::size_t l = 0; l < count; ++l)
    layers_[l].initialize(parameters(l), initializer_for(layers_[l].activation()), random);
}

std::span<double> MLP::parameters(std::size_t layer) {
  const auto constant = static_cast<const MLP*>(this)->parameters(layer);
  return {const_cast<double*>(constant.data()), constant.size()};
}

std::span<const double> MLP::parameters(std::size_t layer) const {
  if (layer >= layers_.size())
    throw ArgumentError(fmt::format("MLP: there is no layer {} among {}", layer, layers_.size()));
  return std::span(parameters_).subspan(offsets_[layer], layers_[layer].parameter_count());
}

template <class T, class X>
std::vector<T> MLP::run(std::span<const T> parameters, std::span<const X> x) const {
  if (x.size() != inputs())
    throw ShapeError(fmt::format("MLP: {} inputs for a network that takes {}", x.size(), inputs()));
  std::vector<T> a(x.begin(), x.end());
  for (std::size_t l = 0; l < layers_.size(); ++l)
    a = layers_[l](parameters.subspan(offsets_[l], layers_[l].parameter_count()),
                   std::span<const T>(a));
  return a;
}

std::vector<double> MLP::operator()(std::span<const double> x) const {
  return run(parameters(), x);
}

std::vector<Value> MLP::variables(Tape& tape) const {
  const std::size_t first = tape.size() + 1;
  std::vector<Value> leaves = tape.variables(parameters_);
  for (std::size_t l = 0; l < layers_.size(); ++l)
    tape.name_range(first + offsets_[l], layers_[l].parameter_names());
  return leaves;
}

void MLP::check_parameters(std::size_t count) const {
  if (count != parameters_.size())
    throw ShapeError(
        fmt::format("MLP: {} parameters for a network of {}", count, parameters_.size()));
}

std::vector<Value> MLP::forward(std::span<const Value> parameters, std::span<const Value> x) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  check_parameters(parameters.size());
  return run(parameters, x);
}

std::vector<Value> MLP::forward(std::span<const Value> parameters,
                                std::span<const double> x) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  check_parameters(parameters.size());
  return run(parameters, x);
}

std::vector<Value> MLP::operator()(std::span<const Value> x) {
  const CallerScope caller(TAPEGRAD_CALLER);
  Tape* const tape = active_recording->tape();
  if (within_no_grad())
    return run<Value>(std::vector<Value>(parameters_.begin(), parameters_.end()), x);
  if (tape == nullptr)
    throw NoActiveTapeError(
        "MLP: no tape is active on this thread; make a Tape to record the forward pass, or pass "
        "doubles for inference");
  std::vector<Value>& leaves = leaves_.values;
  if (leaves.empty() || !tape->holds(leaves.front())) {
    leaves = variables(*tape);
  } else if (!std::ranges::equal(leaves, parameters_, is_same, &Value::value)) {
    throw UnsupportedError(
        "MLP: the parameters have changed since the tape recorded them; clear() or rewind() the "
        "tape before the next forward pass");
  }
  return run<Value>(leaves, x);
}

std::vector<Value> MLP::operator()(std::initializer_list<Value> x) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return (*this)(std::span<const Value>(x.begin(), x.size()));
}

void MLP::gradient(std::span<double> out) const {
  const std::vector<Value>& leaves = leaves_.values;
  if (leaves.empty())
    throw NoAdjointError("MLP: no forward pass was recorded; call the network with Values first");
  if (out.size() != leaves.size())
    throw ShapeError(fmt::format("MLP: the gradient has {} numbers, and there is room for {}",
                                 leaves.size(), out.size()));
  std::ranges::transform(leaves, out.begin(), [](Value leaf) { return leaf.grad(); });
}

std::vector<double> MLP::gradient() const {
  std::vector<double> out(parameters_.size());
  gradient(out);
  return out;
}

}  // namespace tapegrad
