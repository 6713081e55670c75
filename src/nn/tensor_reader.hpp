// A safetensors file from any stream.
#pragma once

#include <cstdint>
#include <istream>
#include <string>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/tensor_file.hpp"

namespace tapegrad {

/// Reads a file of `size` bytes, all of which the stream has. @param path  for messages
TAPEGRAD_API TensorFile read_tensors(std::istream& in, std::uint64_t size, const std::string& path);

}  // namespace tapegrad
