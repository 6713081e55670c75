// Files that are no safetensors, or damaged, or made to do harm: an error, whatever stands in them.

#include <doctest/doctest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <variant>

#include "files/scratch_folder.hpp"
#include "nn/tensor_reader.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/tensor_file.hpp"
#include "tensor_bytes.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

TensorFile read(const std::string& bytes) {
  std::istringstream in(bytes);
  return read_tensors(in, bytes.size(), "file");
}

/// What is said of a file; other errors than ParseError are another text.
std::string error_of(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const ParseError& error) {
    CHECK(error.file() == "file");
    return message_behind("file", [&] { throw error; });
  }
  return "no error";
}

std::string error_of_header(std::string_view header, std::size_t data_bytes = 0) {
  return error_of(tensor_bytes(header, std::string(data_bytes, '\x01')));
}

/// A tensor "w" with these fields.
std::string error_of_w(const std::string& fields, std::size_t data_bytes = 0) {
  return error_of_header("{\"w\":{" + fields + "}}", data_bytes);
}

// A file of 200 bytes with something of each kind.
std::string good_file() {
  return tensor_bytes(R"({"__metadata__":{"k":"v"},)"
                      R"("a":{"dtype":"U64","shape":[2],"data_offsets":[0,16]},)"
                      R"("b":{"dtype":"F32","shape":[1,3],"data_offsets":[16,28]}} )",
                      std::string(28, '\x7F'));
}

}  // namespace

TEST_CASE("a file that is not there, or a folder, is an error that says so") {
  const ScratchFolder folder;
  const std::string path = (folder / "f").string();
  CHECK_THROWS_AS(load_tensors(path), FileError);
  CHECK(message_behind(path, [&] { load_tensors(path); }) ==
        "cannot be read: No such file or directory");
  CHECK_THROWS_AS(load_tensors(folder / ""), FileError);
  folder.write("f", "a,b,c\n1,2,3\n");
  CHECK_THROWS_AS(load_tensors(path), ParseError);
}

TEST_CASE("a length that no header has is refused before anything is read") {
  CHECK(error_of("") == "0 bytes are no safetensors file");
  CHECK(error_of("1234567") == "7 bytes are no safetensors file");
  CHECK(error_of(raw_bytes(std::uint64_t{100'000'001})).starts_with("a header of 100000001 bytes"));
  CHECK(error_of(raw_bytes(~std::uint64_t{0})).starts_with("a header of 18446744073709551615"));
  CHECK(error_of(raw_bytes(std::uint64_t{100'000'000}) + "{}") ==
        "the header should have 100000000 bytes, and the file ends after 2");
}

TEST_CASE("a header that is no JSON, or another one, is refused") {
  CHECK(error_of_header("") == "the header does not begin with {: it is no safetensors file");
  CHECK(error_of_header(" {}").starts_with("the header does not begin with {"));
  CHECK(error_of_header("[]").starts_with("the header does not begin with {"));
  CHECK(error_of_header("{\"a\"").starts_with("the header is no JSON: see near byte "));
  for (const std::string text :
       {"{", "{}{}", "{} x", "{'a':1}", "{\"__metadata__\":{}", "{\"a\":1e999}", "{,}",
        "{\"\xFF\":{}}", "{\"\\ud800\":{}}", "{}//", "{\"a\":NaN}"}) {
    CAPTURE(text);
    CHECK(error_of_header(text).starts_with("the header is no JSON"));
  }
  using namespace std::string_literals;
  CHECK(error_of_header("{}\0 "s) == "there is a zero in the header, at byte 10");
  CHECK(error_of_header("{\"a\":3}") == "tensor \"a\": it is a number, not an object");
  CHECK(error_of_header("{\"a\":null}") == "tensor \"a\": it is null, not an object");
  CHECK(error_of_header("{\"a\":[]}") == "tensor \"a\": it is a list, not an object");
  CHECK(error_of_header("{\"__metadata__\":\"x\"}") == "__metadata__: it is text, not an object");
  CHECK(error_of_header("{\"__metadata__\":{\"k\":true}}") ==
        "__metadata__: \"k\" is true or false, not text");
  CHECK(error_of_header("{\"__metadata__\":{\"k\":{\"l\":\"m\"}}}") ==
        "__metadata__: \"k\" is an object, not text");
}

TEST_CASE("what is there twice is refused") {
  const std::string w = R"("w":{"dtype":"F64","shape":[0],"data_offsets":[0,0]})";
  CHECK(error_of_header("{" + w + "," + w + "}") == "tensor \"w\": it is there twice");
  CHECK(error_of_header("{" + w + ",\"\\u0077\":{}}") == "tensor \"w\": it is there twice");
  CHECK(error_of_header(R"({"__metadata__":{},"__metadata__":{}})") ==
        "__metadata__: it is there twice");
  CHECK(error_of_header(R"({"__metadata__":{"k":"1","k":"2"}})") ==
        "__metadata__: its \"k\" is there twice");
  CHECK(error_of_w(R"("shape":[0],"shape":[0])") == "tensor \"w\": it has two fields shape");
}

TEST_CASE("fields that are missing, unknown or of another kind are named") {
  CHECK(error_of_w("") == "tensor \"w\": it has no dtype");
  CHECK(error_of_w(R"("dtype":"F64")") == "tensor \"w\": it has no shape");
  CHECK(error_of_w(R"("dtype":"F64","shape":[])") == "tensor \"w\": it has no data_offsets");
  CHECK(error_of_w(R"("strides":[1])") == "tensor \"w\": it has the unknown field \"strides\"");
  CHECK(error_of_w(R"("dtype":"BF16")") ==
        "tensor \"w\": it holds \"BF16\"; F64, F32, U64 and I64 can be read");
  CHECK(error_of_w(R"("dtype":64)") == "tensor \"w\": a number stands in its dtype");
  CHECK(error_of_w(R"("dtype":[])") == "tensor \"w\": a list stands in its dtype");
  CHECK(error_of_w(R"("shape":"2")") == "tensor \"w\": text stands in its shape");
  CHECK(error_of_w(R"("shape":{})") == "tensor \"w\": an object stands in its shape");
  CHECK(error_of_w(R"("shape":[-1])") == "tensor \"w\": a negative number stands in its shape");
  for (const std::string number : {"1.0", "1e3", "18446744073709551616"}) {
    CAPTURE(number);
    CHECK(error_of_w("\"shape\":[" + number + "]") ==
          "tensor \"w\": a number that is no integer stands in its shape");
  }
  CHECK(error_of_w(R"("data_offsets":[0])") ==
        "tensor \"w\": its data_offsets are not two numbers");
  CHECK(error_of_w(R"("data_offsets":[0,1,2])") ==
        "tensor \"w\": a number stands in its data_offsets");
  CHECK(error_of_w("\"shape\":" + std::string(1'000'000, '[')) ==
        "tensor \"w\": a list stands in its shape");
  std::string deep = "{\"w\":";
  for (int level = 0; level < 100'000; ++level) deep += "{\"shape\":";
  CHECK(error_of_header(deep) == "tensor \"w\": an object stands in its shape");
}

TEST_CASE("tensors that do not fill the file, each its own part, are refused") {
  const auto w = [](const char* shape, const char* offsets) {
    return "\"dtype\":\"F64\",\"shape\":[" + std::string(shape) + "],\"data_offsets\":[" +
           std::string(offsets) + "]";
  };
  CHECK(error_of_w(w("1", "8,0"), 8) == "tensor \"w\": it ends at byte 0, before it begins, at 8");
  CHECK(error_of_w(w("2", "0,16"), 15) ==
        "tensor \"w\": it ends at byte 16 behind the header, and the file after 15");
  CHECK(error_of_w(w("2,1", "0,8"), 8) == "tensor \"w\": 2×1 of F64 cannot take 8 bytes");
  CHECK(error_of_w(w("", "0,4"), 4) == "tensor \"w\": a single number of F64 cannot take 4 bytes");
  CHECK(error_of_w(w("1", "0,8"), 9) == "1 bytes at its end belong to no tensor");
  CHECK(error_of_w(w("1", "3,11"), 11) == "tensor \"w\": 3 bytes before it belong to no tensor");
  CHECK(error_of_header("{}", 5) == "5 bytes at its end belong to no tensor");
  const std::string v = R"(},"v":{"dtype":"F32","shape":[2],"data_offsets":)";
  CHECK(error_of_w(w("1", "0,8") + v + "[4,12]", 12) ==
        "tensor \"v\": it shares bytes with tensor \"w\"");
  CHECK(error_of_w(w("1", "0,8") + v + "[9,17]", 17) ==
        "tensor \"v\": 1 bytes before it belong to no tensor");
}

TEST_CASE("a file that promises more than it has is refused, however it counts") {
  for (const std::string shape :
       {"1000000000000000000", "4294967296,4294967296", "9223372036854775808,2",
        "2305843009213693953", "18446744073709551615,18446744073709551615"}) {
    CAPTURE(shape);
    CHECK(error_of_w("\"dtype\":\"F64\",\"data_offsets\":[0,8],\"shape\":[" + shape + "]", 8)
              .find(" of F64 cannot take 8 bytes") != std::string::npos);
  }
  CHECK(error_of_w(R"("dtype":"F32","shape":[4],"data_offsets":[0,18446744073709551615])", 8)
            .starts_with("tensor \"w\": it ends at byte 18446744073709551615 behind"));
  std::string many = "0";
  for (int k = 0; k < 100'000; ++k) many += ",9";
  CHECK(error_of_w("\"dtype\":\"F32\",\"data_offsets\":[0,8],\"shape\":[" + many + "]", 8) ==
        "tensor \"w\": 0×9×9×9×9×9×9×9×... of F32 cannot take 8 bytes");
}

TEST_CASE("a very long name makes no long message") {
  const std::string name(1'000'000, 'n');
  CHECK(error_of_header("{\"" + name + "\":1}").size() < 200);
  CHECK(error_of_header("{\"w\":{\"" + name + "\":1}}").size() < 200);
  CHECK(error_of_header("{\"__metadata__\":{\"" + name + "\":1}}").size() < 200);
  CHECK(error_of_header("{\"w\":{\"dtype\":\"" + name + "\"}}").size() < 200);
}

TEST_CASE("a file that is cut off anywhere is an error") {
  const std::string bytes = good_file();
  REQUIRE(error_of(bytes) == "no error");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK_THROWS_AS(read(bytes.substr(0, length)), ParseError);
    std::istringstream shorter(bytes.substr(0, length));  // it shrank after its size was asked
    CHECK_THROWS_AS(read_tensors(shorter, bytes.size(), "file"), Error);
  }
}

TEST_CASE("no byte that is wrong does more than be refused, or be another number or letter") {
  const std::string bytes = good_file();
  const std::size_t data = bytes.size() - 28;
  for (std::size_t position = 0; position < bytes.size(); ++position) {
    CAPTURE(position);
    for (int mask = 1; mask < 256; ++mask) {
      std::string changed = bytes;
      changed[position] = static_cast<char>(changed[position] ^ mask);
      if (position < 8) {
        CHECK_THROWS_AS(read(changed), ParseError);
        continue;
      }
      try {
        std::size_t in_tensors = 0;
        for (const auto& [name, tensor] : read(changed).tensors)
          in_tensors +=
              std::visit([](const auto& numbers) { return numbers.size() * sizeof numbers[0]; },
                         tensor.numbers);
        CHECK(in_tensors == 28);
      } catch (const ParseError&) {
        CHECK(position < data);
      }
    }
  }
}
