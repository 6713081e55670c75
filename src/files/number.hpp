// A number as a text, the same in every locale.
#pragma once

#include <cerrno>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace tapegrad {

/// What read_number() does, for standard libraries that read no double with std::from_chars():
/// libc++ before 20.
inline std::errc read_number_with_strtod(std::string_view text, double& number) {
  // What strtod() takes, too: blanks and a plus in front, hexadecimal digits, another point.
  constexpr std::string_view digits_or_words = "-.0123456789iInN";
  if (text.empty() || digits_or_words.find(text.front()) == text.npos ||
      text.find_first_of("xX") != text.npos)
    return std::errc::invalid_argument;
  std::string copy(text);
  const std::string_view point = std::localeconv()->decimal_point;
  if (point != ".") {
    if (copy.find(point) != copy.npos) return std::errc::invalid_argument;
    if (const std::size_t dot = copy.find('.'); dot != copy.npos) copy.replace(dot, 1, point);
  }

  char* stop = nullptr;
  errno = 0;
  number = std::strtod(copy.c_str(), &stop);
  if (stop != copy.c_str() + copy.size()) return std::errc::invalid_argument;
  // It calls a number below the normal ones out of range, too.
  const bool is_lost = errno == ERANGE && (std::isinf(number) || number == 0);
  return is_lost ? std::errc::result_out_of_range : std::errc();
}

/// Reads a text that is a number from its first letter to its last, infinities and NaN among them.
/// @return std::errc() if it is one; result_out_of_range if no double is near it; else
///         invalid_argument
template <class Double> std::errc read_number(std::string_view text, Double& number) {
  const char* const end = text.data() + text.size();
  if constexpr (requires { std::from_chars(end, end, number); }) {
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return stop == end ? error : std::errc::invalid_argument;
  } else {
    return read_number_with_strtod(text, number);
  }
}

}  // namespace tapegrad
