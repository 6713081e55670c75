// Recording, sweeping and looking; segments, clear() and rewind() are in mark.cpp.

#include "tapegrad/core/tape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "adjoint_rows.hpp"
#include "memory.hpp"
#include "registry.hpp"
#include "shown.hpp"
#include "sweep.hpp"
#include "sweeping.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/no_grad.hpp"
#include "tapegrad/core/node.hpp"

namespace tapegrad {
namespace {

// Room for one more, so that a push_back after this cannot throw.
template <class T> void make_room(std::vector<T>& list) {
  if (list.size() == list.capacity()) list.reserve(2 * list.size() + 1);
}

void check_length(const char* operation, std::size_t values, std::size_t room) {
  if (values != room)
    throw ShapeError(fmt::format("{}: {} numbers, and room for {}; both must be as many", operation,
                                 values, room));
}

[[noreturn]] void throw_active_elsewhere(const char* operation) {
  throw UnsupportedError(fmt::format(
      "{}: the tape is active on another thread; give each thread a tape of its own", operation));
}

}  // namespace

// ---- ActiveScope ----

ActiveScope::ActiveScope(Tape& tape) : tape_(&tape), thread_(nullptr), below_(nullptr) {
  if (!TapeRegistry::activate(*this)) throw_active_elsewhere("activate");
}

ActiveScope::ActiveScope() : tape_(nullptr), thread_(nullptr), below_(nullptr) {
  TapeRegistry::activate_none(*this);
}

ActiveScope::~ActiveScope() { TapeRegistry::deactivate(*this); }

// ---- Life ----

Tape::Tape() : Tape(Options()) {}

Tape::Tape(const Options& options) : Tape(inactive, options) { own_activation_.emplace(*this); }

Tape::Tape(Inactive) : Tape(inactive, Options()) {}

Tape::Tape(Inactive, const Options& options) {
  constexpr std::size_t more_than_any_machine = std::size_t{1} << 46;  // bytes
  recording_.tape_ = this;
  recording_.records_guards_ = options.guards;
  recording_.node_limit_ = std::min(options.node_limit, Options().node_limit);
  recording_.memory_limit_ =
      std::min(options.memory_limit == 0 ? memory::physical_bytes() : options.memory_limit,
               more_than_any_machine);
  open_epoch();
  recording_.base_epoch_ = recording_.epoch_;
  heed_environment();
  TapeRegistry::add(*this);
}

Tape::~Tape() {
  forget_marks();
  TapeRegistry::remove(*this);
  let_observers_go();
}

// ---- Recording ----

void Tape::check_thread(const char* operation) const {
  if (!is_active() && TapeRegistry::is_elsewhere(*this)) throw_active_elsewhere(operation);
}

void Tape::check_idle(const char* operation) const {
  check_thread(operation);
  if (recording_.is_swept_)
    throw UnsupportedError(
        fmt::format("{}: the tape is being swept; make a Tape of its own in pull_back", operation));
}

Value Tape::put_leaf(double x, const void* caller) {
  check_thread("variable");
  return recording_.told(recording_.put(recording_.free_slot(), make_opcode(Op::Leaf), x, 0, 0),
                         caller);
}

Value Tape::variable_unusual(double x) { return put_leaf(x, TAPEGRAD_CALLER); }

Value Tape::named_variable(double x, std::string_view name) {
  check_thread("variable");
  const Value leaf = recording_.put(recording_.free_slot(), make_opcode(Op::Leaf), x, 0, 0);
  names_.set(leaf.node(), name);  // before anyone is told
  return recording_.told(leaf, TAPEGRAD_CALLER);
}

std::vector<Value> Tape::variables(std::span<const double> x) {
  std::vector<Value> leaves(x.size());
  put_leaves(x, leaves, TAPEGRAD_CALLER);
  return leaves;
}

void Tape::variables(std::span<const double> x, std::span<Value> leaves) {
  put_leaves(x, leaves, TAPEGRAD_CALLER);
}

void Tape::put_leaves(std::span<const double> x, std::span<Value> leaves, const void* caller) {
  check_thread("variables");
  check_length("variables", x.size(), leaves.size());
  recording_.grow(x.size(), 0);
  const std::size_t first = recording_.next();
  Recording::Slot slot = recording_.slot();
  for (std::size_t i = 0; i < x.size(); ++i, slot.id = next_id(slot.id))
    leaves[i] = recording_.put(slot, make_opcode(Op::Leaf), x[i], 0, 0);
  recording_.tell_from(first, caller);
}

std::vector<Value> Tape::external(std::shared_ptr<const External> operation,
                                  std::span<const Value> operands,
                                  std::span<const double> results) {
  if (operation == nullptr) throw ArgumentError("external: no operation was given");
  check_thread("external");
  std::vector<std::uint32_t> nodes(operands.size());
  std::vector<double> numbers(operands.size(), std::numeric_limits<double>::quiet_NaN());
  if (within_no_grad() || !recording_.link(operands, operation->name(), nodes, numbers))
    return {results.begin(), results.end()};

  std::vector<Value> values;
  values.reserve(results.size());
  externals_.push_back(std::move(operation));
  const std::size_t first = recording_.next();
  const std::size_t side_next = recording_.side_next_;
  try {
    // The node's value is its place in externals_; no number belongs to it.
    const double place = static_cast<double>(externals_.size() - 1);
    const Value call = recording_.put_many(Op::External, place, nodes, numbers);
    for (std::size_t j = 0; j < results.size(); ++j) {
      values.push_back(recording_.put(recording_.free_slot(), make_opcode(Op::Result), results[j],
                                      call.node(), static_cast<std::uint32_t>(j)));
    }
  } catch (...) {
    recording_.truncate(first, side_next);
    externals_.pop_back();
    throw;
  }
  recording_.tell_from(first, TAPEGRAD_CALLER);
  return values;
}

void record_guard(Op comparison, Value a, Value b) {
  const CallerScope caller(TAPEGRAD_CALLER);
  Tape& tape = *active_recording->tape();
  if (a.is_constant() && b.is_constant()) return;
  make_room(tape.guards_);
  const Value guard = with_rule(comparison, [&]<class Rule>() -> Value {
    if constexpr (Rule::info.arity == 2) return record_as<Rule>(a, b);
    return {};
  });
  tape.guards_.push_back(guard.node());
}

// ---- Sweeping ----

// In builds without optimisation, where the environment asks for it, and where somebody looks on.
bool Tape::sweeps_plainly() const {
  static const bool always = plain_sweep_wanted();
  // Nobody was ever there: not worth a call, which is 2 ns of a gradient's 60.
  return always || (watch_ != nullptr && !SweepObservers(*this).empty());
}

void Tape::sweep_fast(const Seed* seeds, std::size_t count, bool keep_leaves) {
  Sweeping sweeping(*this, seeds, count, keep_leaves);
  tapegrad::sweep_fast(recording_, externals_, {sweeping.adjoints, recording_.next()},
                       sweeping.last);
  sweeping.done();
}

// "node 7", and its name if it has one.
std::string Tape::label(std::size_t node) const {
  const std::string name = names_.find(node);
  return name.empty() ? fmt::format("node {}", node)
                      : fmt::format("node {} '{}'", node, shown(name));
}

std::optional<double> Tape::find_adjoint(std::size_t node) const {
  if (node == 0 || node > covered_) return std::nullopt;
  return recording_.adjoints_[node];
}

double Tape::adjoint_slow(Value x) const {
  if (x.is_constant())
    throw NoAdjointError(fmt::format(
        "adjoint: the value {} is a constant and has no adjoint; make it with variable()",
        x.value()));
  recording_.require(x, "adjoint");
  if (const auto adjoint = find_adjoint(x.node())) return *adjoint;
  throw NoAdjointError(
      fmt::format("adjoint: no sweep has covered {} since it was recorded; call backward() first",
                  label(x.node())));
}

void Tape::adjoints(std::span<const Value> x, std::span<double> out) const {
  check_length("adjoints", x.size(), out.size());
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = adjoint(x[i]);
}

double Value::grad() const {
  if (is_constant())
    throw NoAdjointError(fmt::format(
        "grad: the value {} is a constant and has no adjoint; make it with variable()", value()));
  if (const Tape* const tape = TapeRegistry::holder(*this)) return tape->adjoint(*this);
  throw StaleValueError(fmt::format(
      "grad: no tape that is active on this thread holds the value {} (node {}): its tape is gone, "
      "was cleared or rewound, or belongs to another thread (ask it: tape.adjoint(x))",
      value(), node()));
}

// ---- Looking ----

void Tape::reserve(std::size_t nodes) {
  const std::size_t rows = std::max(nodes, nodes + 1);  // with row 0, where there is a next number
  recording_.grow(rows - std::min<std::size_t>(rows, recording_.next()), 0);
}

Node Tape::node(Value x) const {
  if (x.is_constant())
    throw UnsupportedError(
        fmt::format("node: the value {} is a constant and has no node", x.value()));
  recording_.require(x, "node");
  return {*this, x.node()};
}

Node Tape::node(std::size_t index) const {
  if (empty())
    throw ArgumentError(fmt::format("node: there is no node {}; the tape is empty", index));
  if (index == 0 || index > size())
    throw ArgumentError(
        fmt::format("node: there is no node {}; the tape has the nodes 1 to {}", index, size()));
  return {*this, index};
}

Value Tape::value(std::size_t index) const {
  const double value = node(index).value();
  std::size_t open = 0;  // segments that the node lies in
  while (open < segments_.size() && segments_[open].next <= index) ++open;
  const std::size_t epochs = open < segments_.size() ? segments_[open].epochs : epochs_.size();
  return {value, make_id(static_cast<std::uint32_t>(index), epochs_[epochs - 1].last)};
}

void Tape::name(Value x, std::string_view name) { names_.set(node(x).index(), name); }

void Tape::name_range(std::size_t first, std::shared_ptr<const NameScheme> scheme) {
  if (scheme == nullptr) throw ArgumentError("name_range: no scheme was given");
  if (first == 0 || first + scheme->size() > size() + 1)
    throw ArgumentError(
        fmt::format("name_range: {} names from node {} on, but the tape has the nodes 1 to {}",
                    scheme->size(), first, size()));
  names_.set_range(first, std::move(scheme));
}

std::optional<Node> Tape::find(std::string_view name) const {
  const std::size_t index = names_.find(name);
  if (index == 0) return std::nullopt;
  return Node(*this, index);
}

const External& Tape::external_of(std::size_t node) const {
  if (this->node(node).op() != Op::External)
    throw ArgumentError(fmt::format("external_of: node {} is no user operation", node));
  return *externals_[static_cast<std::size_t>(recording_.value(node))];
}

}  // namespace tapegrad
