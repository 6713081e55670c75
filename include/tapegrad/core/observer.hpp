// Looking on while a tape records and sweeps.
//
// The fast path knows nothing of it: a tape that is watched pretends to be full, so that every
// operation takes the path that else makes room for more. inspect/ has the observers that people
// use: hooks, detection of anomalies.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

class Node;
class Tape;

/// Is told what a tape does. Joined by Tape::add_observer(); it must not record on the tape, sweep,
/// clear or rewind it. It may leave at any time, also while one is told something, and is told no
/// more.
class TAPEGRAD_API Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer();

  /// Does it want to know of each node that is recorded? Asked when it joins; and of each node, as
  /// long as anybody wants to know.
  virtual bool sees_recording() const { return false; }
  /// Does it want to know of each node that is swept? Asked before a sweep, which then is the
  /// plain one. pull_back(), which sweeps several directions, tells no one.
  virtual bool sees_sweep() const { return false; }

  /// A node has been recorded. If this throws, the node is taken back.
  virtual void recorded(const Node& node);
  /// In a sweep: the adjoint of the node is complete, and about to be handed on to the operands.
  /// Called for every node from the output on down, also where the adjoint is 0. What it writes to
  /// `adjoint` is what the node has from here on. If this throws, all adjoints are as before the
  /// sweep.
  virtual void adjoint_ready(const Node& node, double& adjoint);
  /// The nodes from index `end` on were taken back, by clear() (then `end` is 1) or rewind().
  virtual void taken_back(std::size_t end);
  /// The tape is being destroyed, and has let the observer go: it need not leave any more.
  virtual void tape_gone();
};

/// A place in a program.
struct Location {
  std::string file;
  std::size_t line = 0;
  std::string function;
};

/// While it lives, what this thread records counts as recorded at `caller`: for functions of the
/// library that record many nodes, like a layer. The outermost wins.
class TAPEGRAD_API CallerScope {
 public:
  explicit CallerScope(const void* caller);
  ~CallerScope();
  CallerScope(const CallerScope&) = delete;
  CallerScope& operator=(const CallerScope&) = delete;

 private:
  const void** place_ = nullptr;  // null: an outer one is there, or nobody wants to know
};

/// What a tape has for those who look on.
struct Watch {
  static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

  std::vector<Observer*> observers;
  bool keeps_callers = false;
  std::size_t break_at = never;      // node at which to call tapegrad_break()
  const void* caller = nullptr;      // of a CallerScope
  std::vector<const void*> callers;  // by node; null where it is not known
  std::vector<Location> locations;   // of a tape from a file, where callers are places in here

  struct Turn {
    std::size_t next;  // of the observers to be told
    Turn* outer;       // of whom one is being told
  };
  Turn* turn = nullptr;  // of those who are told now
};

}  // namespace tapegrad

/// Called when the node is recorded that Tape::break_at() or the environment variable
/// TAPEGRAD_BREAK_AT asks for. It does nothing: it is there for a debugger's breakpoint, and its
/// caller's callers are the code that recorded the node.
extern "C" TAPEGRAD_API void tapegrad_break(const tapegrad::Tape* tape, std::size_t node);
