// What files of sections have in common: how they begin, and what each section is headed by.
//
//   16 letters that say what it is, u32 version, u32 number of sections; then for each section 4
//   letters, its tag, u32 CRC-32 and u64 length of what follows. All numbers are little-endian.
//
// A tag that begins with a small letter says that the file can be understood without: a reader that
// does not know it passes over the section. Any other unknown tag is an error.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tapegrad {

static_assert(std::endian::native == std::endian::little, "numbers are written as they lie");

struct FileKind {
  std::string_view name;  // "tape": of files that begin with "tapegrad tape", as save_tape() writes
  std::string_view magic;  // 16 letters
  std::uint32_t version;
  std::span<const std::string_view> tags;  // of 4 letters, in the order in which they are written
};

struct SectionHeader {
  std::array<char, 4> tag;
  std::uint32_t checksum;
  std::uint64_t length;
};
static_assert(sizeof(SectionHeader) == 16);

/// Can a reader that does not know the section do without?
constexpr bool is_optional(std::string_view tag) { return tag[0] >= 'a' && tag[0] <= 'z'; }

}  // namespace tapegrad
