#include "tapegrad/nn/tensor_file.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "files/scratch_folder.hpp"
#include "tapegrad/core/error.hpp"
#include "tensor_bytes.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

/// Every bit of a file's numbers.
std::string all_bits(const TensorFile& file) {
  std::string bits;
  for (const auto& [name, tensor] : file.tensors) {
    bits += name + ' ' + std::to_string(tensor.numbers.index());
    for (const std::size_t length : tensor.shape) bits += ' ' + std::to_string(length);
    std::visit(
        [&](const auto& numbers) {
          for (const auto number : numbers) bits += raw_bytes(number);
        },
        tensor.numbers);
  }
  for (const auto& [name, text] : file.metadata) bits += name + '=' + text + '\n';
  return bits;
}

TensorFile everything() {
  const auto nan = std::bit_cast<double>(std::uint64_t{0x7FF0'0000'DEAD'BEEF});  // signalling
  const auto float_nan = std::bit_cast<float>(std::uint32_t{0xFF80'0007});
  TensorFile file;
  file.add("doubles", std::vector{0.0, -0.0, 5e-324, 1e308, HUGE_VAL, nan});
  file.add("floats", Tensor{{3, 1}, std::vector{0.1F, float_nan, -0.0F}});
  file.add("words", std::vector<std::uint64_t>{0, ~std::uint64_t{0}, 1ULL << 53 | 1});
  file.add("integers", std::vector{std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}});
  file.add("one", Tensor{{}, std::vector{2.5}});
  file.add("none", Tensor{{0, 7}, std::vector<float>{}});
  file.add("", std::vector<double>{});
  file.add("\"quoted\" \\ \n \x7F \xC3\xA9 \xF0\x9F\x90\x8D", std::vector{1.0});
  file.metadata = {{"", ""}, {"note", "line\nline\t\x01"}, {"\xC3\xA9", "\"{}[]"}};
  return file;
}

}  // namespace

TEST_CASE("tensors of every type and shape come back bit for bit") {
  const ScratchFolder folder;
  const TensorFile file = everything();
  save_tensors(file, folder / "all");
  const TensorFile read = load_tensors(folder / "all");
  CHECK(all_bits(read) == all_bits(file));
  CHECK(read.path == (folder / "all").string());
  CHECK(folder.files() == 1);

  save_tensors({}, folder / "nothing");
  CHECK(folder.bytes("nothing") == tensor_bytes("{}      ", ""));
  CHECK(all_bits(load_tensors(folder / "nothing")).empty());
}

TEST_CASE("a file is to the byte what the format's own library writes") {
  const ScratchFolder folder;
  TensorFile file;
  file.add("attn.0", Tensor{{1, 2, 3}, std::vector<float>{0, 1, 2, 3, 4, 5}});
  save_tensors(file, folder / "f");
  const std::string data = raw_bytes(std::array<std::uint32_t, 6>{
      0, 0x3F80'0000, 0x4000'0000, 0x4040'0000, 0x4080'0000, 0x40A0'0000});
  CHECK(folder.bytes("f") ==
        tensor_bytes(R"({"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}})", data));

  file.tensors.clear();
  file.add("b", std::vector<float>{1});
  file.add("c", std::vector<std::uint64_t>{2});
  file.add("a", std::vector<float>{0});
  file.metadata["framework"] = "pt";
  save_tensors(file, folder / "f");  // wide numbers first, so that each is aligned
  CHECK(folder.bytes("f") ==
        tensor_bytes(R"({"__metadata__":{"framework":"pt"},)"
                     R"("c":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},)"
                     R"("a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},)"
                     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}})"
                     "   ",
                     raw_bytes(std::uint64_t{2}) + raw_bytes(0.0F) + raw_bytes(1.0F)));
}

TEST_CASE("tensors may be listed in any order, with blanks and escapes as JSON allows") {
  const ScratchFolder folder;
  folder.write("f", tensor_bytes("{ \"b\" :{\"shape\":[ ],\n\"data_offsets\":[8,16],\"dtype\":"
                                 "\"I64\"}, \"\\u0061\\n\": {\"data_offsets\": [0, 8], "
                                 "\"dtype\": \"F64\", \"shape\": [1, 1, 1]} } \r\n ",
                                 raw_bytes(1.5) + raw_bytes(std::int64_t{-2})));
  const TensorFile file = load_tensors(folder / "f");
  REQUIRE(file.find("a\n") != nullptr);
  CHECK(file.find("a\n")->shape == std::vector<std::size_t>{1, 1, 1});
  CHECK(file.numbers<double>("a\n") == std::vector{1.5});
  CHECK(file.numbers<std::int64_t>("b") == std::vector<std::int64_t>{-2});
}

TEST_CASE("a tensor that is not there, or of another type, is an error that names the file") {
  TensorFile file;
  file.path = "net.safetensors";
  file.add("w", std::vector{1.0});
  CHECK(file.find("v") == nullptr);
  CHECK_THROWS_AS(file.numbers<double>("v"), ParseError);
  CHECK(message_behind("net.safetensors", [&] { file.numbers<double>("v"); }) ==
        "there is no tensor \"v\"");
  CHECK(message_behind("net.safetensors", [&] { file.numbers<float>("w"); }) ==
        "tensor \"w\" holds F64, not F32");
  CHECK_THROWS_WITH_AS(file.add("w", std::vector{2.0}),
                       "TensorFile: there is a tensor \"w\" already", ArgumentError);
  CHECK(file.numbers<double>("w") == std::vector{1.0});
}

TEST_CASE("what is no ordinary file is not read") {
  if (std::filesystem::exists("/dev/zero"))
    CHECK_THROWS_WITH_AS(load_tensors("/dev/zero"),
                         "/dev/zero: cannot be read: it is no ordinary file", FileError);
}

TEST_CASE("what cannot be written is refused before anything is written") {
  const ScratchFolder folder;
  const auto error_of = [&](const TensorFile& file) {
    return message_behind("", [&] { save_tensors(file, folder / "f"); });
  };
  TensorFile file;
  file.add("w", Tensor{{2, 3}, std::vector<double>(5)});
  CHECK_THROWS_AS(save_tensors(file, folder / "f"), ShapeError);
  CHECK(error_of(file) == "save_tensors: tensor \"w\" has 5 numbers, and its shape is 2×3");
  file.tensors.at("w").shape = {std::size_t{1} << 63, 2};  // 2^64 is 0 in 64 bits
  CHECK_THROWS_AS(save_tensors(file, folder / "f"), ShapeError);

  TensorFile reserved;
  reserved.add("__metadata__", std::vector<double>{});
  CHECK_THROWS_AS(save_tensors(reserved, folder / "f"), ArgumentError);
  TensorFile no_text;
  no_text.add("caf\xE9", std::vector<double>{});
  CHECK_THROWS_AS(save_tensors(no_text, folder / "f"), ArgumentError);
  CHECK(error_of(no_text).starts_with("save_tensors: \"caf\\xe9\" is no UTF-8"));
  TensorFile metadata;
  metadata.metadata["key"] = "\xFF";
  CHECK_THROWS_AS(save_tensors(metadata, folder / "f"), ArgumentError);
  TensorFile large;
  large.metadata["key"] = std::string(100'000'000, 'x');
  CHECK_THROWS_AS(save_tensors(large, folder / "f"), ArgumentError);
  CHECK(folder.files() == 0);
}
