// What a target makes of its bytes: small choices, numbers, texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>

namespace tapegrad::fuzz {

/// What bytes say; when they are at an end, zeros.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  bool at_end() const { return left_.empty(); }
  std::size_t next(std::size_t below) {
    if (left_.empty()) return 0;
    const std::size_t choice = left_.front() % below;
    left_ = left_.subspan(1);
    return choice;
  }

  /// Eight bytes as they are: any double.
  double number() {
    std::array<std::uint8_t, sizeof(double)> bytes{};
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(next(256));
    double number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }

  /// All that is left.
  std::string rest() {
    const std::string text(left_.begin(), left_.end());
    left_ = {};
    return text;
  }

 private:
  std::span<const std::uint8_t> left_;
};

/// As many as a byte may choose from evenly; seeds and findings count on their order.
inline constexpr std::array common_numbers{0.0,
                                           -0.0,
                                           1.0,
                                           -1.0,
                                           2.0,
                                           0.5,
                                           3.0,
                                           -2.5,
                                           std::numeric_limits<double>::infinity(),
                                           5e-324,
                                           1e308,
                                           1e-8,
                                           -std::numeric_limits<double>::infinity(),
                                           0.75,
                                           std::numeric_limits<double>::quiet_NaN(),
                                           0.1};

}  // namespace tapegrad::fuzz
