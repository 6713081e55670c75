// Files of tensors, byte by byte as the format describes them.
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "tapegrad/core/error.hpp"

namespace tapegrad::testing {

template <class T> std::string raw_bytes(const T& number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

/// The header's length, the header, the tensors.
inline std::string tensor_bytes(std::string_view header, std::string_view data) {
  return raw_bytes(std::uint64_t{header.size()}).append(header).append(data);
}

/// What the error says, behind "path: ".
inline std::string message_behind(std::string_view path, const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    const bool is_named = message.starts_with(std::string(path) + ": ");
    return std::string(is_named ? message.substr(path.size() + 2) : message);
  }
  return "no error";
}

}  // namespace tapegrad::testing
