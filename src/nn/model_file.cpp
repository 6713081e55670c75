#include "tapegrad/nn/model_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tensor_header.hpp"

namespace tapegrad {
namespace {

constexpr const char* activations_name = "tapegrad.activations";
constexpr std::string_view training = "training.";

std::string name_of(const LayerNames& names, std::size_t layer, std::string_view part) {
  if (names.step == 0 || names.step > LayerNames::max_step)
    throw ArgumentError(fmt::format("LayerNames: the step from layer to layer is {}; pass 1 to {}",
                                    names.step, LayerNames::max_step));
  return fmt::format("{}{}.{}", names.prefix, layer * names.step, part);
}

/// A layer's weights as a file has them: neuron by neuron.
std::vector<double> transposed(std::span<const double> weights, std::size_t rows,
                               std::size_t columns) {
  std::vector<double> result(weights.size());
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) result[j * rows + i] = weights[i * columns + j];
  return result;
}

Tensor::Numbers in_precision(std::vector<double> numbers, Precision precision,
                             std::string_view name) {
  if (precision == Precision::f64) return numbers;
  std::vector<float> rounded(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (std::isfinite(numbers[i]) && std::abs(numbers[i]) > std::numeric_limits<float>::max())
      throw ArgumentError(
          fmt::format("{}: {} is beyond what F32 can hold; pass Precision::f64", name, numbers[i]));
    rounded[i] = static_cast<float>(numbers[i]);
  }
  return rounded;
}

std::string activations_of(const MLP& net) {
  std::string text;
  for (const Layer& layer : net.layers())
    text += fmt::format("{}{}", text.empty() ? "" : ",", to_string(layer.activation()));
  return text;
}

/// The text of the metadata, if it is there.
std::optional<std::vector<Activation>> activations_in(const TensorFile& file) {
  constexpr std::size_t longest = 40;  // in a message; no name is as long
  const auto found = file.metadata.find(activations_name);
  if (found == file.metadata.end()) return std::nullopt;
  std::vector<Activation> activations;
  std::string_view rest = found->second;
  while (true) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    try {
      activations.push_back(parse_activation(rest.substr(0, std::min(end, longest))));
    } catch (const ArgumentError& error) {
      file.fail(fmt::format("{}: {}", activations_name, error.what()));
    }
    if (end == rest.size()) return activations;
    rest.remove_prefix(end + 1);
  }
}

void check_activations(const TensorFile& file, const MLP& net) {
  const auto activations = activations_in(file);
  if (!activations) return;
  const std::vector<Layer>& layers = net.layers();
  const std::string given = file.metadata.at(activations_name).substr(0, 200);
  if (activations->size() != layers.size())
    file.fail(fmt::format("{} are {} in the file, which has {} layers", activations_name, given,
                          layers.size()));
  if (!std::ranges::equal(*activations, layers, {}, {}, &Layer::activation))
    file.fail(fmt::format("{} are {} in the file, {} in the network", activations_name, given,
                          activations_of(net)));
}

/// A tensor's numbers as doubles. @param shape  in the network
std::vector<double> doubles_in(const TensorFile& file, const std::string& name,
                               std::vector<std::size_t> shape) {
  const Tensor* tensor = file.find(name);
  if (tensor == nullptr)
    throw ShapeError(fmt::format("{}: {} is missing in the file, {} in the network", file.path,
                                 name, shape_text(shape)));
  if (tensor->shape != shape)
    throw ShapeError(fmt::format("{}: {} is {} in the file, {} in the network", file.path, name,
                                 shape_text(tensor->shape), shape_text(shape)));
  if (const auto* numbers = std::get_if<std::vector<float>>(&tensor->numbers))
    return {numbers->begin(), numbers->end()};
  return file.numbers<double>(name);
}

void check_others(const TensorFile& file, const MLP& net, const LayerNames& names) {
  std::set<std::string> known;
  for (std::size_t l = 0; l < net.layers().size(); ++l)
    for (const char* part : {"weight", "bias"}) known.insert(name_of(names, l, part));
  for (const auto& [name, tensor] : file.tensors)
    if (!known.contains(name) && !name.starts_with(training))
      throw ShapeError(
          fmt::format("{}: {} is {} in the file, and belongs to no layer of the network", file.path,
                      tensor_text(name), shape_text(tensor.shape)));
}

/// All of `added`, or nothing.
void add_all(TensorFile& file, TensorFile added) {
  for (const auto& [name, tensor] : added.tensors)
    if (file.find(name) != nullptr)
      throw ArgumentError(fmt::format("TensorFile: there is a {} already", tensor_text(name)));
  file.tensors.merge(added.tensors);
}

/// Inputs, and neurons of each layer, as far as the weights go on.
std::vector<std::size_t> sizes_in(const TensorFile& file, const LayerNames& names) {
  std::vector<std::size_t> sizes;
  for (std::size_t l = 0;; ++l) {
    const std::string name = name_of(names, l, "weight");
    const Tensor* tensor = file.find(name);
    if (tensor == nullptr) break;
    const std::vector<std::size_t>& shape = tensor->shape;
    if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0)
      file.fail(fmt::format("{} is {}; weights are neurons × inputs", name, shape_text(shape)));
    if (l == 0) sizes.push_back(shape[1]);
    if (shape[1] != sizes.back())
      file.fail(fmt::format("{} is {}, and the layer before has {} neurons", name,
                            shape_text(shape), sizes.back()));
    sizes.push_back(shape[0]);
  }
  if (sizes.empty()) file.fail(fmt::format("there is no {}", name_of(names, 0, "weight")));
  return sizes;
}

MLP network_with(const TensorFile& file, Activation hidden, Activation output,
                 const LayerNames& names) {
  MLP net(sizes_in(file, names), hidden, output, 0);
  read_parameters(file, net, names);
  return net;
}

}  // namespace

void add_network(TensorFile& file, const MLP& net, const ModelFileOptions& options) {
  TensorFile added;
  const auto add = [&](std::string name, std::vector<std::size_t> shape,
                       std::vector<double> numbers) {
    Tensor::Numbers rounded = in_precision(std::move(numbers), options.precision, name);
    added.add(std::move(name), Tensor{std::move(shape), std::move(rounded)});
  };
  for (std::size_t l = 0; l < net.layers().size(); ++l) {
    const std::size_t p = net.layers()[l].inputs();
    const std::size_t q = net.layers()[l].neurons();
    const std::span<const double> weights = net.parameters(l).first(p * q);
    const std::span<const double> biases = net.parameters(l).subspan(p * q);
    add(name_of(options.names, l, "weight"), {q, p}, transposed(weights, p, q));
    add(name_of(options.names, l, "bias"), {q}, {biases.begin(), biases.end()});
  }
  add_all(file, std::move(added));
  file.metadata[activations_name] = activations_of(net);
}

MLP network_in(const TensorFile& file, const LayerNames& names) {
  const auto activations = activations_in(file);
  if (!activations)
    file.fail(fmt::format("the metadata have no {}; pass the activations to load_network()",
                          activations_name));
  return network_with(file, activations->front(), activations->back(), names);
}

void read_parameters(const TensorFile& file, MLP& net, const LayerNames& names) {
  std::vector<double> parameters;
  const auto append = [&](const std::vector<double>& numbers) {
    parameters.insert(parameters.end(), numbers.begin(), numbers.end());
  };
  for (std::size_t l = 0; l < net.layers().size(); ++l) {
    const std::size_t p = net.layers()[l].inputs();
    const std::size_t q = net.layers()[l].neurons();
    append(transposed(doubles_in(file, name_of(names, l, "weight"), {q, p}), q, p));
    append(doubles_in(file, name_of(names, l, "bias"), {q}));
  }
  check_others(file, net, names);
  check_activations(file, net);
  std::ranges::copy(parameters, net.parameters().begin());
}

void save_network(const MLP& net, const std::filesystem::path& path,
                  const ModelFileOptions& options) {
  TensorFile file;
  add_network(file, net, options);
  save_tensors(file, path);
}

void load_parameters(MLP& net, const std::filesystem::path& path, const LayerNames& names) {
  read_parameters(load_tensors(path), net, names);
}

MLP load_network(const std::filesystem::path& path, const LayerNames& names) {
  return network_in(load_tensors(path), names);
}

MLP load_network(const std::filesystem::path& path, Activation hidden, Activation output,
                 const LayerNames& names) {
  TensorFile file = load_tensors(path);
  file.metadata.erase(activations_name);  // the caller's are the ones that count
  return network_with(file, hidden, output, names);
}

void add_state(TensorFile& file, const SavedState& state) {
  TensorFile added;
  for (const NamedNumbers& list : state)
    std::visit([&](const auto& numbers) { added.add(std::string(training) + list.name, numbers); },
               list.numbers);
  add_all(file, std::move(added));
}

SavedState state_in(const TensorFile& file) {
  SavedState state;
  for (const auto& [name, tensor] : file.tensors) {
    if (!name.starts_with(training)) continue;
    if (tensor.shape.size() != 1)
      file.fail(fmt::format("{} is {}; what a training remembers has one dimension",
                            tensor_text(name), shape_text(tensor.shape)));
    NamedNumbers& list = state.emplace_back(NamedNumbers{name.substr(training.size()), {}});
    if (std::holds_alternative<std::vector<std::uint64_t>>(tensor.numbers)) {
      list.numbers = file.numbers<std::uint64_t>(name);
    } else {
      list.numbers = file.numbers<double>(name);
    }
  }
  return state;
}

}  // namespace tapegrad
