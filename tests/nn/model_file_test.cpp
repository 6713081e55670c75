#include "tapegrad/nn/model_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/scratch_folder.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/random.hpp"
#include "tensor_bytes.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

std::vector<std::uint64_t> bits_of(std::span<const double> numbers) {
  std::vector<std::uint64_t> bits;
  for (const double number : numbers) bits.push_back(std::bit_cast<std::uint64_t>(number));
  return bits;
}

/// What safetensors.torch.save_file writes for nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 1)])
/// in `layers`, with the weights [[1, -2], [0.5, 3]] and [[2, -0.5]], the biases [0.25, -1] and
/// [0.125].
std::string pytorch_file() {
  using namespace std::string_literals;
  const std::string header =
      R"({"layers.0.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("layers.0.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[8,24]},)"
      R"("layers.1.bias":{"dtype":"F32","shape":[1],"data_offsets":[24,28]},)"
      R"("layers.1.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[28,36]}}      )";
  return "\x18\x01\0\0\0\0\0\0"s + header +
         "\0\0\x80\x3E\0\0\x80\xBF"s                      // 0.25 -1
         "\0\0\x80\x3F\0\0\0\xC0\0\0\0\x3F\0\0\x40\x40"s  // 1 -2 0.5 3
         "\0\0\0\x3E"s                                    // 0.125
         "\0\0\0\x40\0\0\0\xBF"s;                         // 2 -0.5
}

/// A network's output from a file's tensors alone.
std::vector<double> forward(const TensorFile& file, std::size_t layers, std::vector<double> x) {
  for (std::size_t l = 0; l < layers; ++l) {
    const std::string layer = "layers." + std::to_string(l);
    const Tensor& weight = *file.find(layer + ".weight");
    const std::vector<double>& w = std::get<std::vector<double>>(weight.numbers);
    std::vector<double> pa = file.numbers<double>(layer + ".bias");
    REQUIRE(weight.shape == std::vector{pa.size(), x.size()});
    for (std::size_t j = 0; j < pa.size(); ++j)
      for (std::size_t i = 0; i < x.size(); ++i) pa[j] += w[j * x.size() + i] * x[i];
    if (l + 1 < layers)
      for (double& number : pa) number = std::tanh(number);
    x = pa;
  }
  return x;
}

}  // namespace

TEST_CASE("a network comes back from a file bit for bit, with its activations") {
  const ScratchFolder folder;
  MLP net({3, 5, 4, 2}, Activation::gelu, Activation::softmax, 7);
  net.parameters()[0] = std::bit_cast<double>(std::uint64_t{0xFFF0'0000'0000'0001});  // a NaN
  net.parameters()[1] = -0.0;
  net.parameters()[2] = -HUGE_VAL;
  save_network(net, folder / "net");
  const MLP read = load_network(folder / "net");
  REQUIRE(read.layers().size() == 3);
  for (std::size_t l = 0; l < 3; ++l) {
    CHECK(read.layers()[l].inputs() == net.layers()[l].inputs());
    CHECK(read.layers()[l].neurons() == net.layers()[l].neurons());
    CHECK(read.layers()[l].activation() == net.layers()[l].activation());
  }
  CHECK(bits_of(read.parameters()) == bits_of(net.parameters()));

  MLP other({3, 5, 4, 2}, Activation::gelu, Activation::softmax, 8);
  load_parameters(other, folder / "net");
  CHECK(bits_of(other.parameters()) == bits_of(net.parameters()));

  const MLP one({2, 3}, Activation::tanh, Activation::relu, 1);
  save_network(one, folder / "net");
  CHECK(load_network(folder / "net").layers().at(0).activation() == Activation::relu);
}

TEST_CASE("in a file, weights lie neuron by neuron: a second implementation computes the same") {
  const MLP net({3, 5, 4, 2}, Activation::tanh, Activation::identity, 3);
  TensorFile file;
  add_network(file, net);
  CHECK(file.tensors.size() == 6);
  CHECK(file.metadata.at("tapegrad.activations") == "tanh,tanh,identity");
  const std::vector<double> x{0.3, -0.8, 0.5};
  const std::vector<double> expected = forward(file, 3, x);
  REQUIRE(expected.size() == 2);
  for (std::size_t k = 0; k < 2; ++k)  // the bias comes first there, last in the network
    CHECK(net(x)[k] == doctest::Approx(expected[k]).epsilon(1e-14));
}

TEST_CASE("a file of PyTorch's gives the outputs that PyTorch gives") {
  const ScratchFolder folder;
  folder.write("pt", pytorch_file());
  const MLP net = load_network(folder / "pt", Activation::relu, Activation::identity);
  // By hand, without rounding: 2·relu(1·3 - 2·1 + 0.25) - 0.5·relu(0.5·3 + 3·1 - 1) + 0.125, ...
  CHECK(net({3.0, 1.0}) == std::vector{0.875});
  CHECK(net({-1.0, 2.0}) == std::vector{-2.125});

  CHECK_THROWS_AS(load_network(folder / "pt"), ParseError);
  CHECK(message_behind((folder / "pt").string(), [&] { load_network(folder / "pt"); }) ==
        "the metadata have no tapegrad.activations; pass the activations to load_network()");
}

TEST_CASE("what is written with F32 and without activations is PyTorch's file to the byte") {
  const ScratchFolder folder;
  folder.write("pt", pytorch_file());
  const MLP net = load_network(folder / "pt", Activation::relu, Activation::identity);
  TensorFile file;
  add_network(file, net, {.precision = Precision::f32});
  file.metadata.clear();
  save_tensors(file, folder / "again");
  CHECK(folder.bytes("again") == pytorch_file());
}

TEST_CASE("F32 rounds each parameter to the nearest, and refuses those that it cannot hold") {
  const ScratchFolder folder;
  MLP net({2, 1}, Activation::tanh, Activation::tanh, 3);
  const double parameters[3] = {0.1, -HUGE_VAL, 1e-60};
  std::ranges::copy(parameters, net.parameters().begin());
  save_network(net, folder / "net", {.precision = Precision::f32});
  const MLP read = load_network(folder / "net");
  CHECK(read.parameters()[0] == static_cast<double>(0.1F));
  CHECK(read.parameters()[1] == -HUGE_VAL);
  CHECK(read.parameters()[2] == 0);

  const std::string before = folder.bytes("net");
  net.parameters()[2] = -4e38;
  CHECK_THROWS_WITH_AS(save_network(net, folder / "net", {.precision = Precision::f32}),
                       "layers.0.bias: -4e+38 is beyond what F32 can hold; pass Precision::f64",
                       ArgumentError);
  CHECK(folder.bytes("net") == before);
}

TEST_CASE("layers may have the names that an nn.Sequential gives them") {
  const ScratchFolder folder;
  const LayerNames sequential{.prefix = "", .step = 2};
  const MLP net({2, 3, 1}, Activation::silu, Activation::identity, 3);
  save_network(net, folder / "net", {.names = sequential});
  const TensorFile file = load_tensors(folder / "net");
  for (const char* name : {"0.weight", "0.bias", "2.weight", "2.bias"})
    CHECK(file.find(name) != nullptr);
  CHECK(bits_of(load_network(folder / "net", sequential).parameters()) ==
        bits_of(net.parameters()));
  CHECK(message_behind((folder / "net").string(), [&] { load_network(folder / "net"); }) ==
        "there is no layers.0.weight");
  for (const std::size_t step : {std::size_t{0}, std::size_t{1001}}) {
    CHECK_THROWS_AS(load_network(folder / "net", {.step = step}), ArgumentError);
    CHECK_THROWS_AS(save_network(net, folder / "new", {.names = {.step = step}}), ArgumentError);
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("a file of another network names the first tensor that differs, and changes nothing") {
  const ScratchFolder folder;
  const std::string path = (folder / "net").string();
  save_network(MLP({8, 32, 10}, Activation::tanh, Activation::identity, 1), path);
  const auto error_of = [&](MLP net, bool is_shape = true) {
    const auto before = bits_of(net.parameters());
    if (is_shape) {
      CHECK_THROWS_AS(load_parameters(net, path), ShapeError);
    } else {
      CHECK_THROWS_AS(load_parameters(net, path), ParseError);
    }
    const std::string message = message_behind(path, [&] { load_parameters(net, path); });
    CHECK(bits_of(net.parameters()) == before);
    return message;
  };
  CHECK(error_of({{8, 64, 10}, Activation::tanh, Activation::identity, 1}) ==
        "layers.0.weight is 32×8 in the file, 64×8 in the network");
  CHECK(error_of({{8, 32, 5}, Activation::tanh, Activation::identity, 1}) ==
        "layers.1.weight is 10×32 in the file, 5×32 in the network");
  CHECK(error_of({{8, 32, 10, 3}, Activation::tanh, Activation::identity, 1}) ==
        "layers.2.weight is missing in the file, 3×10 in the network");
  CHECK(error_of({{8, 32}, Activation::tanh, Activation::identity, 1}) ==
        "tensor \"layers.1.bias\" is 10 in the file, and belongs to no layer of the network");
  CHECK(error_of({{8, 32, 10}, Activation::tanh, Activation::softmax, 1}, false) ==
        "tapegrad.activations are tanh,identity in the file, tanh,softmax in the network");

  TensorFile file = load_tensors(path);
  file.tensors.at("layers.1.bias").shape = {1, 10};
  save_tensors(file, path);
  CHECK(error_of({{8, 32, 10}, Activation::tanh, Activation::identity, 1}) ==
        "layers.1.bias is 1×10 in the file, 10 in the network");
  file.tensors.at("layers.1.bias") = Tensor{{10}, std::vector<std::int64_t>(10)};
  save_tensors(file, path);
  CHECK(error_of({{8, 32, 10}, Activation::tanh, Activation::identity, 1}, false) ==
        "tensor \"layers.1.bias\" holds I64, not F64");
}

TEST_CASE("a file whose tensors make no network is an error, and allocates nothing large") {
  const auto error_of = [](const TensorFile& file) {
    CHECK_THROWS_AS(network_in(file), Error);
    return message_behind("tensors", [&] { network_in(file); });
  };
  const auto weight = [](std::size_t neurons, std::size_t inputs) {
    return Tensor{{neurons, inputs}, std::vector<double>(neurons * inputs)};
  };
  TensorFile file;
  file.metadata["tapegrad.activations"] = "tanh,identity";
  CHECK(error_of(file) == "there is no layers.0.weight");
  file.tensors["layers.0.weight"] = weight(0, 7);
  CHECK(error_of(file) == "layers.0.weight is 0×7; weights are neurons × inputs");
  file.tensors["layers.0.weight"] = Tensor{{}, std::vector{1.0}};
  CHECK(error_of(file) == "layers.0.weight is a single number; weights are neurons × inputs");
  // Two layers that do not fit together: a network of their sizes would have 10^12 weights.
  file.tensors["layers.0.weight"] = weight(1'000'000, 1);
  file.tensors["layers.1.weight"] = weight(1'000'000, 1);
  CHECK(error_of(file) == "layers.1.weight is 1000000×1, and the layer before has 1000000 neurons");
  file.tensors["layers.0.weight"] = weight(1, 2);
  file.tensors["layers.1.weight"] = weight(3, 1);
  CHECK(error_of(file) == "layers.0.bias is missing in the file, 1 in the network");
  file.add("layers.0.bias", std::vector<double>(1));
  file.add("layers.1.bias", std::vector<double>(3));
  CHECK(network_in(file).outputs() == 3);

  file.metadata["tapegrad.activations"] = "tanh,tanh,identity";
  CHECK(error_of(file) ==
        "tapegrad.activations are tanh,tanh,identity in the file, which has 2 layers");
  for (const std::string text : {"", "tanh,", "tanh,cosh", "tanh;identity"}) {
    CAPTURE(text);
    file.metadata["tapegrad.activations"] = text;
    CHECK(error_of(file).starts_with("tapegrad.activations: "));
  }
  file.metadata["tapegrad.activations"] = "softmax,identity";
  CHECK_THROWS_AS(network_in(file), UnsupportedError);
}

TEST_CASE("a training's state lies beside the network, and comes back bit for bit") {
  const ScratchFolder folder;
  Random random(5);
  const SavedState state{
      {"optimizer.mean", std::vector{0.1, -0.0, HUGE_VAL}},
      {"optimizer.step", std::vector<std::uint64_t>{1ULL << 53 | 1}},
      {"random.words", std::vector{random.next(), random.next(), random.next(), random.next()}}};
  const MLP net({2, 3, 1}, Activation::silu, Activation::identity, 3);
  TensorFile file;
  add_network(file, net);
  add_state(file, state);
  file.metadata["epoch"] = "12";
  save_tensors(file, folder / "f");

  const TensorFile read = load_tensors(folder / "f");
  CHECK(state_in(read) == state);  // in order of their names
  CHECK(std::signbit(std::get<0>(state_in(read)[0].numbers)[1]));
  CHECK(read.metadata.at("epoch") == "12");
  CHECK(bits_of(load_network(folder / "f").parameters()) == bits_of(net.parameters()));
  CHECK(state_in({}).empty());

  const std::size_t before = file.tensors.size();
  CHECK_THROWS_AS(add_state(file, {{"new", std::vector{1.0}}, state[0]}), ArgumentError);
  CHECK_THROWS_AS(add_network(file, net), ArgumentError);
  CHECK(file.tensors.size() == before);
  file.add("training.square", Tensor{{1, 1}, std::vector{1.0}});
  CHECK(message_behind("tensors", [&] { state_in(file); }) ==
        "tensor \"training.square\" is 1×1; what a training remembers has one dimension");
  file.tensors.at("training.square") = Tensor{{1}, std::vector<std::int64_t>{1}};
  CHECK(message_behind("tensors", [&] { state_in(file); }) ==
        "tensor \"training.square\" holds I64, not F64");
}
