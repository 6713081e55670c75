// Memory that runs out at a chosen moment: the n-th allocation from now on fails, by new or by
// mmap.
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

}  // namespace tapegrad::testing
