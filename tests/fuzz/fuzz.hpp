// What a fuzz target is: a function of bytes that throws, or trips over a sanitizer, where
// something is wrong with the library. libFuzzer finds bytes for it; replay_main.cpp runs those
// that are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tapegrad::fuzz {

/// Bytes to begin with. Each target has its own.
std::vector<std::string> seeds();

/// Nobody catches it but replay_main.cpp.
class Finding : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

}  // namespace tapegrad::fuzz
