// std::numeric_limits<Value>: those of double, as constants.
#pragma once

#include <limits>

#include "tapegrad/core/value.hpp"

template <> class std::numeric_limits<tapegrad::Value> : public std::numeric_limits<double> {
  using Number = std::numeric_limits<double>;
  using Value = tapegrad::Value;

 public:
  static constexpr Value min() noexcept { return Number::min(); }
  static constexpr Value max() noexcept { return Number::max(); }
  static constexpr Value lowest() noexcept { return Number::lowest(); }
  static constexpr Value epsilon() noexcept { return Number::epsilon(); }
  static constexpr Value round_error() noexcept { return Number::round_error(); }
  static constexpr Value infinity() noexcept { return Number::infinity(); }
  static constexpr Value quiet_NaN() noexcept { return Number::quiet_NaN(); }
  static constexpr Value signaling_NaN() noexcept { return Number::signaling_NaN(); }
  static constexpr Value denorm_min() noexcept { return Number::denorm_min(); }
};
