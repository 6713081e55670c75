// How often memory was asked for: every `new` of the test program is counted, on all threads.
#pragma once

#include <cstddef>

namespace tapegrad::testing {

std::size_t allocations();

}  // namespace tapegrad::testing
