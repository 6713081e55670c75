#include "packed_numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "draw/page_parts/html_text.hpp"

namespace tapegrad {
namespace {

int code_of(double x, double largest) {
  if (std::isnan(x)) return max_code + 2;
  if (std::isinf(x)) return x > 0 ? max_code + 1 : -(max_code + 1);
  return largest > 0 ? static_cast<int>(std::lround(x / largest * max_code)) : 0;
}

}  // namespace

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k)
      text += k <= count ? letters[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string packed(std::span<const double> numbers) {
  double largest = 0;
  for (const double x : numbers)
    if (std::isfinite(x)) largest = std::max(largest, std::abs(x));
  std::vector<std::uint8_t> bytes;
  bytes.reserve(2 * numbers.size());
  for (const double x : numbers) {
    const auto code = static_cast<std::uint16_t>(code_of(x, largest));
    bytes.push_back(static_cast<std::uint8_t>(code & 255));
    bytes.push_back(static_cast<std::uint8_t>(code >> 8));
  }
  return fmt::format("[{},\"{}\"]", html::json(largest), base64(bytes));
}

std::string packed_shares(std::span<const double> shares) {
  std::vector<std::uint8_t> bytes;
  for (const double share : shares)
    bytes.push_back(static_cast<std::uint8_t>(std::lround(255 * std::clamp(share, 0.0, 1.0))));
  return base64(bytes);
}

}  // namespace tapegrad
