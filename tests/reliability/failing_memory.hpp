// Memory that runs out at a chosen moment: the n-th allocation from now on fails, by new or by
// mmap. And how much of it is taken by new.
#pragma once

#include <cstddef>

namespace tapegrad::testing {

/// From its making on, as long as it lives, on this thread: n allocations succeed and the next one
/// fails, as do `failures - 1` after it. Others' threads allocate as they please.
class FailingMemory {
 public:
  explicit FailingMemory(std::size_t n, std::size_t failures = 1);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;

  /// Has the allocation been asked for that fails?
  static bool has_failed();
};

/// What new has given since its making and delete has not taken back, on this thread. One at a
/// time.
class HeapGauge {
 public:
  HeapGauge();

  /// The most bytes there were at once.
  std::size_t most() const;
};

}  // namespace tapegrad::testing
