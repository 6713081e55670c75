// Numbers as few letters of a page: rounded, and in base64.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// Bytes as text. Source: RFC 4648, section 4.
TAPEGRAD_API std::string base64(std::span<const std::uint8_t> bytes);

/// The greatest code of a number; what is not finite has codes beyond it.
inline constexpr int max_code = 32765;

/// JSON [largest,"base64"]: codes of 16 bits, the lower byte first. A finite number is
/// code / max_code · largest, where `largest` is the largest size of a finite one; so each is off
/// by at most largest / (2 · max_code). ±∞ is ±(max_code + 1), NaN max_code + 2.
TAPEGRAD_API std::string packed(std::span<const double> numbers);

/// Shares from 0 to 1 as bytes in base64, off by at most 1/510.
TAPEGRAD_API std::string packed_shares(std::span<const double> shares);

}  // namespace tapegrad
