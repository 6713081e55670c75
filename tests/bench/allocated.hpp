// How many bytes are allocated: every `new` of a program that links allocated.cpp is counted.
#pragma once

#include <cstddef>

namespace tapegrad::bench {

/// The most that was allocated at once since it was made, beside what was there before. One at a
/// time, and one thread.
class AllocatedPeak {
 public:
  AllocatedPeak();
  std::size_t bytes() const;

 private:
  std::size_t before_;
};

}  // namespace tapegrad::bench
