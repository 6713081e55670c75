// Files that are no tapes, or were damaged: an error, whatever stands in them.

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "saved_tape.hpp"
#include "tape_bytes.hpp"
#include "tapegrad/inspect/tape_file.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr std::size_t value_at = TapeBytes::value_at, b_at = TapeBytes::b_at;
constexpr std::size_t a_at = TapeBytes::a_at, opcode_at = TapeBytes::opcode_at;

/// Loads what `change` makes of a good file, and gives the message without the file's name.
std::string message_after(const std::function<void(TapeBytes&)>& change) {
  Tape tape({.guards = true});
  tape.record_locations();
  record_everything(tape, true);
  const ScratchFile file;
  save_tape(tape, file.path());
  TapeBytes bytes(file.bytes());
  change(bytes);
  file.write(bytes.joined());
  const std::string message = message_of([&] { load_tape(file.path()); });
  return message.starts_with(file.path()) ? message.substr(file.path().size() + 2) : message;
}

// A valid tape or a ParseError, and a valid tape can be looked at and swept.
void check_loads_or_says_why(const ScratchFile& file, const std::string& bytes) {
  file.write(bytes);
  try {
    const auto tape = load_tape(file.path());
    std::size_t letters = 0;
    for (const Node& node : tape->nodes()) letters += everything_of(node).size();
    CHECK(letters >= tape->size());
    if (!tape->empty()) tape->backward(value_of(*tape, tape->size()));
  } catch (const ParseError&) {
  } catch (const UnsupportedError&) {  // a user's operation cannot be swept
  }
}

// The file with one byte of it changed, and checksums that agree.
std::string with_flip(std::string bytes, std::size_t position, int mask) {
  bytes[position] = static_cast<char>(bytes[position] ^ mask);
  return with_right_checksums(std::move(bytes));
}

}  // namespace

TEST_CASE("a file that is not there, or no tape, is an error that says so") {
  const ScratchFile file;
  CHECK_THROWS_AS(load_tape(file.path()), FileError);
  CHECK(message_of([&] { load_tape(file.path()); }) ==
        file.path() + ": cannot be read: No such file or directory");
  CHECK(message_of([&] { load_tape(file.folder()); }) ==
        file.folder() + ": cannot be read: it is a folder");
  CHECK(message_of([&] {
          load_tape(std::string("x\0.tape", 7));
        }).starts_with("x\\x00.tape: cannot be read: a byte 0 would end its name"));
  for (const std::string text : {"", "tapegrad", "a,b,c\n1,2,3\n and some more of that"}) {
    file.write(text);
    CHECK_THROWS_AS(load_tape(file.path()), ParseError);
    CHECK(message_of([&] { load_tape(file.path()); }).find("it is no tape file") !=
          std::string::npos);
  }
  Tape tape;
  save_tape(tape, file.path());
  file.write(TapeBytes(file.bytes()).joined(2));
  CHECK(message_of([&] { load_tape(file.path()); }) ==
        file.path() + ": its version is 2; this build of tapegrad reads version 1");
}

TEST_CASE("sections that are damaged, missing, unknown or there twice are named") {
  using Bytes = TapeBytes&;
  CHECK(message_after([](Bytes b) {
          b.sections.push_back({"LOCS", ""});
        }) == "section LOCS: it is there twice");
  CHECK(message_after([](Bytes b) { b.sections[2].tag = "MINE"; }) ==
        "section 3 has the unknown name \"MINE\"");
  CHECK(message_after([](Bytes b) { b.sections.erase(b.sections.begin()); }) ==
        "section OPS: it is missing");
  CHECK(message_after([](Bytes b) { b.body("ADJO").resize(7); }) ==
        "section ADJO: its 7 bytes are not a multiple of 8");

  Tape tape;
  const ScratchFile file;
  tape.name(tape.variable(1), "x");
  save_tape(tape, file.path());
  std::string bytes = file.bytes();
  bytes[TapeBytes::head + TapeBytes::section_head + 3] ^= 1;
  file.write(bytes);
  CHECK(message_of([&] { load_tape(file.path()); }) ==
        file.path() + ": section OPS: the checksum is wrong: the file was damaged; get it again");
  file.write(bytes + "xyz");
  CHECK(message_of([&] { load_tape(file.path()); }) ==
        file.path() + ": 3 bytes stand behind the last section");
}

TEST_CASE("rows that make no recording are refused, and the node is named") {
  using Bytes = TapeBytes&;
  Tape tape({.guards = true});
  record_everything(tape, true);
  const auto first = [&](Op op, Form form = Form::variables) {
    std::size_t node = 1;
    while (tape.recording().opcode(node) != make_opcode(op, form)) ++node;
    return node;
  };
  const std::size_t mul = first(Op::Mul), sum = first(Op::Sum), dot = first(Op::Dot);
  const std::size_t external = first(Op::External), result = first(Op::Result);
  const auto at = [](std::size_t node) { return "section ROWS: node " + std::to_string(node); };

  CHECK(message_after([&](Bytes b) { b.set(1, opcode_at, std::uint8_t{255}); }) ==
        at(1) + ": \"" + std::string(info(static_cast<Op>(255 % op_count)).name) +
            "\" is no operation of this build, or not in this form");
  CHECK(message_after([&](Bytes b) { b.body("OPS ").replace(0, 8, "mystery!"); }) ==
        at(1) + ": \"mystery!\" is no operation of this build, or not in this form");
  CHECK(message_after([&](Bytes b) { b.set(mul, a_at, std::uint32_t{0}); }) ==
        at(mul) + ": its operand is node 0; it must be one of those before it");
  CHECK(message_after([&](Bytes b) { b.set(mul, b_at, static_cast<std::uint32_t>(mul)); }) ==
        at(mul) + ": its operand is node " + std::to_string(mul) +
            "; it must be one of those before it");
  CHECK(message_after([&](Bytes b) {
          b.set(sum, b_at, std::uint32_t{4'000'000'000});
        }).starts_with(at(sum) + ": it has the side cells 0 to 6000000000; from 0 to "));
  CHECK(message_after([&](Bytes b) {
          b.set(dot, a_at, std::uint32_t{1});
        }).starts_with(at(dot) + ": it has the side cells 1 to 7; from "));
  CHECK(message_after([&](Bytes b) { b.set(dot, b_at, std::uint32_t{3}); }) ==
        at(dot) + ": dot cannot have 3 operands");
  CHECK(message_after([&](Bytes b) { b.body("SIDE").replace(24, 4, raw(~std::uint32_t{0})); }) ==
        at(sum) + ": its operand is node 4294967295; it must be one of those before it");
  for (const double place : {1.0, 0.5, -1.0, std::nan("")})
    CHECK(message_after([&](Bytes b) {
            b.set(external, value_at, place);
          }).starts_with(at(external) + ": it is the user's operation "));
  CHECK(message_after([&](Bytes b) {
          b.set(result, b_at, std::uint32_t{1});
        }).starts_with(at(result) + ": it is result 1 of node "));
  CHECK(message_after([&](Bytes b) {
          b.set(result, a_at, std::uint32_t{1});
        }).starts_with(at(result) + ": it is result 0 of node 1, and does not stand"));
}

TEST_CASE("texts and lists that do not belong to the rows are refused") {
  using Bytes = TapeBytes&;
  const auto names = [](const std::string& text) {
    return message_after([&](Bytes b) { b.body("NAME") = text; });
  };
  CHECK(names("s 1 x\ns 1 y\n").starts_with("section NAME: line 2: node 1 stands behind 1"));
  CHECK(names("s 1000 x\n").starts_with("section NAME: line 1: node 1000 stands behind 0"));
  CHECK(names("s one x\n").starts_with("section NAME: line 1: \"one\" stands where a number"));
  CHECK(names("s 1 x") == "section NAME: line 1: the line has no end");
  CHECK(names("s 1 x\\\n") == "section NAME: line 1: a backslash stands alone");
  CHECK(names("t 1 x\n") == "section NAME: line 1: it begins with \"t\", not with s or r");
  CHECK(names("r 2 5 2\n").starts_with("section NAME: line 1: 2 names from node 2 to 5"));
  CHECK(names("r 2 1000 4000\n").starts_with("section NAME: line 1: 4000 names from node 2"));
  CHECK(names("r 2 3 1\ng 0 1 0 1 1 1 1 x\n") == "section NAME: line 2: a step is 0");
  CHECK(names("r 2 3 1\nr 1 2 1\n").starts_with("section NAME: line 2: 1 names from node 1"));

  const auto other = [](std::string_view tag, const std::string& body) {
    return message_after([&](Bytes b) { b.body(tag) = body; });
  };
  CHECK(other("GUAR", raw(std::uint32_t{1})) == "section GUAR: node 1 is no comparison: variable");
  CHECK(other("GUAR", raw(std::uint32_t{0})).starts_with("section GUAR: node 0 is not on a tape"));
  CHECK(other("ADJO", std::string(80'000, '\0')).starts_with("section ADJO: 10000 adjoints for "));
  CHECK(other("LOCS", "1\n7\tf.cpp\tf\n" + raw(std::uint32_t{2})) ==
        "section LOCS: node 1 has location 2, of 1");
  CHECK(other("LOCS", "2000000000\n7\tf.cpp\tf\n") == "section LOCS: line 3: the line has no end");
  CHECK(other("LOCS", "0\n" + std::string(4'000, '\0'))
            .starts_with("section LOCS: 4000 bytes do not give locations"));
  CHECK(other("EXTE", "").find("it is the user's operation 0, of 0") != std::string::npos);
}

TEST_CASE("no damaged file does more than be refused") {
  Tape tape({.guards = true});
  tape.record_locations();
  tape.backward(record_everything(tape, true));
  const ScratchFile file;
  save_tape(tape, file.path());
  const std::string bytes = file.bytes();
  for (std::size_t position = 0; position < bytes.size(); position += 7) {
    CAPTURE(position);
    for (const int mask : {0x01, 0x80, 0xFF})
      check_loads_or_says_why(file, with_flip(bytes, position, mask));
    file.write(bytes.substr(0, position));
    CHECK_THROWS_AS(load_tape(file.path()), ParseError);
  }
  TapeBytes parts(bytes);
  for (TapeBytes::Section& section : parts.sections) {
    const std::string whole = section.body;
    for (std::size_t length = 0; length < whole.size(); length += 7) {
      section.body = whole.substr(0, length);
      check_loads_or_says_why(file, parts.joined());
    }
    section.body = whole;
  }
}

TEST_CASE("crc32 is that of zlib") {
  const std::string text = "123456789";
  CHECK(TapeBytes::checksum(text) == 0xCBF43926);
  const std::string longer(1000, 'x');
  const auto bytes = std::as_bytes(std::span(longer));
  CHECK(crc32(crc32(0, bytes.first(37)), bytes.subspan(37)) == crc32(0, bytes));
}
