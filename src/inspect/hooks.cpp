#include "tapegrad/inspect/hooks.hpp"

#include <fmt/format.h>

#include <utility>

#include "hook_table.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

template <class Function> void check_function(const char* what, const Function& f) {
  if (!f) throw ArgumentError(fmt::format("{}: there is no function to call", what));
}

}  // namespace

Hook::Hook(std::shared_ptr<HookTable> table, std::shared_ptr<HookEntry> entry)
    : table_(std::move(table)), entry_(std::move(entry)) {}

Hook& Hook::operator=(Hook&& other) noexcept {
  if (this == &other) return *this;
  remove();
  table_ = std::move(other.table_);
  entry_ = std::move(other.entry_);
  return *this;
}

void Hook::remove() {
  if (entry_ == nullptr) return;
  // Our own members last: a hook that removes itself may destroy this handle with what it holds.
  const std::shared_ptr<HookTable> table = std::move(table_);
  const std::shared_ptr<HookEntry> entry = std::move(entry_);
  table->remove(*entry);
}

bool Hook::is_there() const { return entry_ != nullptr && !entry_->is_removed; }

Hook on_record(Tape& tape, RecordHook f, const HookFilter& filter) {
  check_function("on_record", f);
  return HookTable::of(tape, HookTable::Kind::recording)
      ->add([f = std::move(f)](const Node& node, double&) { f(node); }, filter);
}

Hook on_sweep(Tape& tape, SweepHook f, const HookFilter& filter) {
  check_function("on_sweep", f);
  if (filter.node != 0) tape.node(filter.node);  // throws if there is none
  return HookTable::of(tape, HookTable::Kind::sweep)->add(std::move(f), filter);
}

Hook on_adjoint(Value x, SweepHook f) {
  const Node node(x);
  // A tape on which this thread has recorded is no constant.
  return on_sweep(const_cast<Tape&>(node.tape()), std::move(f), {.node = node.index()});
}

}  // namespace tapegrad
