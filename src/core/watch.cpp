// Those who look on: observers, the addresses of callers, and the node to stop at.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "environment.hpp"
#include "shown.hpp"
#include "sweep.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/node.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/tape.hpp"

// Not to be folded into a caller, nor with another function that does nothing.
extern "C" TAPEGRAD_NOINLINE void tapegrad_break(const tapegrad::Tape* tape, std::size_t node) {
#if defined(__GNUC__)
  asm volatile("" : : "r"(tape), "r"(node) : "memory");
#else
  static volatile const void* last;
  last = tape, static_cast<void>(node);
#endif
}

namespace tapegrad {
namespace {

// The node that TAPEGRAD_BREAK_AT asks for; 0 if it asks for none.
std::size_t break_wanted() {
  const std::string_view text = environment("TAPEGRAD_BREAK_AT");
  std::size_t node = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), node);
  if (!text.empty() && (problem != std::errc() || end != text.data() + text.size()))
    throw ArgumentError(fmt::format(
        "the environment says TAPEGRAD_BREAK_AT={}; set it to the index of a node, or to nothing",
        shown(text)));
  return node;
}

// Calls tell for each. Any may leave meanwhile, or record and so be told of that first.
template <class Tell> void tell_all(Watch& watch, Tell&& tell) {
  struct OwnTurn : Watch::Turn {
    explicit OwnTurn(Watch& it) : Watch::Turn{0, it.turn}, watch(it) { watch.turn = this; }
    ~OwnTurn() { watch.turn = outer; }
    Watch& watch;
  };
  OwnTurn turn(watch);
  while (turn.next < watch.observers.size()) tell(*watch.observers[turn.next++]);
}

}  // namespace

// ---- Observer ----

Observer::~Observer() = default;
void Observer::recorded(const Node&) {}
void Observer::adjoint_ready(const Node&, double&) {}
void Observer::taken_back(std::size_t) {}
void Observer::tape_gone() {}

CallerScope::CallerScope(const void* caller) {
  Tape* const tape = active_recording->tape();
  if (tape == nullptr || tape->watch_ == nullptr || tape->watch_->caller != nullptr) return;
  place_ = &tape->watch_->caller;
  *place_ = caller;
}

CallerScope::~CallerScope() {
  if (place_ != nullptr) *place_ = nullptr;
}

// ---- Tape ----

void Tape::heed_environment() {
  static const std::size_t node = break_wanted();
  static const bool locations = is_switched_on("TAPEGRAD_LOCATIONS");
  sweeps_plainly();  // asks the environment: what is wrong with that, too, is said here
  if (node != 0) break_at(node);
  if (locations) record_locations();
}

Watch& Tape::watch_for_all() {
  if (watch_ == nullptr) watch_ = std::make_unique<Watch>();
  return *watch_;
}

// The first node that may not be recorded on the fast path.
std::size_t Tape::watched_from() const {
  if (watch_->keeps_callers) return 0;
  for (const Observer* observer : watch_->observers)
    if (observer->sees_recording()) return 0;
  return recording_.next() <= watch_->break_at ? watch_->break_at : Watch::never;
}

void Tape::update_watch() {
  recording_.is_watched_ = watched_from() != Watch::never;
  recording_.set_room(recording_.room_);
}

void Tape::add_observer(Observer& observer) {
  watch_for_all().observers.push_back(&observer);
  update_watch();
}

void Tape::remove_observer(Observer& observer) {
  if (watch_ == nullptr) return;
  auto& observers = watch_->observers;
  for (std::size_t k = observers.size(); k-- > 0;) {
    if (observers[k] != &observer) continue;
    observers.erase(observers.begin() + static_cast<std::ptrdiff_t>(k));
    for (Watch::Turn* turn = watch_->turn; turn != nullptr; turn = turn->outer)
      if (k < turn->next) --turn->next;
  }
  update_watch();
}

void Tape::record_locations(bool on) {
  watch_for_all().keeps_callers = on;
  update_watch();
}

const void* Tape::caller(std::size_t node) const {
  return watch_ != nullptr && node < watch_->callers.size() ? watch_->callers[node] : nullptr;
}

void Tape::break_at(std::size_t node) {
  watch_for_all().break_at = node == 0 ? Watch::never : node;
  update_watch();
}

void Tape::tell(std::size_t node, const void* caller) {
  Watch& watch = *watch_;
  if (watch.keeps_callers) {
    watch.callers.resize(node);
    watch.callers.push_back(watch.caller != nullptr ? watch.caller : caller);
  }
  if (node == watch.break_at) {
    tapegrad_break(this, node);
    update_watch();
  }
  tell_all(watch, [&](Observer& observer) {
    if (observer.sees_recording()) observer.recorded(Node(*this, node));
  });
}

void Tape::take_back(std::size_t first) {
  const bool has_side = recording_.has_side(first);
  if (recording_.op(first) == Op::External)
    externals_.resize(static_cast<std::size_t>(recording_.value(first)));
  recording_.truncate(first, has_side ? recording_.row(first).a : recording_.side_next_);
  names_.truncate(first);
  tell_taken_back(first);
}

void Tape::tell_taken_back(std::size_t end) {
  if (watch_ == nullptr) return;
  if (watch_->callers.size() > end) watch_->callers.resize(end);
  tell_all(*watch_, [&](Observer& observer) { observer.taken_back(end); });
  update_watch();
}

void Tape::let_observers_go() {
  while (watch_ != nullptr && !watch_->observers.empty()) {
    Observer* const one = watch_->observers.back();
    watch_->observers.pop_back();
    one->tape_gone();
  }
}

// ---- Recording ----

// Of the nodes from `first` on, which were recorded at once. If somebody throws, all go.
void Recording::tell_from(std::size_t first, const void* caller) {
  if (!is_watched_) return;
  try {
    for (std::size_t node = first; node < next(); ++node) tape_->tell(node, caller);
  } catch (...) {
    tape_->take_back(first);
    throw;
  }
}

// ---- Sweeping ----

SweepObservers::SweepObservers(const Tape& tape) : tape_(tape) {
  if (tape.watch() == nullptr) return;
  for (Observer* observer : tape.watch()->observers)
    if (observer->sees_sweep()) observers_.push_back(observer);
}

void SweepObservers::ready(std::size_t node, double& adjoint) const {
  if (empty()) return;  // the tape may have no Watch
  const std::vector<Observer*>& there = tape_.watch()->observers;
  for (Observer* observer : observers_)  // one may have left since
    if (std::ranges::find(there, observer) != there.end())
      observer->adjoint_ready(Node(tape_, node), adjoint);
}

}  // namespace tapegrad
