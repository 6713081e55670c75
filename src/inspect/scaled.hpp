// A number that neither over- nor underflows: products of a million partials, counts of 2^1000
// paths.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

namespace tapegrad {

/// mantissa · 2^exponent. Products are rounded as those of doubles are, where these stay in range.
class Scaled {
 public:
  Scaled() = default;
  explicit Scaled(double x) : Scaled(x, 0) {}

  double mantissa() const { return mantissa_; }
  bool is_zero() const { return mantissa_ == 0; }
  bool is_finite() const { return std::isfinite(mantissa_); }

  /// 0 or ±∞ where a double cannot hold it.
  double to_double() const {
    constexpr std::int64_t beyond = 5000;
    if (exponent_ < -beyond) return std::copysign(0.0, mantissa_);
    return std::ldexp(mantissa_, static_cast<int>(std::min(exponent_, beyond)));
  }

  /// log10 |x|; -∞ for 0.
  double log10_size() const {
    return std::log10(std::abs(mantissa_)) + static_cast<double>(exponent_) * std::log10(2.0);
  }

  friend Scaled operator*(const Scaled& a, const Scaled& b) {
    return {a.mantissa_ * b.mantissa_, a.exponent_ + b.exponent_};
  }
  friend Scaled operator/(const Scaled& a, const Scaled& b) {
    return {a.mantissa_ / b.mantissa_, a.exponent_ - b.exponent_};
  }
  friend Scaled operator+(const Scaled& a, const Scaled& b) {
    if (!a.is_finite() || !b.is_finite()) return Scaled(a.mantissa_ + b.mantissa_);
    if (a.is_zero()) return b;
    if (b.is_zero()) return a;
    if (a.exponent_ < b.exponent_) return b + a;
    const std::int64_t distance = a.exponent_ - b.exponent_;
    if (distance > 60) return a;  // b is less than half of a's last bit
    return {a.mantissa_ + b.mantissa_ / static_cast<double>(std::uint64_t{1} << distance),
            a.exponent_};
  }
  Scaled& operator+=(const Scaled& other) { return *this = *this + other; }

  /// Compares |a| with |b|; what is not finite is larger than all else, and equal among itself.
  friend bool is_larger(const Scaled& a, const Scaled& b) {
    if (!a.is_finite() || !b.is_finite()) return !a.is_finite() && b.is_finite();
    if (a.is_zero() || b.is_zero()) return !a.is_zero() && b.is_zero();
    if (a.exponent_ != b.exponent_) return a.exponent_ > b.exponent_;
    return std::abs(a.mantissa_) > std::abs(b.mantissa_);
  }

 private:
  // Takes the exponent out of x. By its bits: std::frexp took half of the time of a search.
  Scaled(double x, std::int64_t exponent) {
    constexpr std::uint64_t field = 0x7FF, of_one_half = 1022;
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const std::uint64_t own = bits >> 52 & field;
    if (own != 0 && own != field) {
      mantissa_ = std::bit_cast<double>((bits & ~(field << 52)) | of_one_half << 52);
      exponent_ = exponent + static_cast<std::int64_t>(own) - std::int64_t{of_one_half};
    } else if (x == 0 || own == field) {
      mantissa_ = x;
    } else {  // subnormal
      *this = Scaled(x * 0x1p64, exponent - 64);
    }
  }

  double mantissa_ = 0;        // 0, not finite, or 0.5 <= |mantissa| < 1
  std::int64_t exponent_ = 0;  // 0 beside 0 and what is not finite
};

}  // namespace tapegrad
