#include "tapegrad/nn/idx.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

/// Two files, gone when the test is over.
class ImagesAndLabels {
 public:
  ImagesAndLabels(std::string_view images, std::string_view labels) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "images", std::ios::binary) << images;
    std::ofstream(folder_ / "labels", std::ios::binary) << labels;
  }
  ~ImagesAndLabels() { std::filesystem::remove_all(folder_); }
  ImagesAndLabels(const ImagesAndLabels&) = delete;
  ImagesAndLabels& operator=(const ImagesAndLabels&) = delete;

  std::filesystem::path folder() const { return folder_; }
  Dataset read(const IdxOptions& options = {}) const {
    return read_idx(folder_ / "images", folder_ / "labels", options);
  }

 private:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                  ("tapegrad_idx_" + std::to_string(std::random_device{}()));
};

std::string bytes(const std::vector<int>& numbers) {
  std::string text;
  for (int number : numbers) text += static_cast<char>(static_cast<unsigned char>(number));
  return text;
}

// Two images of 2 rows and 3 columns, and what they show.
const std::string two_images = bytes({0, 0, 8, 3, 0, 0, 0,   2,   0,   0,   0,   2,  0, 0, 0, 3,  //
                                      0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
const std::string two_labels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 3});

/// The message of the ParseError that these bytes give, from the name of the file in `which` on.
std::string error_of(const char* which, std::string_view images, std::string_view labels,
                     const IdxOptions& options = {}) {
  const ImagesAndLabels files(images, labels);
  try {
    files.read(options);
  } catch (const ParseError& error) {
    const std::string path = (files.folder() / which).string();
    if (error.file() != path) return "another file: " + std::string(error.what());
    return std::string(error.what()).substr(path.size() + 2);
  }
  return "no error";
}
std::string error_of_images(std::string_view images) {
  return error_of("images", images, two_labels);
}
std::string error_of_labels(std::string_view labels) {
  return error_of("labels", two_images, labels);
}

}  // namespace

TEST_CASE("an IDX file's images become rows in its order, and its labels classes") {
  const Dataset data = ImagesAndLabels(two_images, two_labels).read();
  CHECK(data.inputs == 6);
  CHECK(data.classes == 8);
  CHECK(data.labels == std::vector<std::size_t>{7, 3});
  CHECK(data.x == std::vector<double>{0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
  CHECK(ImagesAndLabels(two_images, two_labels).read({.classes = 10}).classes == 10);
}

TEST_CASE("images of one, two and four dimensions are rows too") {
  const std::string one = bytes({0, 0, 8, 1, 0, 0, 0, 2, 9, 200});
  CHECK(ImagesAndLabels(one, two_labels).read().x == std::vector<double>{9, 200});
  const std::string two = bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6});
  CHECK(ImagesAndLabels(two, two_labels).read().inputs == 3);
  const std::string four = bytes({0, 0, 8, 4, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3,  //
                                  1, 2, 3, 4, 5, 6});
  CHECK(ImagesAndLabels(four, two_labels).read().x == std::vector<double>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("sizes have their most significant byte first, and large files are read to the end") {
  const std::size_t count = 0x10203;  // 66051
  std::string images = bytes({0, 0, 8, 2, 0, 1, 2, 3, 0, 0, 0, 2});
  std::string labels = bytes({0, 0, 8, 1, 0, 1, 2, 3});
  for (std::size_t i = 0; i < count; ++i) {
    images += static_cast<char>(i % 251);
    images += static_cast<char>(i % 7);
    labels += static_cast<char>(i % 10);
  }
  const Dataset data = ImagesAndLabels(images, labels).read();
  REQUIRE(data.size() == count);
  REQUIRE(data.x.size() == 2 * count);
  bool equal = true;
  for (std::size_t i = 0; i < count; ++i) {
    equal = equal && data.labels[i] == i % 10 && data.row(i)[0] == static_cast<double>(i % 251) &&
            data.row(i)[1] == static_cast<double>(i % 7);
  }
  CHECK(equal);
}

TEST_CASE("a file cut off anywhere, in header or numbers, says at which byte it ends") {
  for (std::size_t length = 0; length < two_images.size(); ++length) {
    CAPTURE(length);
    const std::string message = error_of_images(two_images.substr(0, length));
    CHECK(message.starts_with("byte " + std::to_string(length) + ": "));
  }
  for (std::size_t length = 0; length < two_labels.size(); ++length) {
    CAPTURE(length);
    const std::string message = error_of_labels(two_labels.substr(0, length));
    CHECK(message.starts_with("byte " + std::to_string(length) + ": "));
  }
  CHECK(error_of_images(two_images.substr(0, 2)) ==
        "byte 2: the file ends within the magic number; get it again");
  CHECK(error_of_images(two_images.substr(0, 11)) ==
        "byte 11: the file ends within the sizes of its dimensions; get it again");
  CHECK(error_of_images(two_images.substr(0, 20)) ==
        "byte 20: the header says 2 x 2 x 3 = 12 bytes, and 4 follow it; get the file again");
}

TEST_CASE("a file with too many bytes says where they begin") {
  CHECK(error_of_images(two_images + "ab") ==
        "byte 28: the header says 2 x 2 x 3 = 12 bytes, and 14 follow it; get the file again");
}

TEST_CASE("a header that claims more than memory holds is refused, nothing being allocated") {
  const std::string huge = bytes({0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2});
  CHECK(error_of_images(huge) ==
        "byte 14: the header says 4294967295 x 4294967295 = 18446744065119617025 bytes, and 2 "
        "follow it; get the file again");
  const std::string overflowing = bytes({0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255,  //
                                         0, 0, 0, 2});
  CHECK(error_of_images(overflowing) == "byte 12: the sizes are more than any file can hold");
  // 2^32 · 2^32 = 2^64, which would wrap to 0
  const std::string wrapping = bytes({0, 0, 8, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0});
  CHECK(error_of_images(wrapping) == "byte 16: the sizes are more than any file can hold");
  CHECK(error_of_images(bytes({0, 0, 8, 255, 0, 0, 0, 1})) ==
        "byte 8: the file ends within the sizes of its dimensions; get it again");
}

TEST_CASE("what is no IDX file of unsigned bytes says what it is instead") {
  CHECK(error_of_images("a,b,class\n") ==
        "byte 0: it is no IDX file, which begins with two bytes 0");
  CHECK(error_of_images(bytes({0, 1, 8, 1, 0, 0, 0, 1, 0})) ==
        "byte 1: it is no IDX file, which begins with two bytes 0");
  CHECK(error_of_images(bytes({0x1F, 0x8B, 8, 0, 0, 0, 0, 0})) ==
        "it is compressed by gzip; unpack it with gunzip");
  CHECK(error_of_images(bytes({0x1F, 0x8B})) == "it is compressed by gzip; unpack it with gunzip");
  CHECK(error_of_labels(bytes({0x1F, 0x8B, 8, 8})) ==
        "it is compressed by gzip; unpack it with gunzip");
  CHECK(error_of_images(bytes({0, 0, 0x0D, 1, 0, 0, 0, 1, 0, 0, 0, 0})) ==
        "byte 2: the numbers are floats (0x0D); only unsigned bytes (0x08) are read");
  for (int type : {0x09, 0x0B, 0x0C, 0x0E}) {
    CAPTURE(type);
    CHECK(error_of_labels(bytes({0, 0, type, 1, 0, 0, 0, 1, 0})).find("only unsigned bytes") !=
          std::string::npos);
  }
  CHECK(error_of_images(bytes({0, 0, 0x0A, 1, 0, 0, 0, 1, 0})) ==
        "byte 2: 0x0A is no type of numbers");
  CHECK(error_of_images(bytes({0, 0, 8, 0})) == "byte 3: it has no dimensions");
}

TEST_CASE("a dimension of size 0 is refused where it stands") {
  CHECK(error_of_images(bytes({0, 0, 8, 1, 0, 0, 0, 0})) == "byte 4: dimension 1 has the size 0");
  CHECK(error_of_images(bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0})) ==
        "byte 12: dimension 3 has the size 0");
}

TEST_CASE("files that are no pair are refused") {
  CHECK(error_of_labels(bytes({0, 0, 8, 1, 0, 0, 0, 3, 7, 3, 1})) ==
        "byte 4: 3 labels for 2 images; these files are no pair");
  CHECK(error_of("labels", two_images, two_images) ==
        "byte 3: labels have 1 dimension, and these have 3; are the images passed as the labels?");
}

TEST_CASE("a label beyond the classes is refused where it stands") {
  CHECK(error_of("labels", two_images, bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 255}), {.classes = 10}) ==
        "byte 9: expected a class, an integer from 0 to 9, found 255");
  CHECK(ImagesAndLabels(two_images, bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 255})).read().classes == 256);
  CHECK_THROWS_WITH_AS(ImagesAndLabels(two_images, two_labels).read({.classes = 0}),
                       "read_idx: there are no samples of 0 classes; pass at least 1",
                       ArgumentError);
}

TEST_CASE("a file that cannot be read is a FileError that names it: images and labels") {
  const ImagesAndLabels files(two_images, two_labels);
  const std::filesystem::path none = files.folder() / "none";
  CHECK_THROWS_WITH_AS(read_idx(none, files.folder() / "labels"),
                       (none.string() + ": cannot be read: No such file or directory").c_str(),
                       FileError);
  CHECK_THROWS_AS(read_idx(files.folder() / "images", none), FileError);
  CHECK_THROWS_WITH_AS(read_idx(files.folder(), none),
                       (files.folder().string() + ": cannot be read: it is a folder").c_str(),
                       FileError);
  if (std::filesystem::exists("/dev/zero")) {
    CHECK_THROWS_WITH_AS(read_idx("/dev/zero", none),
                         "/dev/zero: cannot be read: it is no ordinary file", FileError);
  }
}
