// long double as a witness: more digits than double has.
#pragma once

#include <doctest/doctest.h>

#include <limits>

namespace tapegrad::testing {

/// Are numbers computed in all digits of long double? Valgrind takes 53 bits for them. If not, says
/// so: a test that needs the digits ends there.
inline bool long_double_is_whole() {
  const volatile long double one = 1;
  const bool is_whole = one + std::numeric_limits<long double>::epsilon() != one;
  if (!is_whole) MESSAGE("passed by: long double is computed in fewer digits than it has");
  return is_whole;
}

}  // namespace tapegrad::testing
