// The lines of a text section, field by field.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "escape.hpp"
#include "input_file.hpp"

namespace tapegrad {

/// Walks over the lines. Whatever does not fit is a ParseError that names section and line.
class TextLines {
 public:
  TextLines(const InputFile& file, std::string_view tag, std::string_view text)
      : file_(file), tag_(tag), rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  /// Behind the lines that were read.
  std::string_view rest() const { return rest_; }

  /// Goes to the next line.
  void next() {
    ++number_;
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) fail("the line has no end");
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
  }

  /// The first letter of the line that comes; 0 at the end.
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  /// Up to the separator, or to the end of the line where there is none.
  std::string_view field(char separator) {
    const std::size_t end = std::min(line_.find(separator), line_.size());
    const std::string_view text = line_.substr(0, end);
    line_.remove_prefix(std::min(end + 1, line_.size()));
    return text;
  }

  std::size_t number(char separator,
                     std::size_t limit = std::numeric_limits<std::uint32_t>::max()) {
    const std::string_view text = field(separator);
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stop != text.data() + text.size() || number > limit)
      fail(fmt::format("{:?} stands where a number up to {} should be", text, limit));
    return number;
  }

  /// What was escaped, up to the separator; without one, all that is left of the line.
  std::string plain(char separator = '\n') {
    std::string text;
    if (!unescape(field(separator), text)) fail("a backslash stands alone");
    return text;
  }

  [[noreturn]] void fail(std::string_view message) const {
    file_.fail(tag_, fmt::format("line {}: {}", number_, message));
  }

 private:
  const InputFile& file_;
  std::string_view tag_;
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
};

}  // namespace tapegrad
