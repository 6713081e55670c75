// How a sample ends: what main() returns, and an error as one line.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>
#include <type_traits>

#include "tapegrad/core/error.hpp"

/// All that main() does. A sample that compares may return whether all agree.
/// @return  0; 1 if it returns false, or comes to a number that is not finite (AnomalyError); 2 for
///          any other error, which is told on the standard error
template <class Sample> int run_sample(std::string_view name, const Sample& sample) {
  try {
    if constexpr (std::is_void_v<decltype(sample())>) {
      sample();
      return 0;
    } else {
      return sample() ? 0 : 1;
    }
  } catch (const tapegrad::AnomalyError& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  } catch (const tapegrad::Error& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 2;
  }
}
