#include "page_source.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>
#include <vector>

#include "html_text.hpp"

namespace tapegrad {
namespace {

// Cuts the text at each separator, and visits the parts.
template <class Visitor>
void for_each_part(std::string_view text, std::string_view separator, Visitor&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
}

// Letters, digits, _ and $, as they come.
std::set<std::string_view> words(std::string_view text) {
  const auto is_inside = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
  };
  std::set<std::string_view> result;
  for (auto begin = text.begin(); begin != text.end();) {
    begin = std::find_if(begin, text.end(), is_inside);
    const auto end = std::find_if_not(begin, text.end(), is_inside);
    if (begin != end) result.insert(std::string_view(begin, end));
    begin = end;
  }
  return result;
}

struct Paragraph {
  std::string_view text;
  std::vector<std::string_view> names = {};  // that it defines
  bool is_needed = false;
};

Paragraph paragraph(std::string_view text) {
  Paragraph result{text};
  for_each_part(text, "\n", [&](std::string_view line) {
    for (const std::string_view keyword : {"function ", "const "}) {
      if (!line.starts_with(keyword)) continue;
      line.remove_prefix(keyword.size());
      if (line.starts_with("{")) result.is_needed = true;
      result.names.push_back(line.substr(0, line.find_first_of(" (")));
    }
  });
  if (result.names.empty()) result.is_needed = true;
  return result;
}

// `page` with each name replaced by its content, all at once: what is filled in is not looked
// through again. Names begin with two braces.
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

}  // namespace

std::string page_text(const PageSource& source) {
  return filled_in(compact(source.html), {{"{{title}}", html::text(source.title)},
                                          {"{{style}}", compact(source.style)},
                                          {"{{data}}", std::string(source.data)},
                                          {"{{script}}", compact(source.script)}});
}

std::string compact(std::string_view text) {
  std::string result;
  for_each_part(text, "\n", [&](std::string_view line) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.empty() || line.starts_with("//")) return;
    result += line.substr(0, line.find(" // "));
    result += '\n';
  });
  return result;
}

std::string needed_paragraphs(std::string_view library, std::string_view script) {
  std::vector<Paragraph> paragraphs;
  for_each_part(library, "\n\n",
                [&](std::string_view text) { paragraphs.push_back(paragraph(text)); });
  std::set<std::string_view> used = words(script);
  for (bool is_changed = true; std::exchange(is_changed, false);) {
    for (Paragraph& each : paragraphs) {
      each.is_needed = each.is_needed ||
                       std::ranges::any_of(
                           each.names, [&](std::string_view name) { return used.contains(name); });
      if (!each.is_needed) continue;
      const std::size_t before = used.size();
      used.merge(words(each.text));
      is_changed = is_changed || used.size() != before;
    }
  }
  std::string result;
  for (const Paragraph& each : paragraphs)
    if (each.is_needed) result += std::string(each.text) + "\n\n";
  return result;
}

}  // namespace tapegrad
