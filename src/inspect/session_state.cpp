#include "session_state.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "../core/shown.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/inspect/location.hpp"

namespace tapegrad {
namespace {

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || stop != end || error != std::errc()) return std::nullopt;
  return number;
}

// A few names in which the text occurs, for whoever has mistyped one.
std::string names_like(const Tape& tape, std::string_view text) {
  std::string found;
  std::size_t count = 0;
  for (const Node node : tape.nodes()) {
    const std::string name = node.name();
    if (name.find(text) == name.npos) continue;
    if (++count > 5) return found + ", ...";
    found += (found.empty() ? "" : ", ") + shown(name);
  }
  return found;
}

}  // namespace

// ---- The state ----

Node SessionState::output_node() const {
  if (tape.empty()) throw ArgumentError("the tape is empty: there is no node yet");
  if (output != 0) return tape.node(output);
  for (std::size_t node = tape.size(); node > 0; --node) {
    const std::optional<double> adjoint = tape.find_adjoint(node);
    if (adjoint.has_value() && *adjoint != 0) return {tape, node};
  }
  return {tape, tape.size()};
}

Stepper& SessionState::stepping() {
  if (!stepper.has_value()) stepper.emplace(output_node());
  return *stepper;
}

Node SessionState::node(std::string_view text) const {
  if (text.empty()) throw ArgumentError("which node? Give its number, #7, or its name");
  if (const auto number = node_number(text)) return tape.node(*number);
  const std::string_view name = unquoted(text);
  if (const auto found = tape.find(name)) return *found;
  const std::string like = names_like(tape, name);
  throw ArgumentError(fmt::format("no node is called '{}'; {}", shown(name),
                                  like.empty() ? "`list` shows the nodes" : "there is " + like));
}

// ---- Words ----

std::optional<std::size_t> node_number(std::string_view text) {
  return whole_number(text.starts_with('#') ? text.substr(1) : text);
}

std::size_t positive_number(std::string_view text, std::size_t otherwise, std::string_view what) {
  if (text.empty()) return otherwise;
  const std::optional<std::size_t> number = whole_number(text);
  if (!number.has_value() || *number == 0)
    throw ArgumentError(fmt::format("'{}' is no {}: give a whole number from 1 on", text, what));
  return *number;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

std::string_view unquoted(std::string_view text) {
  const bool has_quotes = text.size() > 1 && text.front() == text.back() &&
                          (text.front() == '"' || text.front() == '\'');
  return has_quotes ? text.substr(1, text.size() - 2) : text;
}

Parts split_at_first(std::string_view text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  if (at == text.npos) return {text, {}};
  return {trimmed(text.substr(0, at)), trimmed(text.substr(at + separator.size()))};
}

Parts split_at_last(std::string_view text, std::string_view separator) {
  const std::size_t at = text.rfind(separator);
  if (at == text.npos) return {text, {}};
  return {trimmed(text.substr(0, at)), trimmed(text.substr(at + separator.size()))};
}

void throw_no_such_operation(std::string_view operation) {
  throw ArgumentError(fmt::format("no node is a {}; `overview` shows which operations there are",
                                  shown(operation)));
}

// ---- Lines ----

std::string plain_line(const Node& node) {
  std::string line = to_string(node);
  if (node.adjoint().has_value()) line.resize(line.rfind("  adjoint "));
  return line;
}

std::string source_text(const Node& node) {
  const std::optional<Location> place = location(node);
  if (!place.has_value() || place->line == 0) return "";
  // The name may come from a tape file of anybody's: no pipe to wait at, no device without an end.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(place->file, ignored)) return "";
  std::ifstream file(place->file);
  std::string text;
  for (std::size_t line = 0; line < place->line; ++line)
    if (!std::getline(file, text)) return "";
  return fmt::format("{}\t{}", place->line, trimmed(text));
}

}  // namespace tapegrad
