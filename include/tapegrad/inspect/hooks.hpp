// Functions of one's own that a tape calls: when it records a node, when it sweeps one.
//
//   const Hook log = on_sweep(tape, [](Node node, double& adjoint) { ... });
//   const Hook clip = on_adjoint(x, [](Node, double& adjoint) { adjoint = std::min(adjoint, 1.0);
//   });
//
// With any hook on sweeping the plain sweep runs, which comes by every node.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tapegrad/core/node.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

class HookTable;
struct HookEntry;

/// A hook lives as long as its handle: kept nowhere it is gone at once, so keep it. It may be
/// removed at any time, also by itself while it runs. It may outlive its tape.
class TAPEGRAD_API Hook {
 public:
  /// No hook.
  Hook() = default;
  Hook(std::shared_ptr<HookTable> table, std::shared_ptr<HookEntry> entry);
  ~Hook() { remove(); }
  Hook(Hook&&) noexcept = default;
  Hook& operator=(Hook&& other) noexcept;

  /// From now on it is not called. Does nothing where there is no hook any more.
  void remove();
  /// Can it be called yet? Not if it was removed, or went with its node.
  bool is_there() const;

 private:
  std::shared_ptr<HookTable> table_;
  std::shared_ptr<HookEntry> entry_;
};

/// Which nodes a hook is called for: those that are all that is given here.
struct HookFilter {
  std::optional<Op> op = {};
  /// As the node is called at that moment: most names are given after the node is recorded.
  std::string name = {};
  std::size_t node = 0;  // its index
};

using RecordHook = std::function<void(const Node&)>;
using SweepHook = std::function<void(const Node&, double& adjoint)>;

/// Calls f for each node that is recorded. If it throws, the node is taken back. It must not record
/// on the tape, sweep, clear or rewind it.
/// @throws ArgumentError if there is no function
[[nodiscard]] TAPEGRAD_API Hook on_record(Tape& tape, RecordHook f, const HookFilter& filter = {});

/// Calls f in each sweep for every node from the output on down, when its adjoint is complete and
/// about to be handed on, also when it is 0. What f writes to `adjoint` is the node's from there
/// on. If it throws, all adjoints are as before the sweep. Hooks that were added before come
/// first. With a filter by node it goes when clear() or rewind() takes the node.
/// pull_back() sweeps unseen.
/// @throws ArgumentError if there is no function, or no node of that index
[[nodiscard]] TAPEGRAD_API Hook on_sweep(Tape& tape, SweepHook f, const HookFilter& filter = {});

/// The same for the node of one Value, on a tape that is active on this thread.
/// @throws UnsupportedError for a constant; StaleValueError; ArgumentError if there is no function
[[nodiscard]] TAPEGRAD_API Hook on_adjoint(Value x, SweepHook f);

}  // namespace tapegrad
