#include "picture_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace tapegrad {
namespace {

bool begins_letter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

constexpr char32_t replacement = 0xFFFD;

// The letter at `at`, which moves behind it; behind one byte where there is no letter.
char32_t next_letter(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4 || at + more > text.size()) return replacement;
  char32_t letter = lead & (0x3Fu >> more);
  for (std::size_t i = at; i < at + more; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return replacement;
    letter = letter << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t least[] = {0, 0x80, 0x800, 0x10000};  // else the form is longer than needed
  const bool is_surrogate = letter >= 0xD800 && letter <= 0xDFFF;
  if (letter < least[more] || letter > 0x10FFFF || is_surrogate) return replacement;
  at += more;
  return letter;
}

char32_t harmless(char32_t letter) {
  if (letter < ' ' || (letter >= 0x7F && letter < 0xA0)) return ' ';
  const bool turns =
      (letter >= 0x202A && letter <= 0x202E) || (letter >= 0x2066 && letter <= 0x2069);
  const bool is_no_letter = letter == 0xFFFE || letter == 0xFFFF;  // XML does not take them
  return turns || is_no_letter ? replacement : letter;
}

// Entities stand for themselves in both kinds of labels, where a quote or backslash does not.
std::string_view entity(char32_t letter) {
  switch (letter) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\\':
      // With the letter behind it, even as an entity, it would be the node's name (\N) or the
      // like: a "zero width non-joiner" keeps them apart.
      return "&#92;&#8204;";
    default:
      return "";
  }
}

void append(std::string& text, char32_t letter) {
  const auto tail = [&](int shift) {
    text += static_cast<char>(0x80 | ((letter >> shift) & 0x3F));
  };
  if (const std::string_view special = entity(letter); !special.empty()) {
    text += special;
  } else if (letter < 0x80) {
    text += static_cast<char>(letter);
  } else if (letter < 0x800) {
    text += static_cast<char>(0xC0 | letter >> 6);
    tail(0);
  } else if (letter < 0x10000) {
    text += static_cast<char>(0xE0 | letter >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0 | letter >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::size_t letter_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_letter));
}

std::string first_letters(std::string_view text, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t end = 0; end < text.size(); ++end) {
    if (begins_letter(text[end]) && ++count > most) return std::string(text.substr(0, end)) + "…";
  }
  return std::string(text);
}

std::string picture_text(std::string_view text, std::size_t most) {
  std::vector<char32_t> letters;
  for (std::size_t at = 0; at < text.size();) letters.push_back(harmless(next_letter(text, at)));
  if (letters.size() > most) {
    const auto begin = letters.begin() + static_cast<std::ptrdiff_t>((most + 1) / 2);
    const auto end = letters.end() - static_cast<std::ptrdiff_t>(most / 2 - 1);
    *begin = U'…';
    letters.erase(begin + 1, end);
  }
  std::string result;
  for (const char32_t letter : letters) append(result, letter);
  return result;
}

std::string with_minus_signs(std::string_view number) {
  std::string text;
  for (const char letter : number) {
    if (letter == '-')
      text += "−";
    else
      text += letter;
  }
  return text;
}

std::string picture_number(double x, int digits) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "∞" : "−∞";
  std::string text = fmt::format("{:.{}g}", x == 0 ? 0.0 : x, digits);
  std::size_t e = text.find('e');
  if (e != std::string::npos && std::abs(x) >= 1 && std::abs(x) < 1e5) {
    text = fmt::format("{:.0f}", x);
  } else if (e != std::string::npos) {  // 1e+05 is 1e5
    ++e;
    if (text[e] == '+') text.erase(e, 1);
    if (text[e] == '-') ++e;
    if (text[e] == '0') text.erase(e, 1);
  }
  return with_minus_signs(text);
}

std::string picture_count(std::size_t count, std::string_view noun) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return fmt::format("{} {}{}", digits, noun, count == 1 ? "" : "s");
}

}  // namespace tapegrad
