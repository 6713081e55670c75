// Networks in files of the format safetensors: their own, PyTorch's, and those of a training that
// is to go on.
//
// Layer K, from 0, is two tensors, named and laid out as in PyTorch's torch.nn.Linear:
//   layers.K.weight   a row for each neuron: our W, p inputs × q neurons, transposed
//   layers.K.bias     q numbers
// A PyTorch module that keeps its Linear layers in `self.layers = nn.ModuleList(...)` has the same
// names; for others there is LayerNames. Which activations the layers have, is in the metadata:
// "tapegrad.activations": "tanh,identity". PyTorch's files do not say.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/activation.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/saved_state.hpp"
#include "tapegrad/nn/tensor_file.hpp"

namespace tapegrad {

/// What the tensors of layer K are called: prefix, K · step, then ".weight" or ".bias". In an
/// nn.Sequential of Linear layers and activations by turns: {.prefix = "", .step = 2}.
struct LayerNames {
  static constexpr std::size_t max_step = 1000;

  std::string prefix = "layers.";
  std::size_t step = 1;  // at most max_step
};

/// f64 keeps each parameter bit for bit; f32 rounds it to the nearest number with 24 bits, in half
/// the space, and is what PyTorch computes with. Reading is exact from both.
enum class Precision { f64, f32 };

struct ModelFileOptions {
  Precision precision = Precision::f64;
  LayerNames names = {};
};

/// Writes a network's parameters and activations. An older file of that name is replaced only when
/// the new one is on the disk.
/// @throws ArgumentError if a parameter is beyond what the precision can hold (f32: ±3.4e38), or
///         names.step is 0 or too large; FileError and UnsupportedError as save_tensors()
TAPEGRAD_API void save_network(const MLP& net, const std::filesystem::path& path,
                               const ModelFileOptions& options = {});

/// The network of a file that save_network() wrote.
/// @throws ParseError if there is none in the file, or its activations are not known;
///         UnsupportedError for a softmax in a hidden layer;
///         FileError, ParseError and UnsupportedError as load_tensors(); ShapeError as
///         load_parameters()
TAPEGRAD_API MLP load_network(const std::filesystem::path& path, const LayerNames& names = {});

/// The network of a file that does not say its activations, or not as they shall be.
/// @throws as above
TAPEGRAD_API MLP load_network(const std::filesystem::path& path, Activation hidden,
                              Activation output, const LayerNames& names = {});

/// Puts a file's parameters into a network of the same layers. Any error leaves it as it was.
/// Where the file says activations, they have to be the network's.
/// @throws ShapeError naming the first tensor that is missing in the file, or has another shape, or
///         belongs to no layer ("layers.1.weight is 10×32 in the file, 10×64 in the network");
///         ParseError if a tensor holds integers, or the activations are others;
///         FileError, ParseError and UnsupportedError as load_tensors()
TAPEGRAD_API void load_parameters(MLP& net, const std::filesystem::path& path,
                                  const LayerNames& names = {});

/// The same in steps, for files that hold more than a network. Of a training that goes on later:
///   TensorFile file;
///   add_network(file, net);
///   add_state(file, state);
///   save_tensors(file, path);
/// and then: file = load_tensors(path); net = network_in(file), or into the network that there is,
/// read_parameters(file, net); state = state_in(file).
/// The functions above read such a file, too: they pass over what add_state() put there.
/// @throws as those; ArgumentError if the file has a tensor of one of the names already. Any error
///         leaves file and network as they were.
TAPEGRAD_API void add_network(TensorFile& file, const MLP& net,
                              const ModelFileOptions& options = {});
TAPEGRAD_API MLP network_in(const TensorFile& file, const LayerNames& names = {});
TAPEGRAD_API void read_parameters(const TensorFile& file, MLP& net, const LayerNames& names = {});

/// What a training remembers beside the parameters, each list of numbers as a tensor called
/// "training." and its name. Doubles and words come back bit for bit, ordered by name.
/// @throws add_state(): ArgumentError if a name is there twice, or in the file already;
///         state_in(): ParseError if such a tensor has not one dimension, or holds F32 or I64
TAPEGRAD_API void add_state(TensorFile& file, const SavedState& state);
TAPEGRAD_API SavedState state_in(const TensorFile& file);

}  // namespace tapegrad
