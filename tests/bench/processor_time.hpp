// The time that the processor has spent on this program: others that run meanwhile take none of it.
#pragma once

#include <ctime>

namespace tapegrad::bench {

/// In seconds.
inline double processor_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace tapegrad::bench
