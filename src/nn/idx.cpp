#include "tapegrad/nn/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "files/ordinary_file.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

using Byte = unsigned char;

std::string_view type_name(Byte type) {
  switch (type) {
    case 0x09:
      return "signed bytes";
    case 0x0B:
      return "shorts";
    case 0x0C:
      return "ints";
    case 0x0D:
      return "floats";
    case 0x0E:
      return "doubles";
    default:
      return "";
  }
}

/// An IDX file of unsigned bytes whose header has been read, and found to be true.
class IdxFile {
 public:
  explicit IdxFile(const std::filesystem::path& path)
      : path_(path.string()), file_(open_ordinary_file(path_)) {
    read_header();
  }

  const std::vector<std::size_t>& sizes() const { return sizes_; }
  std::size_t header() const { return header_; }
  std::size_t numbers() const { return numbers_; }

  [[noreturn]] void fail(std::string_view message) const { throw ParseError(path_, 0, 0, message); }
  [[noreturn]] void fail(std::size_t byte, std::string_view message) const {
    fail(fmt::format("byte {}: {}", byte, message));
  }

  /// All numbers, in a vector of Number.
  template <class Number> std::vector<Number> read() {
    std::vector<Number> numbers;
    numbers.reserve(numbers_);
    std::array<Byte, 1 << 16> block;
    while (numbers.size() < numbers_) {
      const auto part = std::span(block).first(std::min(block.size(), numbers_ - numbers.size()));
      read(part);
      numbers.insert(numbers.end(), part.begin(), part.end());
    }
    return numbers;
  }

 private:
  void read(std::span<Byte> bytes) { read_bytes(file_.in, path_, std::as_writable_bytes(bytes)); }

  void require(std::uint64_t bytes, std::string_view what) const {
    if (file_.size < bytes)
      fail(file_.size, fmt::format("the file ends within {}; get it again", what));
  }

  void read_header() {
    std::array<Byte, 4> magic{};
    const auto there = std::min<std::uint64_t>(file_.size, magic.size());
    read(std::span(magic).first(there));
    if (there >= 2 && magic[0] == 0x1F && magic[1] == 0x8B)
      fail("it is compressed by gzip; unpack it with gunzip");
    for (std::size_t k = 0; k < std::min<std::size_t>(there, 2); ++k)
      if (magic[k] != 0) fail(k, "it is no IDX file, which begins with two bytes 0");
    require(magic.size(), "the magic number");
    check_type(magic[2]);
    const std::size_t dimensions = magic[3];
    if (dimensions == 0) fail(3, "it has no dimensions");
    header_ = magic.size() * (1 + dimensions);
    require(header_, "the sizes of its dimensions");
    read_sizes(dimensions);
    const std::uint64_t rest = file_.size - header_;
    if (rest != numbers_) {
      fail(header_ + std::min<std::uint64_t>(rest, numbers_),
           fmt::format("the header says {} = {} bytes, and {} follow it; get the file again",
                       fmt::join(sizes_, " x "), numbers_, rest));
    }
  }

  void check_type(Byte type) const {
    if (type == 0x08) return;
    const std::string_view name = type_name(type);
    if (name.empty()) fail(2, fmt::format("0x{:02X} is no type of numbers", type));
    fail(2, fmt::format("the numbers are {} (0x{:02X}); only unsigned bytes (0x08) are read", name,
                        type));
  }

  void read_sizes(std::size_t dimensions) {
    numbers_ = 1;
    for (std::size_t k = 0; k < dimensions; ++k) {
      std::array<Byte, 4> bytes{};
      read(bytes);
      std::size_t size = 0;
      for (Byte byte : bytes) size = size << 8 | byte;
      if (size == 0) fail(4 * (k + 1), fmt::format("dimension {} has the size 0", k + 1));
      if (size > std::numeric_limits<std::size_t>::max() / numbers_)
        fail(4 * (k + 1), "the sizes are more than any file can hold");
      numbers_ *= size;
      sizes_.push_back(size);
    }
  }

  std::string path_;
  OrdinaryFile file_;
  std::size_t header_ = 0;  // bytes
  std::vector<std::size_t> sizes_;
  std::size_t numbers_ = 0;  // the product of all sizes
};

}  // namespace

Dataset read_idx(const std::filesystem::path& images, const std::filesystem::path& labels,
                 const IdxOptions& options) {
  if (options.classes == std::size_t{0})
    throw ArgumentError("read_idx: there are no samples of 0 classes; pass at least 1");
  IdxFile image_file(images);
  IdxFile label_file(labels);
  const std::size_t count = image_file.sizes().front();
  if (label_file.sizes().size() != 1) {
    label_file.fail(3, fmt::format("labels have 1 dimension, and these have {}; are the images "
                                   "passed as the labels?",
                                   label_file.sizes().size()));
  }
  if (label_file.numbers() != count) {
    label_file.fail(4, fmt::format("{} labels for {} images; these files are no pair",
                                   label_file.numbers(), count));
  }

  Dataset data;
  data.labels = label_file.read<std::size_t>();
  const auto greatest = std::max_element(data.labels.begin(), data.labels.end());
  data.classes = options.classes.value_or(*greatest + 1);
  for (std::size_t i = 0; i < count; ++i) {
    if (data.labels[i] >= data.classes) {
      label_file.fail(label_file.header() + i,
                      fmt::format("expected a class, an integer from 0 to {}, found {}",
                                  data.classes - 1, data.labels[i]));
    }
  }
  data.inputs = std::accumulate(image_file.sizes().begin() + 1, image_file.sizes().end(),
                                std::size_t{1}, std::multiplies());
  data.x = image_file.read<double>();
  return data;
}

}  // namespace tapegrad
