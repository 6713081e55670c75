// Bytes as two IDX files, images and labels: an Error, or samples that fill the files; written
// again by hand they are read as the same.

#include "tapegrad/nn/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>

#include "choices.hpp"
#include "files/scratch_folder.hpp"
#include "fuzz.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad::fuzz {
namespace {

void require(bool holds, const char* otherwise) {
  if (!holds) throw Finding(otherwise);
}

// A header of unsigned bytes: magic number and sizes, each of four bytes.
std::string header(const std::vector<std::size_t>& sizes) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(sizes.size())};
  for (const std::size_t size : sizes)
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(size >> shift & 0xFF);
  return bytes;
}

Dataset read(const std::string& images, const std::string& labels, const IdxOptions& options) {
  static const testing::ScratchFolder folder;
  for (const auto& [name, bytes] : {std::pair("images", images), std::pair("labels", labels)}) {
    std::filesystem::remove(folder / name);  // some systems sync a file that is written over
    folder.write(name, bytes);
  }
  return read_idx(folder / "images", folder / "labels", options);
}

void require_justified(const Dataset& data, const std::string& images, const std::string& labels) {
  require(data.inputs > 0 && data.size() > 0, "there are no samples, and no error");
  require(data.x.size() == data.inputs * data.size(), "rows of other lengths");
  require(data.x.size() < images.size() && data.size() < labels.size(), "more numbers than bytes");
  require(data.x.capacity() <= 2 * images.size() && data.labels.capacity() <= 2 * labels.size(),
          "more memory than the files justify");
  require(
      std::ranges::all_of(
          data.x, [](double grey) { return grey >= 0 && grey <= 255 && grey == std::floor(grey); }),
      "a grey level that no byte has");
  require_valid(data);
}

void check(const std::string& images, const std::string& labels, const IdxOptions& options) {
  Dataset data;
  try {
    data = read(images, labels, options);
  } catch (const Error& error) {
    require(*error.what() != '\0', "an error without words");
    return;
  }
  require_justified(data, images, labels);
  std::string same_images = header({data.size(), data.inputs}), same_labels = header({data.size()});
  for (const double grey : data.x) same_images += static_cast<char>(static_cast<int>(grey));
  for (const std::size_t label : data.labels) same_labels += static_cast<char>(label);
  Dataset again;
  try {
    again = read(same_images, same_labels, options);
  } catch (const Error& error) {
    throw Finding(fmt::format("what was read and written is refused: {}", error.what()));
  }
  require(again.inputs == data.inputs && again.classes == data.classes &&
              again.labels == data.labels && again.x == data.x,
          "what was read and written is read as something else");
}

// The length of the images in two bytes, the number of classes, and both files.
std::string input(const std::string& images, const std::string& labels, char classes = '\0') {
  return std::string{static_cast<char>(images.size() >> 8), static_cast<char>(images.size()),
                     classes} +
         images + labels;
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string two_images = header({2, 2, 3}) + "abcdefABCDE\xFF";
  const std::string two_labels = header({2}) + std::string{"\7\3"};
  std::string deep = header(std::vector<std::size_t>(255, 1)) + "x";
  return {
      input(two_images, two_labels),
      input(two_images, two_labels, '\x0A'),
      input(header({2}) + "ab", two_labels),
      input(two_images, header({3}) + "abc"),
      input(header({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}) + "ab", two_labels),
      input(header({2, 0}), two_labels),
      input(deep, header({1}) + "\1"),
      input("\x1F\x8B\x08", two_labels),
  };
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapegrad::fuzz;
  Choices choices(data, size);
  const std::size_t high = choices.next(256), low = choices.next(256), classes = choices.next(256);
  tapegrad::IdxOptions options;
  if (classes != 0) options.classes = classes - 1;
  const std::string both = choices.rest();
  const std::size_t images = std::min(both.size(), high << 8 | low);
  check(both.substr(0, images), both.substr(images), options);
  return 0;
}
