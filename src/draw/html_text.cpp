#include "draw/html_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tapegrad::html {

std::string json(double x) {
  if (std::isnan(x)) return "\"nan\"";
  if (std::isinf(x)) return x > 0 ? "\"inf\"" : "\"-inf\"";
  return fmt::format("{}", x);
}

std::string json(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || c == '<' || c == '>' || c == '&' || c == '"' || c == '\\')
      result += fmt::format("\\u{:04x}", code);
    else
      result += c;
  }
  return result + "\"";
}

std::string text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

std::string filled_in(std::string_view page,
                      const std::vector<std::pair<std::string_view, std::string>>& fields) {
  std::string result;
  while (!page.empty()) {
    const std::size_t begin = std::min(page.find("{{"), page.size());
    result += page.substr(0, begin);
    page.remove_prefix(begin);
    for (const auto& [name, content] : fields) {
      if (!page.starts_with(name)) continue;
      result += content;
      page.remove_prefix(name.size());
      break;
    }
  }
  return result;
}

}  // namespace tapegrad::html
