// Commands that step through the reverse sweep, and say where to stop.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "../core/number.hpp"
#include "../core/shown.hpp"
#include "session_state.hpp"
#include "tapegrad/core/error.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

// Most steps that one command shows.
constexpr std::size_t most_steps = 100;

// The node of that number; the next node of that name below the cursor, or the cursor's own.
Node node_ahead(const SessionState& state, const Stepper& stepper, std::string_view text) {
  const Node last = state.node(text);  // throws if there is none at all
  const std::size_t cursor = stepper.at_end() ? 0 : stepper.cursor()->index();
  if (!node_number(text).has_value()) {
    const std::string name = last.name();
    for (std::size_t node = cursor; node > 1; --node)
      if (state.tape.name(node - 1) == name) return {state.tape, node - 1};
    if (cursor != 0 && state.tape.name(cursor) == name) return *stepper.cursor();
  }
  if (last.index() > stepper.output().index())
    throw ArgumentError(fmt::format("{} comes after the output {}, where the sweep begins",
                                    label(last), label(stepper.output())));
  if (last.index() > cursor)
    throw ArgumentError(
        fmt::format("the sweep is past {}, whose adjoint is {}: `back`, or `restart`", label(last),
                    number(stepper.adjoint(last))));
  return last;
}

}  // namespace

// ---- Moving ----

std::string run_step(SessionState& state, std::string_view rest) {
  const std::size_t count = positive_number(rest, 1, "number of steps");
  Stepper& stepper = state.stepping();
  if (stepper.at_end())
    return fmt::format("the sweep of {} is at its end: `back`, or `restart`",
                       label(stepper.output()));
  std::string text;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t before = stepper.steps();
    const Stop stop = stepper.run(1);
    const bool stepped = stepper.steps() > before;
    if (stepped && k < most_steps) text += step_lines(stepper);
    if (k == most_steps) text += "...\n";
    if (stop.reason == Stop::Reason::steps) continue;
    const bool tells_of_step =
        stop.reason == Stop::Reason::watch || stop.reason == Stop::Reason::non_finite;
    return text + (tells_of_step ? stop.text : stop_lines(stepper, stop));
  }
  return text;
}

std::string run_next(SessionState& state, std::string_view rest) {
  Stepper& stepper = state.stepping();
  const std::optional<Node> cursor = stepper.cursor();
  const bool is_at_it = !rest.empty() && cursor.has_value() && stepper.hands_on(*cursor) &&
                        (cursor->name() == unquoted(rest) || cursor->index() == node_number(rest));
  const Node node = is_at_it ? *cursor : node_ahead(state, stepper, rest);
  const Stop stop = stepper.run_to(node);
  if (stop.reason != Stop::Reason::arrived || !stepper.hands_on(node))
    return stop_lines(stepper, stop);
  return run_step(state, "");
}

std::string run_until(SessionState& state, std::string_view rest) {
  Stepper& stepper = state.stepping();
  if (rest != "nan") return stop_lines(stepper, stepper.run_to(node_ahead(state, stepper, rest)));
  const Stop stop = stepper.run_to_non_finite();
  const char* const none = stop.reason == Stop::Reason::end
                               ? "no finite adjoint has handed on a NaN or an infinity\n"
                               : "";
  return none + stop_lines(stepper, stop);
}

std::string run_back(SessionState& state, std::string_view rest) {
  const std::size_t count = positive_number(rest, 1, "number of steps");
  Stepper& stepper = state.stepping();
  std::size_t undone = 0;
  while (undone < count && stepper.back()) ++undone;
  return fmt::format("{} undone, {} done; ", undone, stepper.steps()) + cursor_lines(stepper);
}

std::string run_finish(SessionState& state, std::string_view) {
  Stepper& stepper = state.stepping();
  return stop_lines(stepper, stepper.run());
}

std::string run_restart(SessionState& state, std::string_view) {
  Stepper& stepper = state.stepping();
  stepper.restart(state.output_node());
  return cursor_lines(stepper);
}

std::string run_where(SessionState& state, std::string_view) {
  const Stepper& stepper = state.stepping();
  if (stepper.at_end()) return end_lines(stepper);
  return fmt::format("after {} ", counted(stepper.steps(), "step")) + cursor_lines(stepper);
}

// ---- Stopping ----

std::string run_watch(SessionState& state, std::string_view rest) {
  const Node node = state.node(rest);
  const std::size_t number = state.stepping().watch(node);
  return fmt::format("watch {}: stops when a step changes the adjoint of {}", number, label(node));
}

std::string run_break(SessionState& state, std::string_view rest) {
  if (rest == "nan")
    return fmt::format("breakpoint {}: stops where a NaN or an infinity comes from",
                       state.stepping().break_at_non_finite());
  if (rest.starts_with("op=")) {
    const std::string_view operation = rest.substr(3);
    const bool is_there = std::ranges::any_of(
        state.tape.nodes(), [&](const Node& node) { return node.operation() == operation; });
    if (!is_there) throw_no_such_operation(operation);
    return fmt::format("breakpoint {}: stops before each {}",
                       state.stepping().break_at_operation(operation), shown(operation));
  }
  const Node node = state.node(rest);
  const bool by_name = !node_number(rest).has_value();
  const std::size_t number =
      by_name ? state.stepping().break_at_name(node.name()) : state.stepping().break_at(node);
  return fmt::format("breakpoint {}: stops at {}", number,
                     by_name ? shown(node.name()) : label(node));
}

std::string run_breaks(SessionState& state, std::string_view) {
  std::string text;
  for (const Stepper::Breakpoint& each : state.stepping().breakpoints())
    text += fmt::format("{:3}  {}\n", each.number, to_string(each));
  return text.empty() ? "no breakpoint and no watch" : text;
}

std::string run_delete(SessionState& state, std::string_view rest) {
  Stepper& stepper = state.stepping();
  if (!rest.empty()) {
    const std::size_t number = positive_number(rest, 0, "number of a breakpoint or watch");
    if (std::ranges::count(stepper.breakpoints(), number, &Stepper::Breakpoint::number) == 0)
      throw ArgumentError(
          fmt::format("there is no breakpoint or watch {}; `breaks` lists them", number));
    stepper.remove(number);
    return fmt::format("{} deleted", number);
  }
  while (!stepper.breakpoints().empty()) stepper.remove(stepper.breakpoints().back().number);
  return "all breakpoints and watches deleted";
}

}  // namespace tapegrad
