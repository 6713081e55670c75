#include "escape.hpp"

#include <cstddef>

namespace tapegrad {
namespace {

// Letters that would end a line or field, and how they are written.
constexpr std::string_view letters = "\\\n\r\t";
constexpr std::string_view written = "\\nrt";

}  // namespace

std::string escaped(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char letter : text) {
    const std::size_t at = letters.find(letter);
    if (at == std::string_view::npos) {
      line += letter;
    } else {
      line += '\\';
      line += written[at];
    }
  }
  return line;
}

bool unescape(std::string_view text, std::string& plain) {
  plain.clear();
  for (std::size_t k = 0; k < text.size(); ++k) {
    if (text[k] != '\\') {
      plain += text[k];
      continue;
    }
    const std::size_t at = ++k < text.size() ? written.find(text[k]) : std::string_view::npos;
    if (at == std::string_view::npos) return false;
    plain += letters[at];
  }
  return true;
}

}  // namespace tapegrad
