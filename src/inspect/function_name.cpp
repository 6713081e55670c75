#include "function_name.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#if __has_include(<cxxabi.h>)
#include <cxxabi.h>
#define TAPEGRAD_HAS_DEMANGLER 1
#else
#define TAPEGRAD_HAS_DEMANGLER 0
#endif

namespace tapegrad {
namespace {

std::string demangled(const char* symbol) {
  const std::string_view text = symbol;
  if (!text.starts_with("_Z")) return std::string(text.substr(0, text.find('.')));  // main.cold
#if TAPEGRAD_HAS_DEMANGLER
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> readable(
      abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  if (status == 0 && readable != nullptr) return readable.get();
#endif
  return symbol;
}

// How long the group is that `text` opens with: "<...>", "(...)", with what is nested in it.
std::size_t group_length(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '<' || c == '(' || c == '[' || c == '{') ++depth;
    const bool is_arrow = c == '>' && at > 0 && text[at - 1] == '-';
    if ((c == '>' && !is_arrow) || c == ')' || c == ']' || c == '}') --depth;
    if (depth == 0) return at + 1;
  }
  return text.size();
}

// How long the sign of an operator is that `text` begins with: "<<" of operator<<(a, b). Template
// arguments stand behind a blank where they could be taken for a part of it.
std::size_t sign_length(std::string_view text) {
  constexpr std::string_view long_signs[] = {
      "<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=", "->", "==", "!=",
      "&&",  "||",  "++",  "--",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|="};
  for (const std::string_view sign : long_signs)
    if (text.starts_with(sign)) return sign.size();
  return std::min<std::size_t>(text.size(), 1);
}

// Reads a demangled text from left to right, and keeps what belongs to the name.
class NameReader {
 public:
  explicit NameReader(std::string_view text) : rest_(text) {}

  std::string read() {
    while (!rest_.empty()) step();
    return name_.ends_with("::") ? name_.substr(0, name_.size() - 2) : name_;
  }

 private:
  static constexpr std::string_view operator_word = "operator";

  bool at_start_of_part() const { return name_.empty() || name_.ends_with("::"); }
  void drop(std::size_t length) { rest_.remove_prefix(length); }
  void take(std::size_t length) {
    name_ += rest_.substr(0, length);
    drop(length);
  }

  void step() {
    constexpr std::string_view unnamed = "(anonymous namespace)::";
    if (rest_.starts_with("::")) {
      behind_arguments_ = false;
      if (name_.empty())
        drop(2);
      else
        take(2);
    } else if (behind_arguments_) {
      drop(1);  // const, &, [clone .cold]
    } else if (at_start_of_part() && rest_.starts_with(unnamed)) {
      drop(unnamed.size());
    } else if (at_start_of_part() && rest_.starts_with(operator_word)) {
      take_operator();
    } else if (at_start_of_part() && starts_lambda()) {
      take_lambda();
    } else {
      take_letter();
    }
  }

  bool starts_lambda() const {
    return rest_.starts_with("{lambda") || rest_.starts_with("'lambda") || rest_.starts_with("$_");
  }

  void take_lambda() {
    constexpr std::string_view call = "::operator()";
    if (rest_.starts_with('\'')) {
      drop(std::min(rest_.find('\'', 1), rest_.size() - 1) + 1);
      if (rest_.starts_with('(')) drop(group_length(rest_));
    } else {
      drop(rest_.starts_with('{') ? group_length(rest_) : std::min(rest_.find(':'), rest_.size()));
    }
    name_ += "lambda";
    if (rest_.starts_with(call)) drop(call.size());
  }

  void take_operator() {
    take(operator_word.size());
    if (rest_.starts_with(' ')) {  // a conversion, new, delete: up to the arguments
      take(std::min(rest_.find_first_of("(<"), rest_.size()));
    } else {
      take(sign_length(rest_));
      if (rest_.starts_with(' ')) drop(1);  // "operator< <int>"
    }
  }

  void take_letter() {
    switch (rest_.front()) {
      case '<':
      case '[':  // an ABI tag
        drop(group_length(rest_));
        break;
      case '(':
        behind_arguments_ = !name_.empty() && name_ != "decltype";
        drop(group_length(rest_));
        break;
      case ' ':  // what was read was the return type
        name_.clear();
        drop(1);
        break;
      default:
        take(1);
    }
  }

  std::string_view rest_;
  std::string name_;
  bool behind_arguments_ = false;
};

}  // namespace

std::string function_name(const char* symbol) { return NameReader(demangled(symbol)).read(); }

std::string_view without_template_arguments(std::string_view name) {
  constexpr std::string_view word = "operator";
  std::size_t from = 0;
  if (name.starts_with(word)) from = word.size() + sign_length(name.substr(word.size()));
  name = name.substr(0, name.find('<', from));
  while (name.ends_with(' ')) name.remove_suffix(1);
  return name;
}

}  // namespace tapegrad
