// The hooks of one tape: a table for those on recording, and one for those on sweeping, which
// joins the tape as an observer while it has a hook.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "tapegrad/core/observer.hpp"
#include "tapegrad/inspect/hooks.hpp"

namespace tapegrad {

struct HookEntry {
  SweepHook f;
  HookFilter filter;
  std::uint64_t number;  // hooks are called in this order
  bool is_removed = false;
};

class HookTable : public Observer, public std::enable_shared_from_this<HookTable> {
 public:
  enum class Kind : std::uint8_t { recording, sweep };

  /// The table of the tape, if need be a new one.
  static std::shared_ptr<HookTable> of(Tape& tape, Kind kind);

  HookTable(Tape& tape, Kind kind);
  ~HookTable() override;

  Hook add(SweepHook f, const HookFilter& filter);
  void remove(HookEntry& entry);

 private:
  using Entries = std::vector<std::shared_ptr<HookEntry>>;
  using ByNode = std::map<std::size_t, Entries>;

  bool sees_recording() const override { return kind_ == Kind::recording; }
  bool sees_sweep() const override { return kind_ == Kind::sweep; }
  void recorded(const Node& node) override;
  void adjoint_ready(const Node& node, double& adjoint) override { call(node, adjoint); }
  void taken_back(std::size_t end) override;
  void tape_gone() override;

  void call(const Node& node, double& adjoint);
  ByNode::iterator drop_removed(ByNode::iterator at);
  void drop_removed();

  Tape* tape_;
  Kind kind_;
  std::uint64_t next_number_ = 0;
  Entries for_all_;  // without a filter by node
  ByNode by_node_;
  std::size_t calls_ = 0;  // under way: while there are any, no entry leaves its list
  bool has_removed_ = false;
};

}  // namespace tapegrad
