// Programs as files: what is saved comes back, and what is damaged is refused.

#include "tapegrad/program/program_file.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/kernels.hpp"
#include "everything.hpp"
#include "files/section_bytes.hpp"
#include "program/well_formed.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"
#include "tapegrad/program/replay.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Numbers = std::vector<double>;

Program parsed(const std::string& bytes) { return parse_program(std::as_bytes(std::span(bytes))); }

std::string bytes_of(const Program& program) {
  const ScratchFile file;
  save_program(program, file.path());
  return file.bytes();
}

// One input and constant, two instructions, a guard and an output.
Program small_program() {
  ProgramBuilder builder;
  const Ref x = builder.add_input("x");
  const Ref y = builder.append(Op::Mul, {x, builder.constant(3)});
  const Ref is_less = builder.append(Op::Less, {x, y});
  builder.add_guard({.condition = is_less, .held = true});
  builder.add_output(y, "y");
  return builder.finish();
}

// What parse_program() says of the small program after a change, without the name that it begins
// with.
std::string message_after(const std::function<void(SectionBytes&)>& change) {
  SectionBytes parts(bytes_of(small_program()));
  change(parts);
  try {
    parsed(parts.joined());
  } catch (const ParseError& error) {
    return std::string(error.what()).substr(error.file().size() + 2);
  }
  return "no error";
}

void replace(std::string& body, std::size_t at, std::uint32_t number) {
  REQUIRE(at + sizeof number <= body.size());
  body.replace(at, sizeof number, raw(number));
}

// A ParseError, or a program with which everything can be done.
void check_runs_or_says_why(const std::string& bytes) {
  Program program;
  try {
    program = parsed(bytes);
  } catch (const ParseError&) {
    return;
  }
  CHECK(fault_of(ProgramBuilder::data(program)) == "");
  CHECK(!to_string(program).empty());
  const Numbers x(program.input_count(), 0.5);
  const std::size_t points = 2;
  Numbers inputs, batched(points * program.output_count());
  for (std::size_t p = 0; p < points; ++p) inputs.insert(inputs.end(), x.begin(), x.end());
  std::vector<std::uint8_t> off(points);
  Replay(program).run({.points = points, .inputs = inputs, .outputs = batched, .off = off});
  try {
    const Numbers found = program.run(x);
    CHECK(off[0] == 0);
    CHECK(all_same(optimise(program).program.run(x), found));
    CHECK(all_same(std::span(batched).first(found.size()), found));
  } catch (const GuardError&) {
    CHECK(off[0] == 1);
  }
}

}  // namespace

TEST_CASE("a program with everything comes back from its file as it was") {
  const Program program = program_of_everything();
  REQUIRE(fault_of(ProgramBuilder::data(program)) == "");
  const ScratchFile file, again;
  save_program(program, file.path());
  const Program loaded = load_program(file.path());
  CHECK(same_program(program, loaded));
  CHECK(all_same(loaded.run(everything_point), program.run(everything_point)));
  save_program(loaded, again.path());
  CHECK(file.bytes() == again.bytes());
  CHECK(same_program(program, parsed(file.bytes())));
}

TEST_CASE("kernels and their derivatives come back, optimised or not") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    const Program recorded = compile(kernel, x);
    if (recorded.instructions().size() > 10'000) return;
    const Program gradient = differentiate(recorded);
    for (const Program& program : {recorded, gradient, optimise(gradient).program}) {
      const Program loaded = parsed(bytes_of(program));
      CHECK(same_program(program, loaded));
      CHECK(all_same(loaded.run(x), program.run(x)));
    }
  });
}

TEST_CASE("the empty program comes back") {
  CHECK(same_program(Program(), parsed(bytes_of(Program()))));
}

TEST_CASE("a guard of a program that was loaded holds and fails as before") {
  const Program loaded = parsed(bytes_of(small_program()));
  CHECK(loaded.run(Numbers{2}) == Numbers{6});
  CHECK_THROWS_AS(loaded.run(Numbers{-2}), GuardError);
}

TEST_CASE("operations are read by their names, whatever their numbers were") {
  SectionBytes parts(bytes_of(small_program()));
  REQUIRE(parts.body("OPS ") == "mul\nless\n");
  parts.body("OPS ") = "exp\nless\nmul\n";
  replace(parts.body("CODE"), 0, 2);
  CHECK(same_program(parsed(parts.joined()), small_program()));
}

TEST_CASE("an unknown section is passed over if its tag begins with a small letter, else refused") {
  SectionBytes parts(bytes_of(small_program()));
  parts.sections.insert(parts.sections.begin() + 2, {"orig", "whatever"});
  CHECK(same_program(parsed(parts.joined()), small_program()));
  CHECK(message_after([](SectionBytes& b) { b.body("MORE") = "x"; }) ==
        "section 9 has the unknown name \"MORE\"");
}

TEST_CASE("a file that is not there, or no program, is an error that says so") {
  const ScratchFile file;
  CHECK_THROWS_AS(load_program(file.path()), FileError);
  CHECK_THROWS_AS(load_program(file.folder()), FileError);
  if (std::filesystem::exists("/dev/zero"))
    CHECK_THROWS_WITH_AS(load_program("/dev/zero"),
                         "/dev/zero: cannot be read: it is no ordinary file", FileError);
  file.write("tapegrad tape, say");
  CHECK_THROWS_WITH_AS(
      load_program(file.path()),
      (file.path() + ": it is no program file: it does not begin with 'tapegrad program'; write "
                     "one with save_program()")
          .c_str(),
      ParseError);
  CHECK_THROWS_WITH_AS(parse_program({}, "attachment"),
                       "attachment: it is no program file: it does not begin with 'tapegrad "
                       "program'; write one with save_program()",
                       ParseError);
  const std::string later = SectionBytes(bytes_of(small_program())).joined(2);
  CHECK_THROWS_WITH_AS(parsed(later),
                       "program: its version is 2; this build of tapegrad reads version 1",
                       ParseError);
}

TEST_CASE("what makes no program is refused, and the place is named") {
  using Bytes = SectionBytes&;
  CHECK(message_after([](Bytes b) { b.body("OPS ") = "mul\nmystery\n"; }) ==
        "section OPS: \"mystery\" is no operation of this build of tapegrad");
  CHECK(message_after([](Bytes b) { b.body("OPS ") = "mul\nvariable\n"; }) ==
        "section OPS: \"variable\" is no operation of this build of tapegrad");
  CHECK(message_after([](Bytes b) { b.body("OPS ") = "mul\nless"; }) ==
        "section OPS: line 2: the line has no end");
  CHECK(message_after([](Bytes b) { b.body("OPS ") = "mul\nexp\n"; }) ==
        "instruction 1: exp cannot have 2 operands");
  CHECK(message_after([](Bytes b) { b.body("OPS ") = "weighted_sum\nless\n"; }) ==
        "instruction 0: weighted_sum cannot have 2 operands");
  CHECK(message_after([](Bytes b) { b.body("INPU") = "\\x\n"; }) ==
        "section INPU: line 1: a backslash stands alone");
  CHECK(message_after([](Bytes b) { b.body("CONS") += b.body("CONS"); }) ==
        "section CONS: constants 0 and 1 are the same");
  CHECK(message_after([](Bytes b) { b.body("CONS").pop_back(); }) ==
        "section CONS: its 7 bytes are not a multiple of 8");
  CHECK(message_after([](Bytes b) { b.body("CONS").clear(); }) ==
        "instruction 0: its operand, constant 0, is not there before it");
  CHECK(message_after([](Bytes b) { b.body("INPU").clear(); }) ==
        "instruction 0: its operand, number 0, is not there before it");
  CHECK(message_after([](Bytes b) { replace(b.body("CODE"), 0, 2); }) ==
        "section CODE: instruction 0: it has the operation 2, of 2");
  CHECK(message_after([](Bytes b) { replace(b.body("ARGS"), 0, 1); }) ==
        "instruction 0: its operand, number 1, is not there before it");
  CHECK(message_after([](Bytes b) { b.body("ARGS") += raw(std::uint32_t{0}); }) ==
        "section ARGS: the last 1 of 5 operands belong to no instruction");
  CHECK(message_after([](Bytes b) { replace(b.body("GUAR"), 0, 3); }) ==
        "guard 0: its condition, number 3, is not there");
  CHECK(message_after([](Bytes b) { replace(b.body("GUAR"), 4, 2); }) ==
        "section GUAR: guard 0: it held 2, not 0 or 1");
  CHECK(message_after([](Bytes b) { replace(b.body("OUTP"), 0, 0x80000001); }) ==
        "output 0: it is constant 1, and that is not there");
  CHECK(message_after([](Bytes b) { b.body("ONAM") += "z\n"; }) ==
        "section ONAM: it has names for 2 outputs, of 1");
  for (std::size_t k = 0; k < 8; ++k) {
    std::string tag;
    const std::string message = message_after([&](Bytes b) {
      tag = b.sections[k].tag;
      b.sections.erase(b.sections.begin() + static_cast<std::ptrdiff_t>(k));
    });
    CHECK(message == "section " + tag.substr(0, tag.find(' ')) + ": it is missing");
  }
}

TEST_CASE("counts and lengths that the file cannot hold are refused before memory is taken") {
  CHECK(message_after([](SectionBytes& b) { replace(b.body("CODE"), 4, 0xFFFFFFFF); }) ==
        "section CODE: instruction 0: it has 4294967295 operands, and 4 are left");
  const std::string bytes = bytes_of(small_program());
  for (const std::uint64_t length : {std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
    std::string hostile = bytes;
    hostile.replace(SectionBytes::head + 8, sizeof length, raw(length));
    const std::string message =
        "program: section OPS: it should have " + std::to_string(length) +
        " bytes, and the file ends after " +
        std::to_string(bytes.size() - SectionBytes::head - SectionBytes::section_head);
    CHECK_THROWS_WITH_AS(parsed(hostile), message.c_str(), ParseError);
  }
  std::string many_sections = bytes;
  many_sections.replace(20, 4, raw(~std::uint32_t{0}));
  CHECK_THROWS_WITH_AS(parsed(many_sections),
                       "program: the file ends too early: 8 sections of 4294967295 are there",
                       ParseError);
}

TEST_CASE("a file that was cut off anywhere, or has one wrong bit, is refused") {
  const std::string bytes = bytes_of(small_program());
  for (std::size_t position = 0; position < bytes.size(); ++position) {
    CAPTURE(position);
    CHECK_THROWS_AS(parsed(bytes.substr(0, position)), ParseError);
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[position] = static_cast<char>(flipped[position] ^ 1 << bit);
      CHECK_THROWS_AS(parsed(flipped), ParseError);
    }
  }
  CHECK_THROWS_AS(parsed(bytes + '\0'), ParseError);
}

TEST_CASE("a file that was changed on purpose is refused, or is a program that runs") {
  for (const Program& program : {small_program(), program_of_everything()}) {
    const std::string bytes = bytes_of(program);
    for (std::size_t position = 0; position < bytes.size(); ++position) {
      CAPTURE(position);
      for (const int mask : {0x01, 0x80, 0xFF}) {
        std::string flipped = bytes;
        flipped[position] = static_cast<char>(flipped[position] ^ mask);
        check_runs_or_says_why(with_right_checksums(flipped));
      }
    }
    SectionBytes parts(bytes);
    for (SectionBytes::Section& section : parts.sections) {
      const std::string whole = section.body;
      for (std::size_t length = 0; length < whole.size(); ++length) {
        section.body = whole.substr(0, length);
        check_runs_or_says_why(parts.joined());
      }
      section.body = whole;
    }
  }
}

TEST_CASE("where a program cannot be written, the earlier file stays, and nothing else") {
  const ScratchFile folder;
  std::filesystem::create_directory(folder.path());
  CHECK_THROWS_AS(save_program(Program(), folder.path()), FileError);
  CHECK_THROWS_AS(save_program(Program(), folder.path() + "/none/x.program"), FileError);

  // A name that is short enough for a file, and too long for the one beside it.
  const std::filesystem::path path = std::filesystem::path(folder.path()) / std::string(250, 'x');
  std::ofstream(path) << "earlier";
  CHECK_THROWS_AS(save_program(Program(), path.string()), FileError);
  std::string content;
  std::ifstream(path) >> content;
  CHECK(content == "earlier");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a program in memory that is not well-formed is found out") {
  Program::Data data = ProgramBuilder::data(small_program());
  CHECK(fault_of(data) == "");
  data.instructions[1].first = 3;
  CHECK(fault_of(data) == "instruction 1: it has the 2 operands from 3 on, of 4");
  data.instructions[1] = {.op = Op::Result, .operands = 1, .first = 0};
  CHECK(fault_of(data) == "instruction 1: a program has no operation result");
  data.instructions[1].op = static_cast<Op>(255);
  CHECK(fault_of(data) == "instruction 1: a program has no operation not an operation");
  data.origins.pop_back();
  CHECK(fault_of(data) == "it has 2 instructions, and origins for 1");
  data.output_names.clear();
  CHECK(fault_of(data) == "it has 1 outputs, and names for 0");
}
