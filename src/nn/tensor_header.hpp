// The header of a safetensors file: which tensors lie where behind it.
//
//   u64 length of the header; the header, an object in JSON; the tensors, without gaps. All numbers
//   are little-endian.
//   {"__metadata__": {"name": "text", ...},
//    "name": {"dtype": "F64", "shape": [2, 3], "data_offsets": [0, 48]}, ...}
// Offsets count bytes from the header's end. Spaces fill it up to a multiple of eight bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

struct NumberType {
  std::string_view name;
  std::size_t bytes;
};
/// In the order of Tensor::Numbers, and of tensors in a file: so each lies at a multiple of its
/// numbers' size.
inline constexpr std::array<NumberType, 4> number_types{
    {{"U64", 8}, {"I64", 8}, {"F64", 8}, {"F32", 4}}};

/// The name in the header that stands for no tensor.
inline constexpr std::string_view metadata_name = "__metadata__";

struct TensorEntry {
  std::string name;
  std::size_t type = number_types.size();  // index of number_types; none yet
  std::vector<std::size_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct TensorHeader {
  /// The most that readers accept, in bytes.
  static constexpr std::uint64_t max_length = 100'000'000;

  std::vector<TensorEntry> entries;  // by where they begin
  std::map<std::string, std::string, std::less<>> metadata;
};

/// What a header says. All that it promises lies within `data_bytes` bytes behind it, and fills
/// them.
/// @param file  its name, for messages
/// @throws ParseError; UnsupportedError if tapegrad was built without JSON
TAPEGRAD_API TensorHeader parse_header(const std::string& file, std::string_view text,
                                       std::uint64_t data_bytes);

/// The JSON of a header, with spaces at its end.
/// @throws ArgumentError if a name is no UTF-8; UnsupportedError if tapegrad was built without JSON
TAPEGRAD_API std::string header_text(const TensorHeader& header);

/// The product of a shape; none if 64 bits cannot hold it.
std::optional<std::uint64_t> count_of(std::span<const std::size_t> shape);

/// For messages: 10×32.
std::string shape_text(std::span<const std::size_t> shape);
/// For messages: tensor "name", cut off where it is very long.
std::string tensor_text(std::string_view name);

}  // namespace tapegrad
