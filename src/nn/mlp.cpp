#include "tapegrad/nn/mlp.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tapegrad/core/error.hpp"

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
    layers_.emplace_back(sizes[l], sizes[l + 1], activation, l + 1);
    offsets_.push_back(offsets_.back() + layers_.back().parameter_count());
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

template <class T>
std::vector<T> MLP::run(std::span<const T> parameters, std::span<const T> x) const {
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
  tape.reserve(tape.size() + parameters_.size());
  std::vector<Value> leaves = tape.variables(parameters_);
  for (std::size_t l = 0; l < layers_.size(); ++l)
    tape.name_range(first + offsets_[l], layers_[l].parameter_names());
  return leaves;
}

std::vector<Value> MLP::forward(std::span<const Value> parameters, std::span<const Value> x) const {
  if (parameters.size() != parameters_.size())
    throw ShapeError(fmt::format("MLP: {} parameters for a network of {}", parameters.size(),
                                 parameters_.size()));
  return run(parameters, x);
}

std::vector<Value> MLP::operator()(std::span<const Value> x) {
  Tape* const tape = active_recording->tape();
  if (tape == nullptr)
    throw NoActiveTapeError(
        "MLP: no tape is active on this thread; make a Tape to record the forward pass, or pass "
        "doubles for inference");
  const bool current =
      leaves_.size() == parameters_.size() && tape->holds(leaves_.front()) &&
      std::ranges::equal(leaves_, parameters_, {}, [](Value leaf) { return leaf.value(); });
  if (!current) leaves_ = variables(*tape);
  return run<Value>(leaves_, x);
}

void MLP::gradient(std::span<double> out) const {
  if (leaves_.empty())
    throw NoAdjointError("MLP: no forward pass was recorded; call the network with Values first");
  if (out.size() != leaves_.size())
    throw ShapeError(fmt::format("MLP: the gradient has {} numbers, and there is room for {}",
                                 leaves_.size(), out.size()));
  std::ranges::transform(leaves_, out.begin(), [](Value leaf) { return leaf.grad(); });
}

std::vector<double> MLP::gradient() const {
  std::vector<double> out(parameters_.size());
  gradient(out);
  return out;
}

}  // namespace tapegrad
