#include "identifiers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tapegrad {
namespace {

// Of C++23, and two words that GNU's preprocessor knows.
constexpr std::array<std::string_view, 96> keywords{
    "alignas",       "alignof",      "and",
    "and_eq",        "asm",          "auto",
    "bitand",        "bitor",        "bool",
    "break",         "case",         "catch",
    "char",          "char16_t",     "char32_t",
    "char8_t",       "class",        "co_await",
    "co_return",     "co_yield",     "compl",
    "concept",       "const",        "const_cast",
    "consteval",     "constexpr",    "constinit",
    "continue",      "decltype",     "default",
    "delete",        "do",           "double",
    "dynamic_cast",  "else",         "enum",
    "explicit",      "export",       "extern",
    "false",         "float",        "for",
    "friend",        "goto",         "if",
    "inline",        "int",          "long",
    "mutable",       "namespace",    "new",
    "noexcept",      "not",          "not_eq",
    "nullptr",       "operator",     "or",
    "or_eq",         "private",      "protected",
    "public",        "register",     "reinterpret_cast",
    "requires",      "return",       "short",
    "signed",        "sizeof",       "static",
    "static_assert", "static_cast",  "std",
    "struct",        "switch",       "template",
    "this",          "thread_local", "throw",
    "true",          "try",          "typedef",
    "typeid",        "typename",     "typeof",
    "union",         "unsigned",     "using",
    "virtual",       "void",         "volatile",
    "wchar_t",       "while",        "xor",
    "xor_eq",        "linux",        "unix"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// NAN, M_PI and the like; L1 and W are none.
bool may_be_macro(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; };
  return name.size() > 2 && std::ranges::all_of(name, fits);
}

// v12, as variables without a name are called.
bool is_number_of_instruction(std::string_view name) {
  return name.size() > 1 && name[0] == 'v' && std::ranges::all_of(name.substr(1), is_digit);
}

// Other characters become a _, but none at an end, and never two: those are the compiler's.
std::string letters_of(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (is_letter(c) || is_digit(c))
      text += c;
    else if (!text.empty() && text.back() != '_')
      text += '_';
  }
  if (!text.empty() && text.back() == '_') text.pop_back();
  return !text.empty() && is_digit(text[0]) ? "n" + text : text;
}

}  // namespace

bool is_identifier(std::string_view name) {
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  return !name.empty() && !is_digit(name[0]) && std::ranges::all_of(name, fits);
}

bool is_keyword(std::string_view name) {
  return std::ranges::find(keywords, name) != keywords.end();
}

bool is_function_name(std::string_view name) {
  constexpr std::string_view part = "part_";  // as generate_cpp() calls some
  const bool is_part = name.starts_with(part) && name.size() > part.size() &&
                       std::ranges::all_of(name.substr(part.size()), is_digit);
  return is_identifier(name) && !is_keyword(name) && !may_be_macro(name) && !is_part &&
         name != "main" && name != "size_t";
}

std::string Identifiers::make(std::string_view name) {
  std::string text = letters_of(name);
  if (text.empty()) return text;
  if (is_keyword(text) || may_be_macro(text) || is_number_of_instruction(text)) text += '_';
  std::string unique = text;
  while (!times_.emplace(unique, 1).second) unique = fmt::format("{}_{}", text, ++times_[text]);
  return unique;
}

}  // namespace tapegrad
