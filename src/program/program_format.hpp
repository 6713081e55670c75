// What those who write and those who read program files agree on. A file of sections
// (files/file_kind.hpp):
//
//   OPS   names of the operations that the program uses, one a line: an operation is the number of
//         its line, from 0
//   INPU  names of the inputs, one a line; an empty line for one that was given no name
//   CONS  the constants, 8 bytes each, no two of the same bits
//   CODE  FileInstruction for each instruction
//   ARGS  u32 operands: those of the first instruction, of the second, and so on
//   GUAR  FileGuard for each guard
//   OUTP  u32 for each output: what it is
//   ONAM  names of the outputs, as those of the inputs
//
// Operands, conditions and outputs are counted as in a Ref: inputs and results together; or, with
// the highest bit set, constants. In names a backslash, newline, return and tab are \\, \n, \r, \t.
//
// To add a section: a tag here, of a small first letter if a Program can be understood without it;
// a line each in save_program() and ProgramReader.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "files/file_kind.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad::program_format {

inline constexpr std::array<std::string_view, 8> tags{"OPS ", "INPU", "CONS", "CODE",
                                                      "ARGS", "GUAR", "OUTP", "ONAM"};
inline constexpr FileKind kind{
    .name = "program", .magic = "tapegrad program", .version = 1, .tags = tags};
static_assert(kind.magic.size() == 16);

struct FileInstruction {
  std::uint32_t operation;
  std::uint32_t operands;  // how many
};

struct FileGuard {
  std::uint32_t condition;
  std::uint32_t held;  // 0 or 1
};

inline constexpr std::uint32_t constant_bit = 0x80000000;

constexpr std::uint32_t number_of(Ref ref) {
  return static_cast<std::uint32_t>(ref.index()) | (ref.is_constant() ? constant_bit : 0);
}
constexpr Ref ref_of(std::uint32_t number) {
  return (number & constant_bit) != 0 ? Ref::constant(number & ~constant_bit) : Ref::result(number);
}

}  // namespace tapegrad::program_format
