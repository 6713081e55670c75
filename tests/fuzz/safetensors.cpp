// Files of tensors: any bytes give a ParseError, or tensors that fill them and can be asked for a
// network; and the header that is written for what was read is read as the same.

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "../nn/tensor_bytes.hpp"
#include "fuzz.hpp"
#include "nn/tensor_header.hpp"
#include "nn/tensor_reader.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/model_file.hpp"

namespace tapegrad::fuzz {
namespace {

constexpr std::size_t before_header = 8;  // bytes: its length

void require(bool holds, const char* otherwise) {
  if (!holds) throw Finding(otherwise);
}

std::size_t bytes_of(const TensorFile& file) {
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : file.tensors)
    bytes += std::visit([](const auto& numbers) { return numbers.size() * sizeof numbers[0]; },
                        tensor.numbers);
  return bytes;
}

// Errors are all that may come of a file that has no network of these layers.
void ask_for_network(const TensorFile& file) {
  MLP net({2, 2, 1}, Activation::tanh, Activation::identity, 0);
  try {
    read_parameters(file, net);
  } catch (const Error&) {
  }
  try {
    const MLP other = network_in(file);
    const std::vector<double> x(other.inputs());
    require(other(x).size() == other.outputs(), "the network has other outputs");
  } catch (const Error&) {
  }
  try {
    TensorFile again;
    add_state(again, state_in(file));
    require(again.tensors.size() <= file.tensors.size(), "the state has grown");
  } catch (const ParseError&) {
  }
}

void check_header(const std::string& text, std::size_t data_bytes) {
  const TensorHeader header = parse_header("file", text, data_bytes);
  const TensorHeader again = parse_header("file", header_text(header), data_bytes);
  const char* const otherwise = "the header that was written is another one";
  require(again.metadata == header.metadata, otherwise);
  require(again.entries.size() == header.entries.size(), otherwise);
  for (std::size_t k = 0; k < header.entries.size(); ++k) {
    const TensorEntry& a = header.entries[k];
    const TensorEntry& b = again.entries[k];
    // Empty tensors may lie at one place, in any order.
    require(a.begin == b.begin && a.end == b.end, otherwise);
    if (a.begin != a.end)
      require(a.name == b.name && a.type == b.type && a.shape == b.shape, otherwise);
  }
}

void check(const std::string& bytes) {
  std::istringstream in(bytes);
  try {
    const TensorFile file = read_tensors(in, bytes.size(), "file");
    const std::size_t data_bytes = bytes_of(file);
    const std::size_t behind_length = bytes.size() - before_header;
    require(data_bytes <= behind_length, "there are more tensors than bytes");
    check_header(bytes.substr(before_header, behind_length - data_bytes), data_bytes);
    ask_for_network(file);
  } catch (const ParseError&) {
  }
}

// A change within the header seldom fits its length.
std::string with_right_length(const std::string& bytes) {
  if (bytes.size() < before_header) return bytes;
  const std::size_t end = bytes.find_last_of('}') + 1;  // npos + 1 is 0
  const std::size_t header = end < before_header ? 0 : end - before_header;
  return testing::tensor_bytes(bytes.substr(before_header, header),
                               bytes.substr(before_header + header));
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      testing::tensor_bytes("{}", ""),
      testing::tensor_bytes(R"({"__metadata__":{"tapegrad.activations":"tanh,identity"},)"
                            R"("training.rng":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},)"
                            R"("training.i":{"dtype":"I64","shape":[],"data_offsets":[8,16]},)"
                            R"("layers.0.bias":{"dtype":"F64","shape":[2],"data_offsets":[16,32]},)"
                            R"("layers.0.weight":{"dtype":"F32","shape":[2,2],)"
                            R"("data_offsets":[32,48]},"layers.1.bias":{"dtype":"F32",)"
                            R"("shape":[1],"data_offsets":[48,52]},"layers.1.weight":)"
                            R"({"dtype":"F32","shape":[1,2],"data_offsets":[52,60]}})",
                            std::string(60, '?')),
  };
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  tapegrad::fuzz::check(bytes);
  tapegrad::fuzz::check(tapegrad::fuzz::with_right_length(bytes));
  return 0;
}
