#include "shown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace tapegrad {
namespace {

/// Characters of so many bytes: the range of their first byte, and that of the second. All others
/// are 0x80 to 0xBF.
struct CharacterForm {
  std::size_t length;
  unsigned char first_low, first_high;
  unsigned char second_low = 0x80, second_high = 0xBF;
};

// Source: The Unicode Standard, table 3-7; here without control characters, which are below 0x20,
// 0x7F and U+0080 to U+009F.
constexpr CharacterForm forms[] = {
    {1, 0x20, 0x7E}, {2, 0xC2, 0xC2, 0xA0, 0xBF}, {2, 0xC3, 0xDF}, {3, 0xE0, 0xE0, 0xA0, 0xBF},
    {3, 0xE1, 0xEC}, {3, 0xED, 0xED, 0x80, 0x9F}, {3, 0xEE, 0xEF}, {4, 0xF0, 0xF0, 0x90, 0xBF},
    {4, 0xF1, 0xF3}, {4, 0xF4, 0xF4, 0x80, 0x8F},
};

bool is_in(char letter, unsigned char low, unsigned char high) {
  const auto byte = static_cast<unsigned char>(letter);
  return low <= byte && byte <= high;
}

bool begins_with(std::string_view text, const CharacterForm& form) {
  if (text.size() < form.length || !is_in(text[0], form.first_low, form.first_high)) return false;
  if (form.length > 1 && !is_in(text[1], form.second_low, form.second_high)) return false;
  return std::ranges::all_of(
      text.substr(0, form.length).substr(std::min<std::size_t>(form.length, 2)),
      [](char letter) { return is_in(letter, 0x80, 0xBF); });
}

}  // namespace

std::string shown(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  while (!text.empty()) {
    const auto form = std::ranges::find_if(
        forms, [text](const CharacterForm& each) { return begins_with(text, each); });
    const bool is_plain = form != std::end(forms);
    const std::size_t length = is_plain ? form->length : 1;
    if (is_plain)
      line += text.substr(0, length);
    else if (text[0] == '\n')
      line += "\\n";
    else
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    text.remove_prefix(length);
  }
  return line;
}

}  // namespace tapegrad
