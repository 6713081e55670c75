#include "code_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tapegrad {
namespace {

std::string directive(std::size_t line, std::string_view file) {
  std::string quoted;
  for (const char c : file) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return fmt::format("#line {} \"{}\"\n", line, quoted);
}

}  // namespace

std::string CodeLines::text(std::string_view file) const {
  std::string all;
  std::size_t number = 1;  // of the line that comes next
  bool is_elsewhere = false;
  for (const CodeLine& line : lines_) {
    const bool has_place = line.place && line.place->line != 0;
    if (has_place) {
      all += directive(line.place->line, line.place->file);
      ++number;
    } else if (is_elsewhere) {
      ++number;
      all += directive(number, file);
    }
    is_elsewhere = has_place;
    all += line.text + "\n";
    number += 1 + static_cast<std::size_t>(std::ranges::count(line.text, '\n'));
  }
  return all;
}

}  // namespace tapegrad
