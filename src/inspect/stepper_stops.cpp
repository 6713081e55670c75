// Breakpoints and watches of the Stepper.
//
// A breakpoint looks at a node before it is swept, when the cursor comes to it; a watch, and the
// breakpoint for NaN and infinity, at what a step has done.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "../core/number.hpp"
#include "../core/same_number.hpp"
#include "../core/shown.hpp"
#include "../core/sweep.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/inspect/stepper.hpp"

namespace tapegrad {
namespace {

using Kind = Stepper::Breakpoint::Kind;

// The first reason counts; all are told.
void add_reason(Stop& stop, const Stop& reason) {
  if (stop.text.empty()) {
    stop = reason;
  } else {
    stop.text += "; " + reason.text;
  }
}

std::string numbered(const Stepper::Breakpoint& breakpoint) {
  const bool is_watch = breakpoint.kind == Kind::watch;
  return fmt::format("{} {}{}", is_watch ? "watch" : "breakpoint", breakpoint.number,
                     is_watch ? "" : ", " + to_string(breakpoint));
}

}  // namespace

// ---- Running ----

Stop Stepper::run(std::size_t steps) { return go(steps, 0, false); }

Stop Stepper::run_to(const Node& node) {
  check_tape();
  if (node_here(node) > output_)
    throw ArgumentError(fmt::format("run_to: the sweep begins at {}, which was recorded before {}",
                                    label(output()), label(node)));
  if (node.index() > position_)
    throw ArgumentError(
        fmt::format("run_to: the sweep is past {}, whose adjoint is {}; go back, or restart",
                    label(node), number(adjoint(node))));
  return go(no_limit, node.index(), false);
}

Stop Stepper::run_to_non_finite() { return go(no_limit, 0, true); }

// Step by step: leaves the node at the cursor, looks at what that did, and comes to the next.
Stop Stepper::go(std::size_t steps, std::size_t target, bool until_non_finite) {
  check_tape();
  Stop stop{Stop::Reason::end, 0, ""};
  if (target != 0 && target == position_) return {Stop::Reason::arrived, 0, here()};
  for (std::size_t done = 0; position_ > 0 && done < steps;) {
    if (hands_on(position_)) {  // else a breakpoint has stopped at it
      sweep(position_);
      ++done;
      look_at_step(until_non_finite, stop);
    }
    for (--position_; position_ > 0; --position_)
      if (look_at_cursor(target, stop) || hands_on(position_)) break;
    if (!stop.text.empty()) return stop;
  }
  if (position_ == 0) return {Stop::Reason::end, 0, "end of the sweep: all adjoints are complete"};
  return {Stop::Reason::steps, 0, here()};
}

// Is there a reason to stop before the node at the cursor?
bool Stepper::look_at_cursor(std::size_t target, Stop& stop) const {
  bool stops = position_ == target;
  if (stops) add_reason(stop, {Stop::Reason::arrived, 0, here()});
  for (const Breakpoint& each : breakpoints_) {
    if (!stops_before(each, position_)) continue;
    add_reason(stop, {Stop::Reason::breakpoint, each.number, numbered(each)});
    stops = true;
  }
  return stops;
}

bool Stepper::stops_before(const Breakpoint& breakpoint, std::size_t index) const {
  const Node node(*tape_, index);
  switch (breakpoint.kind) {
    case Kind::node:
      return index == breakpoint.node;
    case Kind::name:
      return node.name() == breakpoint.text;
    case Kind::operation:
      return node.operation() == breakpoint.text && is_reached(index);
    case Kind::predicate:
      return is_reached(index) && breakpoint.predicate(node, adjoints_[index]);
    case Kind::non_finite:
    case Kind::watch:
      break;
  }
  return false;
}

// Is there a reason to stop after the last step?
void Stepper::look_at_step(bool until_non_finite, Stop& stop) const {
  if (until_non_finite) {
    if (const std::string made = made_non_finite(); !made.empty())
      add_reason(stop, {Stop::Reason::non_finite, 0, made});
  }
  for (const Breakpoint& each : breakpoints_) {
    const bool is_watch = each.kind == Kind::watch;
    if (!is_watch && each.kind != Kind::non_finite) continue;
    const std::string found = is_watch ? changed(each.node) : made_non_finite();
    if (!found.empty())
      add_reason(stop, {is_watch ? Stop::Reason::watch : Stop::Reason::non_finite, each.number,
                        numbered(each) + ": " + found});
  }
}

// What the last step did to the adjoint of the node; empty: nothing.
std::string Stepper::changed(std::size_t node) const {
  const std::span step = std::span(changes_).subspan(steps_.back().changes);
  const auto first = std::ranges::find(step, node, &Change::node);
  if (first == step.end() || is_same(first->before, adjoints_[node])) return "";
  return fmt::format("adjoint({}) {} → {}", label(Node(*tape_, node)), number(first->before),
                     number(adjoints_[node]));
}

// Whether the last step made a NaN or an infinity out of finite adjoints; empty: no.
std::string Stepper::made_non_finite() const {
  const std::size_t from = steps_.back().node;
  const std::size_t results = result_count(tape_->recording(), from, adjoints_.size());
  for (std::size_t node = from; node <= from + results; ++node)
    if (!std::isfinite(adjoints_[node])) return "";
  for (const Change& change : std::span(changes_).subspan(steps_.back().changes)) {
    if (!std::isfinite(change.before) || std::isfinite(change.before + change.contribution))
      continue;
    return fmt::format("{} made adjoint({}) {}", label(Node(*tape_, from)),
                       label(Node(*tape_, change.node)),
                       number(change.before + change.contribution));
  }
  return "";
}

std::string Stepper::here() const { return fmt::format("at {}", label(Node(*tape_, position_))); }

// ---- The list ----

std::size_t Stepper::add_breakpoint(Breakpoint breakpoint) {
  breakpoint.number = ++last_number_;
  breakpoints_.push_back(std::move(breakpoint));
  return last_number_;
}

std::size_t Stepper::break_at(const Node& node) {
  return add_breakpoint({.kind = Kind::node, .text = label(node), .node = node_here(node)});
}

std::size_t Stepper::break_at_name(std::string_view name) {
  return add_breakpoint({.kind = Kind::name, .text = std::string(name)});
}

std::size_t Stepper::break_at_operation(std::string_view operation) {
  return add_breakpoint({.kind = Kind::operation, .text = std::string(operation)});
}

std::size_t Stepper::break_if(Predicate predicate, std::string_view text) {
  return add_breakpoint(
      {.kind = Kind::predicate, .text = std::string(text), .predicate = std::move(predicate)});
}

std::size_t Stepper::break_at_non_finite() {
  return add_breakpoint({.kind = Kind::non_finite, .text = "nan"});
}

std::size_t Stepper::watch(const Node& node) {
  return add_breakpoint({.kind = Kind::watch, .text = label(node), .node = node_here(node)});
}

void Stepper::remove(std::size_t number) {
  if (std::erase_if(breakpoints_, [&](const Breakpoint& b) { return b.number == number; }) == 0)
    throw ArgumentError(fmt::format("remove: there is no breakpoint or watch {}", number));
}

std::size_t Stepper::node_here(const Node& node) const {
  if (&node.tape() != tape_)
    throw ArgumentError(fmt::format("Stepper: {} is a node of another tape", label(node)));
  return node.index();
}

std::string to_string(const Stepper::Breakpoint& breakpoint) {
  const char* const kind = breakpoint.kind == Kind::operation ? "op="
                           : breakpoint.kind == Kind::watch   ? "watch "
                                                              : "";
  return kind + shown(breakpoint.text);
}

}  // namespace tapegrad
