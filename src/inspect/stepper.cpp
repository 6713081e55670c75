// Moving through the sweep, and back. The steps are those of core/sweep_plain.cpp; what they
// overwrite is kept in changes_. Where to stop: stepper_stops.cpp.

#include "tapegrad/inspect/stepper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

#include "../core/number.hpp"
#include "../core/shown.hpp"
#include "../core/sweep.hpp"
#include "operand_nodes.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Stepper::Stepper(const Node& output, double seed)
    : tape_(&output.tape()), output_(output.index()), seed_(seed) {
  restart();
}

// ---- Moving ----

bool Stepper::next() {
  check_tape();
  while (position_ > 0 && !hands_on(position_)) --position_;  // a breakpoint may have stopped there
  if (position_ == 0) return false;
  sweep(position_);
  --position_;
  pass();
  return true;
}

bool Stepper::back() {
  check_tape();
  if (steps_.empty()) return false;
  const Step step = steps_.back();
  while (changes_.size() > step.changes) {
    adjoints_[changes_.back().node] = changes_.back().before;
    changes_.pop_back();
  }
  position_ = step.node;
  steps_.pop_back();
  return true;
}

void Stepper::finish() {
  while (next()) {
  }
}

void Stepper::restart() { restart(output(), seed_); }

void Stepper::restart(const Node& output, double seed) {
  if (&output.tape() != tape_)
    throw ArgumentError("Stepper: the output is a node of another tape; make a Stepper for it");
  tape_->node(output.index());  // throws if it is gone
  output_ = output.index();
  seed_ = seed;
  epoch_ = tape_->epoch_of(output_);
  adjoints_.assign(tape_->size() + 1, 0.0);
  adjoints_[output_] += seed;
  steps_.clear();
  changes_.clear();
  position_ = output_;
  pass();
}

void Stepper::check_tape() const {
  if (tape_->size() < output_ || !tape_->holds(output_, epoch_))
    throw StaleValueError(fmt::format(
        "Stepper: the tape was cleared or rewound since, and node {} with it; restart", output_));
}

// Does sweeping the node do anything?
bool Stepper::hands_on(std::size_t node) const {
  const Recording& recording = tape_->recording();
  const Op op = recording.op(node);
  if (op == Op::Leaf || op == Op::Result) return false;
  if (op != Op::External) return adjoints_[node] != 0;
  const std::size_t results = result_count(recording, node, adjoints_.size());
  return std::ranges::any_of(std::span(adjoints_).subspan(node + 1, results),
                             [](double adjoint) { return adjoint != 0; });
}

// Has the sweep come to the node, if only to end there?
bool Stepper::is_reached(std::size_t node) const { return adjoints_[node] != 0 || hands_on(node); }

// To the next node that hands on.
void Stepper::pass() {
  while (position_ > 0 && !hands_on(position_)) --position_;
}

void Stepper::sweep(std::size_t node) {
  steps_.push_back({static_cast<std::uint32_t>(node), changes_.size()});
  try {
    if (tape_->recording().op(node) == Op::External)
      ask_callback(node);
    else
      sweep_rule(node);
  } catch (...) {
    back();
    throw;
  }
}

// The chain rule: to each operand goes the node's adjoint times the partial by it. One that is cut
// off is noted with 0, so that every operand has its change.
void Stepper::sweep_rule(std::size_t node) {
  const Recording& recording = tape_->recording();
  const double adjoint = adjoints_[node];
  for (std::size_t k = 0; k < recording.operand_count(node); ++k) {
    const Operand operand = recording.operand(node, k);
    if (operand.node == 0) continue;
    if (is_cut(recording.op(node), operand))
      changes_.push_back({operand.node, adjoints_[operand.node], 0});
    else
      add(operand.node, rule::Chain::value(adjoint, operand.partial));
  }
}

// Asks as ask_external() does, but keeps what the callback says. The numbers that the callback sees
// lie in here: should it record, the tape's may move.
void Stepper::ask_callback(std::size_t node) {
  const std::size_t size = tape_->size();
  const OperandRange operands = Node(*tape_, node).operands();
  std::vector<double> values;
  for (const Operand& operand : operands)
    values.push_back(operand.node == 0 ? operand.constant : Node(*tape_, operand.node).value());
  std::vector<double> operand_adjoints(values.size());
  const std::size_t results = result_count(tape_->recording(), node, adjoints_.size());
  tape_->external_of(node).pull_back(values, std::span(adjoints_).subspan(node + 1, results),
                                     operand_adjoints);
  check_tape();
  if (tape_->size() != size)
    throw UnsupportedError(fmt::format(
        "Stepper: the callback of {} has recorded on the tape that is being swept; let it use a "
        "tape of its own",
        label(Node(*tape_, node))));
  std::size_t k = 0;
  for (const Operand& operand : operands) {
    if (operand.node != 0) add(operand.node, operand_adjoints[k]);
    ++k;
  }
}

void Stepper::add(std::size_t node, double contribution) {
  changes_.push_back({static_cast<std::uint32_t>(node), adjoints_[node], contribution});
  adjoints_[node] += contribution;
}

// ---- Looking ----

std::optional<Node> Stepper::cursor() const {
  if (at_end()) return std::nullopt;
  return Node(*tape_, position_);
}

std::optional<Node> Stepper::swept() const {
  if (steps_.empty()) return std::nullopt;
  return Node(*tape_, steps_.back().node);
}

double Stepper::adjoint(const Node& node) const {
  return node.index() < adjoints_.size() ? adjoints_[node.index()] : 0;
}

std::vector<Contribution> Stepper::contributions() const {
  std::vector<Contribution> all;
  if (steps_.empty()) return all;
  check_tape();
  const Recording& recording = tape_->recording();
  const Step step = steps_.back();
  const bool by_rule = recording.op(step.node) != Op::External;
  const double adjoint = by_rule ? adjoints_[step.node] : not_a_number;
  std::size_t at = step.changes;  // one for each operand that is a node
  for (std::size_t k = 0; k < recording.operand_count(step.node); ++k) {
    const Operand operand = recording.operand(step.node, k);
    if (operand.node == 0) continue;
    const Change& change = changes_[at++];
    const bool cut = by_rule && is_cut(recording.op(step.node), operand);
    all.push_back({.from = {*tape_, step.node},
                   .to = {*tape_, operand.node},
                   .operand = k,
                   .adjoint = adjoint,
                   .partial = operand.partial,
                   .contribution = change.contribution,
                   .sum_before = change.before,
                   .sum_after = cut ? change.before : change.before + change.contribution,
                   .is_cut = cut});
  }
  return all;
}

std::string to_string(const Contribution& c) {
  const auto factor = [](double x) { return x < 0 ? fmt::format("({})", number(x)) : number(x); };
  const std::string to = label(c.to), from = label(c.from);
  const std::string partial = fmt::format("∂#{}/∂#{}", c.from.index(), c.to.index());
  if (c.is_cut)
    return fmt::format("adjoint({}) += nothing from {}: {} = 0 cuts it off → {}", to, from, partial,
                       number(c.sum_after));
  if (c.from.op() == Op::External)
    return fmt::format("adjoint({}) += pull_back of {}({}) = {} → {}", to,
                       shown(c.from.operation()), from, number(c.contribution),
                       number(c.sum_after));
  return fmt::format("adjoint({}) += adjoint({}) · {} = {} · {} → {}", to, from, partial,
                     number(c.adjoint), factor(c.partial), number(c.sum_after));
}

}  // namespace tapegrad
