// Tensors by name in a file, in the format safetensors, which PyTorch and others read and write.
//
// A file of that format can do no harm: it holds numbers and text, no code. Networks in such files:
// model_file.hpp. Source: the format as huggingface/safetensors describes and reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Numbers in a box of any number of dimensions, the last of which runs fastest.
struct Tensor {
  /// What the format calls U64, I64, F64 and F32. They keep every bit on their way to a file and
  /// back, a NaN's payload too.
  using Numbers = std::variant<std::vector<std::uint64_t>, std::vector<std::int64_t>,
                               std::vector<double>, std::vector<float>>;

  std::vector<std::size_t> shape;  // their product counts the numbers: one where it is empty
  Numbers numbers;
};

/// What stands in a file.
struct TAPEGRAD_API TensorFile {
  std::map<std::string, Tensor, std::less<>> tensors;  // by name
  std::map<std::string, std::string, std::less<>> metadata;
  std::string path = "tensors";  // where it was read from, for messages

  /// @throws ArgumentError if there is a tensor of that name
  void add(std::string name, Tensor tensor);
  /// The same with one dimension.
  void add(std::string name, Tensor::Numbers numbers);

  /// The tensor of that name; null if there is none.
  const Tensor* find(std::string_view name) const;

  /// The numbers of that tensor, for files that must have it.
  /// @throws ParseError if there is none, or they are not of type T, one of those of Tensor
  template <class T> const std::vector<T>& numbers(std::string_view name) const {
    const Tensor* tensor = find(name);
    if (tensor != nullptr)
      if (const auto* numbers = std::get_if<std::vector<T>>(&tensor->numbers)) return *numbers;
    throw_no_numbers(name, Tensor::Numbers(std::vector<T>()).index());
  }

  /// The error that something about the file is not as it should be.
  [[noreturn]] void fail(std::string_view message) const;

 private:
  [[noreturn]] void throw_no_numbers(std::string_view name, std::size_t wanted_type) const;
};

/// Reads a whole file.
///
/// Stricter than others, so that nothing is misread: a name that is there twice, a field that the
/// format does not know, and a type of number other than those of Tensor are errors. But there is
/// no checksum: a number that was changed on the disk is read as another number.
/// @throws FileError if it cannot be read;
///         ParseError, which names the tensor, if it is not what the format asks for;
///         UnsupportedError if tapegrad was built without model files
/// Memory: that of the file, and about ten times that of its header (at most 100 MB).
TAPEGRAD_API TensorFile load_tensors(const std::filesystem::path& path);

/// Writes a file as the format's own library would: U64 first, then I64, F64, F32, each by name. An
/// older file of that name is replaced when the new one is on the disk, not before; whatever goes
/// wrong, or ends the program, leaves it as it was.
/// @throws ArgumentError if a name or text is no UTF-8, a name is "__metadata__", or names, shapes
///         and metadata take more than the 100 MB that the format allows;
///         ShapeError if a shape does not count the numbers of its tensor;
///         FileError if it cannot be written, or something other than a file has that name;
///         UnsupportedError if tapegrad was built without model files
TAPEGRAD_API void save_tensors(const TensorFile& content, const std::filesystem::path& path);

}  // namespace tapegrad
