// What the commands of a Session work on, and what they have in common.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tapegrad/core/node.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/inspect/stepper.hpp"

namespace tapegrad {

struct SessionState {
  const Tape& tape;
  std::size_t output = 0;  // 0: none was chosen
  std::optional<Stepper> stepper = {};
  std::unique_ptr<Tape> snapshot = {};

  /// The chosen output; else the highest node with an adjoint other than 0 of the last sweep, which
  /// is where that began; else the last node.
  Node output_node() const;
  /// Made when it is first needed.
  Stepper& stepping();
  /// The node that "#7", "7" or a name stands for: the last one of that name.
  /// @throws ArgumentError
  Node node(std::string_view text) const;
};

/// "#7" or "7"; nothing for any other text.
std::optional<std::size_t> node_number(std::string_view text);
/// A whole number from 1 on; `otherwise` for an empty text. @throws ArgumentError naming `what`
std::size_t positive_number(std::string_view text, std::size_t otherwise, std::string_view what);
std::string_view trimmed(std::string_view text);
/// Without quotes around it.
std::string_view unquoted(std::string_view text);
/// Before and behind the first (or last) `separator`, trimmed; all of it and nothing if there is
/// none.
struct Parts {
  std::string_view first;
  std::string_view rest;
};
Parts split_at_first(std::string_view text, std::string_view separator);
Parts split_at_last(std::string_view text, std::string_view separator);

/// The node's line without an adjoint: that of the last sweep need not be the Stepper's.
std::string plain_line(const Node& node);
/// For op=NAME where no node is one. @throws ArgumentError
[[noreturn]] void throw_no_such_operation(std::string_view operation);

/// "12\treturn log(p);": the line of the program that recorded the node, if the file is there.
std::string source_text(const Node& node);

// session_say.cpp
/// The last step: its node, and a line for each factor of the chain rule.
std::string step_lines(const Stepper& stepper);
/// At the end of the sweep: the variables and their adjoints.
std::string end_lines(const Stepper& stepper);
/// The node at the cursor and its adjoint, or the end.
std::string cursor_lines(const Stepper& stepper);
/// Why the sweep stopped, with the step or the node that it is about.
std::string stop_lines(const Stepper& stepper, const Stop& stop);

/// A command: gets what is written behind its word, trimmed, and returns what it says.
using CommandFunction = std::string (*)(SessionState& state, std::string_view rest);

// session_look.cpp
std::string run_overview(SessionState& state, std::string_view rest);
std::string run_list(SessionState& state, std::string_view rest);
std::string run_node(SessionState& state, std::string_view rest);
std::string run_tree(SessionState& state, std::string_view rest);
std::string run_users(SessionState& state, std::string_view rest);
std::string run_source(SessionState& state, std::string_view rest);
std::string run_dot(SessionState& state, std::string_view rest);

// session_ask.cpp
std::string run_why(SessionState& state, std::string_view rest);
std::string run_nan(SessionState& state, std::string_view rest);
std::string run_audit(SessionState& state, std::string_view rest);
std::string run_output(SessionState& state, std::string_view rest);
std::string run_save(SessionState& state, std::string_view rest);
std::string run_snapshot(SessionState& state, std::string_view rest);
std::string run_diff(SessionState& state, std::string_view rest);

// session_step.cpp
std::string run_step(SessionState& state, std::string_view rest);
std::string run_next(SessionState& state, std::string_view rest);
std::string run_until(SessionState& state, std::string_view rest);
std::string run_back(SessionState& state, std::string_view rest);
std::string run_finish(SessionState& state, std::string_view rest);
std::string run_restart(SessionState& state, std::string_view rest);
std::string run_where(SessionState& state, std::string_view rest);
std::string run_watch(SessionState& state, std::string_view rest);
std::string run_break(SessionState& state, std::string_view rest);
std::string run_breaks(SessionState& state, std::string_view rest);
std::string run_delete(SessionState& state, std::string_view rest);

}  // namespace tapegrad
