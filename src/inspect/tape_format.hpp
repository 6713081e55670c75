// What those who write and those who read tape files agree on.
//
// A file of sections (files/file_kind.hpp):
//
//   OPS   names of the operations, one a line, in the order of their numbers: an opcode is such a
//         number, plus the form times how many there are
//   ROWS  FileRow for each node from 1 on
//   SIDE  the side cells
//   ADJO  the adjoints of the nodes from 1 on that a sweep has covered
//   NAME  lines: s NODE NAME, in the order of nodes; r FIRST END SIZE for a range of a scheme's
//         names, behind it g FIRST I_COUNT I_STEP I_START J_COUNT J_STEP J_START TEXT for its grids
//   EXTE  a line with the name of each user's operation; its node's value is the place in here
//   GUAR  u32 nodes that are guards
//   LOCS  lines: how many locations; for each LINE <tab> FILE <tab> FUNCTION; then, in binary, u32
//         for each node from 1 on: which location, counted from 1; 0 is unknown
//
// In names, files and functions a backslash, newline, return and tab are \\, \n, \r and \t.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "files/file_kind.hpp"
#include "tapegrad/core/recording.hpp"

namespace tapegrad {

/// Writes and reads; a friend of what a tape consists of.
class TapeFile {
 public:
  class Writer;
  class Reader;
};

namespace tape_format {

inline constexpr std::array<std::string_view, 8> tags{"OPS ", "ROWS", "SIDE", "ADJO",
                                                      "NAME", "EXTE", "GUAR", "LOCS"};
inline constexpr FileKind kind{
    .name = "tape", .magic = {"tapegrad tape\n\0\0", 16}, .version = 1, .tags = tags};

/// A Row without gaps.
struct FileRow {
  double value;
  std::uint64_t number_or_b;
  std::uint32_t a;
  std::uint32_t opcode;  // below 256
};
static_assert(sizeof(FileRow) == sizeof(Row));

/// Where a node has its operands.
enum class Shape : std::uint8_t { none, a, a_and_b, a_and_constant, side, external, result };

struct OpcodeInfo {
  Shape shape;
  bool is_known = false;       // not every operation has every form
  bool holds_number = false;   // a constant or partial, where others have b
  std::uint8_t side_operands;  // how many there must be; 0: any number
};

/// By opcode, of this build of the library.
extern const std::array<OpcodeInfo, 256> opcodes;
inline const OpcodeInfo& info(Opcode opcode) { return opcodes[static_cast<std::size_t>(opcode)]; }

constexpr std::size_t side_cells(std::size_t operands) { return operands + (operands + 1) / 2; }

}  // namespace tape_format
}  // namespace tapegrad
