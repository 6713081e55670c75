#include "hook_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tapegrad {
namespace {

bool matches(const HookFilter& filter, const Node& node) {
  if (filter.op && *filter.op != node.op()) return false;
  return filter.name.empty() || filter.name == node.name();
}

bool was_removed(const std::shared_ptr<HookEntry>& entry) { return entry->is_removed; }

}  // namespace

std::shared_ptr<HookTable> HookTable::of(Tape& tape, Kind kind) {
  if (tape.watch() != nullptr) {
    for (Observer* const observer : tape.watch()->observers) {
      auto* const table = dynamic_cast<HookTable*>(observer);
      if (table != nullptr && table->kind_ == kind) return table->shared_from_this();
    }
  }
  return std::make_shared<HookTable>(tape, kind);
}

HookTable::HookTable(Tape& tape, Kind kind) : tape_(&tape), kind_(kind) {
  tape.add_observer(*this);
}

HookTable::~HookTable() {
  if (tape_ != nullptr) tape_->remove_observer(*this);
}

Hook HookTable::add(SweepHook f, const HookFilter& filter) {
  auto entry = std::make_shared<HookEntry>(HookEntry{std::move(f), filter, next_number_++});
  (filter.node == 0 ? for_all_ : by_node_[filter.node]).push_back(entry);
  return {shared_from_this(), std::move(entry)};
}

void HookTable::remove(HookEntry& entry) {
  if (entry.is_removed) return;
  entry.is_removed = true;
  if (calls_ > 0) {
    has_removed_ = true;
  } else if (entry.filter.node == 0) {
    std::erase_if(for_all_, was_removed);
  } else if (const auto at = by_node_.find(entry.filter.node); at != by_node_.end()) {
    drop_removed(at);
  }
}

// @return the place behind it
HookTable::ByNode::iterator HookTable::drop_removed(ByNode::iterator at) {
  std::erase_if(at->second, was_removed);
  return at->second.empty() ? by_node_.erase(at) : std::next(at);
}

void HookTable::drop_removed() {
  has_removed_ = false;
  std::erase_if(for_all_, was_removed);
  for (auto at = by_node_.begin(); at != by_node_.end();) at = drop_removed(at);
}

void HookTable::recorded(const Node& node) {
  double none = 0;
  call(node, none);
}

void HookTable::taken_back(std::size_t end) {
  if (kind_ == Kind::recording) return;  // there a node of that index may come again
  for (auto at = by_node_.lower_bound(end); at != by_node_.end(); at = by_node_.erase(at))
    for (const auto& entry : at->second) entry->is_removed = true;
}

void HookTable::tape_gone() {
  tape_ = nullptr;
  for (const auto& entry : for_all_) entry->is_removed = true;
  for (const auto& [node, entries] : by_node_)
    for (const auto& entry : entries) entry->is_removed = true;
}

// A hook may add and remove hooks: those that it adds are not called for this node any more.
void HookTable::call(const Node& node, double& adjoint) {
  const auto of_node = by_node_.find(node.index());
  if (for_all_.empty() && of_node == by_node_.end()) return;

  struct Call {
    explicit Call(HookTable& it) : table(it.shared_from_this()) { ++it.calls_; }
    ~Call() {
      if (--table->calls_ == 0 && table->has_removed_) table->drop_removed();
    }
    std::shared_ptr<HookTable> table;  // its last hook may go
  };
  const Call under_way(*this);
  static const Entries none;
  const Entries& own = of_node == by_node_.end() ? none : of_node->second;
  const std::uint64_t end = next_number_;
  for (std::size_t i = 0, j = 0; i < for_all_.size() || j < own.size();) {
    const bool take_own =
        i == for_all_.size() || (j < own.size() && own[j]->number < for_all_[i]->number);
    const std::shared_ptr<HookEntry> entry = take_own ? own[j++] : for_all_[i++];
    if (entry->number >= end) continue;
    if (!entry->is_removed && matches(entry->filter, node)) entry->f(node, adjoint);
  }
}

}  // namespace tapegrad
