// The constants of <numbers>, for templates that ask for those of their number:
// std::numbers::pi_v<T>.
#pragma once

#include <numbers>

#include "tapegrad/core/value.hpp"

namespace std::numbers {

template <> inline constexpr tapegrad::Value e_v<tapegrad::Value> = e;
template <> inline constexpr tapegrad::Value log2e_v<tapegrad::Value> = log2e;
template <> inline constexpr tapegrad::Value log10e_v<tapegrad::Value> = log10e;
template <> inline constexpr tapegrad::Value pi_v<tapegrad::Value> = pi;
template <> inline constexpr tapegrad::Value inv_pi_v<tapegrad::Value> = inv_pi;
template <> inline constexpr tapegrad::Value inv_sqrtpi_v<tapegrad::Value> = inv_sqrtpi;
template <> inline constexpr tapegrad::Value ln2_v<tapegrad::Value> = ln2;
template <> inline constexpr tapegrad::Value ln10_v<tapegrad::Value> = ln10;
template <> inline constexpr tapegrad::Value sqrt2_v<tapegrad::Value> = sqrt2;
template <> inline constexpr tapegrad::Value sqrt3_v<tapegrad::Value> = sqrt3;
template <> inline constexpr tapegrad::Value inv_sqrt3_v<tapegrad::Value> = inv_sqrt3;
template <> inline constexpr tapegrad::Value egamma_v<tapegrad::Value> = egamma;
template <> inline constexpr tapegrad::Value phi_v<tapegrad::Value> = phi;

}  // namespace std::numbers
