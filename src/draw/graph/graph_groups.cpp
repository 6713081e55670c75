#include "graph_groups.hpp"

#include <algorithm>
#include <functional>

namespace tapegrad {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_part(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

// Is the text this letter and a number?
bool is_numbered(char letter, std::string_view text) {
  return text.size() > 1 && text.front() == letter && std::ranges::all_of(text.substr(1), is_digit);
}

}  // namespace

std::uint32_t GraphGroups::of_node(std::string_view name) {
  const std::size_t end = name.rfind('.');
  if (end == std::string_view::npos || end + 1 == name.size()) return 0;
  const std::string_view prefix = name.substr(0, end);
  if (last_ != 0 && this->name(last_) == prefix) return last_;
  std::size_t parts = 0;
  for (std::size_t begin = 0; begin <= prefix.size();) {
    const std::size_t dot = std::min(prefix.find('.', begin), prefix.size());
    if (++parts > most_parts || !is_part(prefix.substr(begin, dot - begin))) return 0;
    begin = dot + 1;
  }
  return last_ = find_or_add(prefix);
}

std::uint32_t GraphGroups::find_or_add(std::string_view name) {
  std::uint32_t group = 0;
  for (std::size_t end = 0; end != name.size();) {  // from the outermost in
    end = std::min(name.find('.', end + 1), name.size());
    const std::string_view outer = name.substr(0, end);
    const std::uint32_t found = slots_[slot_of(outer)];
    group = found != 0 ? found : add(outer, group);
  }
  return group;
}

// Where the group is, or would be.
std::size_t GraphGroups::slot_of(std::string_view name) const {
  std::size_t slot = std::hash<std::string_view>()(name) & (slots_.size() - 1);
  while (slots_[slot] != 0 && this->name(slots_[slot]) != name)
    slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

std::uint32_t GraphGroups::add(std::string_view name, std::uint32_t parent) {
  const auto group = static_cast<std::uint32_t>(groups_.size());
  groups_.push_back({letters_.size(), name.size(), parent, groups_[parent].parts + 1});
  letters_ += name;
  slots_[slot_of(name)] = group;
  if (2 * groups_.size() > slots_.size()) {
    slots_.assign(2 * slots_.size(), 0);
    for (std::uint32_t each = 1; each <= group; ++each) slots_[slot_of(this->name(each))] = each;
  }
  return group;
}

std::string_view GraphGroups::own_name(std::uint32_t group) const {
  const std::string_view whole = name(group);
  return whole.substr(whole.rfind('.') + 1);  // npos + 1 is 0
}

std::string group_title(std::string_view own_name) {
  if (is_numbered('L', own_name)) return "layer (" + std::string(own_name.substr(1)) + ")";
  if (is_numbered('n', own_name)) return "neuron " + std::string(own_name.substr(1));
  return std::string(own_name);
}

}  // namespace tapegrad
