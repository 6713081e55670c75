#include "tapegrad/nn/saved_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

const NamedNumbers* find(const SavedState& state, std::string_view name) {
  const auto found = std::find_if(state.begin(), state.end(),
                                  [name](const NamedNumbers& entry) { return entry.name == name; });
  return found == state.end() ? nullptr : &*found;
}

std::vector<std::string> sorted_names(const SavedState& state) {
  std::vector<std::string> names;
  for (const NamedNumbers& entry : state) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

template <class Number>
const std::vector<Number>& numbers_of(std::string_view who, const SavedState& state,
                                      std::string_view name, std::string_view kind) {
  const NamedNumbers* entry = find(state, name);
  if (entry == nullptr)
    throw ArgumentError(
        fmt::format("{}: the state has no '{}', only {}", who, name, sorted_names(state)));
  const auto* numbers = std::get_if<std::vector<Number>>(&entry->numbers);
  if (numbers == nullptr)
    throw ArgumentError(fmt::format("{}: '{}' should hold {}", who, name, kind));
  return *numbers;
}

template <class Number>
Number only_one(std::string_view who, std::string_view name, const std::vector<Number>& numbers) {
  if (numbers.size() != 1)
    throw ShapeError(
        fmt::format("{}: '{}' has {} numbers; it should have one", who, name, numbers.size()));
  return numbers[0];
}

}  // namespace

void add_part(SavedState& state, std::string_view prefix, SavedState part) {
  for (NamedNumbers& entry : part) {
    entry.name = fmt::format("{}.{}", prefix, entry.name);
    if (find(state, entry.name) != nullptr)
      throw ArgumentError(fmt::format("add_part: the state has '{}' already", entry.name));
  }
  state.insert(state.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
}

SavedState part_of(const SavedState& state, std::string_view prefix) {
  const std::string start = fmt::format("{}.", prefix);
  SavedState part;
  for (const NamedNumbers& entry : state) {
    if (entry.name.starts_with(start))
      part.push_back({entry.name.substr(start.size()), entry.numbers});
  }
  return part;
}

void check_names(std::string_view who, const SavedState& state,
                 const std::vector<std::string>& names) {
  std::vector<std::string> needed = names;
  std::sort(needed.begin(), needed.end());
  const std::vector<std::string> given = sorted_names(state);
  if (given != needed)
    throw ArgumentError(
        fmt::format("{}: the state has the parts {} where {} are needed; it is "
                    "that of something else",
                    who, given, needed));
}

const std::vector<double>& doubles_of(std::string_view who, const SavedState& state,
                                      std::string_view name) {
  return numbers_of<double>(who, state, name, "doubles");
}

const std::vector<std::uint64_t>& words_of(std::string_view who, const SavedState& state,
                                           std::string_view name) {
  return numbers_of<std::uint64_t>(who, state, name, "integers of 64 bits");
}

double double_of(std::string_view who, const SavedState& state, std::string_view name) {
  return only_one(who, name, doubles_of(who, state, name));
}

std::uint64_t word_of(std::string_view who, const SavedState& state, std::string_view name) {
  return only_one(who, name, words_of(who, state, name));
}

}  // namespace tapegrad
