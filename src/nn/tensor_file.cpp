#include "tapegrad/nn/tensor_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "files/ordinary_file.hpp"
#include "files/whole_file.hpp"
#include "tapegrad/core/error.hpp"
#include "tensor_header.hpp"
#include "tensor_reader.hpp"

namespace tapegrad {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie");

Tensor::Numbers zeros(std::size_t type, std::uint64_t count) {
  switch (type) {
    case 0:
      return std::vector<std::uint64_t>(count);
    case 1:
      return std::vector<std::int64_t>(count);
    case 2:
      return std::vector<double>(count);
    default:
      return std::vector<float>(count);
  }
}

std::size_t size_of(const Tensor::Numbers& numbers) {
  return std::visit([](const auto& vector) { return vector.size(); }, numbers);
}

std::span<const std::byte> bytes_of(const Tensor::Numbers& numbers) {
  return std::visit([](const auto& vector) { return std::as_bytes(std::span(vector)); }, numbers);
}

void check(const TensorFile& content) {
  for (const auto& [name, tensor] : content.tensors) {
    if (name == metadata_name)
      throw ArgumentError(
          fmt::format("save_tensors: no tensor can be called {}; choose another name", name));
    if (count_of(tensor.shape) != size_of(tensor.numbers))
      throw ShapeError(fmt::format("save_tensors: {} has {} numbers, and its shape is {}",
                                   tensor_text(name), size_of(tensor.numbers),
                                   shape_text(tensor.shape)));
  }
}

using NamedTensor = std::map<std::string, Tensor, std::less<>>::value_type;

/// By type, then by name.
std::vector<const NamedTensor*> in_order(const TensorFile& content) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& tensor : content.tensors) order.push_back(&tensor);
  std::ranges::stable_sort(
      order, {}, [](const NamedTensor* tensor) { return tensor->second.numbers.index(); });
  return order;
}

}  // namespace

void TensorFile::add(std::string name, Tensor tensor) {
  const auto [place, is_new] = tensors.try_emplace(std::move(name), std::move(tensor));
  if (!is_new)
    throw ArgumentError(
        fmt::format("TensorFile: there is a {} already", tensor_text(place->first)));
}

void TensorFile::add(std::string name, Tensor::Numbers numbers) {
  const std::size_t count = size_of(numbers);
  add(std::move(name), Tensor{{count}, std::move(numbers)});
}

const Tensor* TensorFile::find(std::string_view name) const {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

void TensorFile::fail(std::string_view message) const { throw ParseError(path, 0, 0, message); }

void TensorFile::throw_no_numbers(std::string_view name, std::size_t wanted_type) const {
  const Tensor* tensor = find(name);
  if (tensor == nullptr) fail(fmt::format("there is no {}", tensor_text(name)));
  fail(fmt::format("{} holds {}, not {}", tensor_text(name),
                   number_types[tensor->numbers.index()].name, number_types[wanted_type].name));
}

TensorFile read_tensors(std::istream& in, std::uint64_t size, const std::string& path) {
  std::uint64_t length = 0;
  if (size < sizeof length)
    throw ParseError(path, 0, 0, fmt::format("{} bytes are no safetensors file", size));
  read_bytes(in, path, std::as_writable_bytes(std::span(&length, 1)));
  size -= sizeof length;
  if (length > TensorHeader::max_length)
    throw ParseError(path, 0, 0,
                     fmt::format("a header of {} bytes is longer than the {} that there can be: "
                                 "it is no safetensors file, or damaged",
                                 length, TensorHeader::max_length));
  if (length > size)
    throw ParseError(
        path, 0, 0,
        fmt::format("the header should have {} bytes, and the file ends after {}", length, size));
  std::string text(length, '\0');
  read_bytes(in, path, std::as_writable_bytes(std::span(text)));
  TensorHeader header = parse_header(path, text, size - length);

  TensorFile content;
  content.path = path;
  content.metadata = std::move(header.metadata);
  for (TensorEntry& entry : header.entries) {
    const std::uint64_t bytes = entry.end - entry.begin;
    Tensor tensor{std::move(entry.shape),
                  zeros(entry.type, bytes / number_types[entry.type].bytes)};
    std::visit(
        [&](auto& numbers) { read_bytes(in, path, std::as_writable_bytes(std::span(numbers))); },
        tensor.numbers);
    content.add(std::move(entry.name), std::move(tensor));
  }
  return content;
}

TensorFile load_tensors(const std::filesystem::path& path) {
  OrdinaryFile file = open_ordinary_file(path.string());
  return read_tensors(file.in, file.size, path.string());
}

void save_tensors(const TensorFile& content, const std::filesystem::path& path) {
  check(content);
  const std::vector<const NamedTensor*> order = in_order(content);
  TensorHeader header{.entries = {}, .metadata = content.metadata};
  std::uint64_t end = 0;
  for (const NamedTensor* named : order) {
    const auto& [name, tensor] = *named;
    const std::uint64_t begin = end;
    end += bytes_of(tensor.numbers).size();
    header.entries.push_back({name, tensor.numbers.index(), tensor.shape, begin, end});
  }
  const std::string text = header_text(header);
  const std::uint64_t length = text.size();
  if (length > TensorHeader::max_length)
    throw ArgumentError(
        fmt::format("save_tensors: names, shapes and metadata take {} bytes; the format allows {}",
                    length, TensorHeader::max_length));

  WholeFile out(path);
  out.write(std::as_bytes(std::span(&length, 1)));
  out.write(std::as_bytes(std::span(text)));
  for (const NamedTensor* tensor : order) out.write(bytes_of(tensor->second.numbers));
  out.finish();
}

}  // namespace tapegrad
