#include "edge_rows.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace tapegrad::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double pi = std::numbers::pi;
constexpr double ln_2 = std::numbers::ln2;
constexpr double ln_10 = std::numbers::ln10;

// Their squares leave the range of double, and as powers of two they multiply exactly.
constexpr double huge = 0x1p700;
constexpr double tiny = 0x1p-700;

using Rows = std::vector<EdgeRow>;

Rows arithmetic() {
  return {
      {Op::Add, {inf, -inf}, nan, {1, 1}},
      {Op::Sub, {inf, inf}, nan, {1, -1}},
      {Op::Mul, {0, inf}, nan, {inf, 0}},
      {Op::Neg, {0}, -0.0, {-1}},
      {Op::Div, {1, 0}, inf, {inf, -inf}},
      {Op::Div, {-1, 0}, -inf, {inf, inf}},
      {Op::Div, {1, -0.0}, -inf, {-inf, -inf}},
      {Op::Div, {0, 0}, nan, {inf, nan}},
      {Op::Div, {1, inf}, 0, {0, -0.0}},
      {Op::Div, {inf, 2}, inf, {0.5, -inf}},
      {Op::Div, {inf, inf}, nan, {0, nan}},
      {Op::Fma, {1 + 0x1p-30, 1 - 0x1p-30, -1}, -0x1p-60, {1 - 0x1p-30, 1 + 0x1p-30, 1}},
      {Op::Fma, {inf, 0, 1}, nan, {0, inf, 1}},
      {Op::Chain, {0, inf}, 0, {inf, 0}},
      {Op::Chain, {-0.0, -inf}, 0, {-inf, -0.0}},
      {Op::Chain, {0, nan}, 0, {nan, 0}},
      {Op::Chain, {2, -inf}, -inf, {-inf, 2}},
      {Op::Chain, {inf, 0}, nan, {0, inf}},
  };
}

Rows powers() {
  return {
      {Op::Pow, {0, 0}, 1, {0, 0}},
      {Op::Pow, {-0.0, 0}, 1, {0, 0}},
      {Op::Pow, {2, 0}, 1, {0, ln_2}},
      {Op::Pow, {-2, 0}, 1, {-0.0, nan}},
      {Op::Pow, {inf, 0}, 1, {0, inf}},
      {Op::Pow, {nan, 0}, 1, {nan, nan}},
      {Op::Pow, {1, nan}, 1, {nan, 0}},
      {Op::Pow, {0, 0.5}, 0, {inf, 0}},
      {Op::Pow, {0, 1}, 0, {1, 0}},
      {Op::Pow, {0, 2}, 0, {0, 0}},
      {Op::Pow, {-0.0, 3}, -0.0, {0, 0}},
      {Op::Pow, {0, -1}, inf, {-inf, -inf}},
      {Op::Pow, {-0.0, -1}, -inf, {-inf, inf}},
      {Op::Pow, {-2, 3}, -8, {12, nan}},
      {Op::Pow, {-2, 2}, 4, {-4, nan}},
      {Op::Pow, {-2, -1}, -0.5, {-0.25, nan}},
      {Op::Pow, {-2, 0.5}, nan, {nan, nan}},
      {Op::Pow, {inf, -1}, 0, {-0.0, 0}},
      {Op::Pow, {inf, 2}, inf, {inf, inf}},
      {Op::Pow, {2, inf}, inf, {inf, inf}},
      {Op::Pow, {0.5, inf}, 0, {nan, 0}},
      {Op::Sqrt, {0}, 0, {inf}},
      {Op::Sqrt, {-0.0}, -0.0, {-inf}},
      {Op::Sqrt, {-1}, nan, {nan}},
      {Op::Sqrt, {inf}, inf, {0}},
      {Op::Cbrt, {0}, 0, {inf}},
      {Op::Cbrt, {-0.0}, -0.0, {inf}},
      {Op::Cbrt, {-8}, -2, {1.0 / 12}},
      {Op::Cbrt, {-inf}, -inf, {0}},
      {Op::Hypot, {0, 0}, 0, {0, 0}},
      {Op::Hypot, {-0.0, 0}, 0, {0, 0}},
      {Op::Hypot, {0, -3}, 3, {0, -1}},
      {Op::Hypot, {inf, 1}, inf, {nan, 0}},
      {Op::Hypot, {-inf, inf}, inf, {nan, nan}},
      {Op::Hypot, {inf, nan}, inf, {nan, nan}},
      {Op::Hypot, {nan, -inf}, inf, {nan, nan}},
      {Op::Hypot, {nan, 1}, nan, {nan, nan}},
      {Op::Hypot, {3 * huge, 4 * huge}, 5 * huge, {0.6, 0.8}},
      {Op::Hypot, {3 * tiny, -4 * tiny}, 5 * tiny, {0.6, -0.8}},
  };
}

Rows pieces() {
  return {
      {Op::Abs, {0}, 0, {0}},
      {Op::Abs, {-0.0}, 0, {0}},
      {Op::Abs, {-3}, 3, {-1}},
      {Op::Abs, {-inf}, inf, {-1}},
      {Op::Abs, {nan}, nan, {nan}},
      {Op::Max, {2, 2}, 2, {0.5, 0.5}},
      {Op::Max, {0, -0.0}, -0.0, {0.5, 0.5}},
      {Op::Max, {1, inf}, inf, {0, 1}},
      {Op::Max, {nan, 1}, nan, {0.5, 0.5}},
      {Op::Max, {1, nan}, nan, {0.5, 0.5}},
      {Op::Min, {2, 2}, 2, {0.5, 0.5}},
      {Op::Min, {-0.0, 0}, 0, {0.5, 0.5}},
      {Op::Min, {1, -inf}, -inf, {0, 1}},
      {Op::Min, {nan, 1}, nan, {0.5, 0.5}},
      {Op::Min, {1, nan}, nan, {0.5, 0.5}},
      {Op::Fmod, {6, 2}, 0, {1, -3}},
      {Op::Fmod, {-6, 2}, -0.0, {1, 3}},
      {Op::Fmod, {1, 0.1}, std::fma(-9, 0.1, 1), {1, -9}},  // 1 / 0.1 rounds to 10
      {Op::Fmod, {1, inf}, 1, {1, -0.0}},
      {Op::Fmod, {1, 0}, nan, {1, nan}},
      {Op::Fmod, {inf, 2}, nan, {1, nan}},
      {Op::Floor, {2}, 2, {0}},
      {Op::Floor, {-0.5}, -1, {0}},
      {Op::Floor, {-inf}, -inf, {0}},
      {Op::Ceil, {2}, 2, {0}},
      {Op::Ceil, {-0.5}, -0.0, {0}},
      {Op::Ceil, {inf}, inf, {0}},
      {Op::Round, {0.5}, 1, {0}},
      {Op::Round, {-0.5}, -1, {0}},
      {Op::Round, {2.5}, 3, {0}},
      {Op::Trunc, {2}, 2, {0}},
      {Op::Trunc, {-1.5}, -1, {0}},
      {Op::Trunc, {-0.5}, -0.0, {0}},
      {Op::Copysign, {0, -1}, -0.0, {0, 0}},
      {Op::Copysign, {3, -0.0}, -3, {-1, 0}},
      {Op::Copysign, {-inf, 1}, inf, {-1, 0}},
      {Op::Copysign, {-3, nan}, 3, {-1, 0}},
      {Op::Copysign, {nan, 1}, nan, {1, 0}},
  };
}

Rows conditions() {
  return {
      {Op::Less, {0, -0.0}, 0, {0, 0}},
      {Op::Less, {1, inf}, 1, {0, 0}},
      {Op::Less, {nan, 1}, 0, {0, 0}},
      {Op::Less, {1, nan}, 0, {0, 0}},
      {Op::LessEqual, {0, -0.0}, 1, {0, 0}},
      {Op::LessEqual, {nan, 1}, 0, {0, 0}},
      {Op::LessEqual, {1, nan}, 0, {0, 0}},
      {Op::Greater, {-0.0, 0}, 0, {0, 0}},
      {Op::Greater, {1, -inf}, 1, {0, 0}},
      {Op::Greater, {nan, 1}, 0, {0, 0}},
      {Op::Greater, {1, nan}, 0, {0, 0}},
      {Op::GreaterEqual, {-0.0, 0}, 1, {0, 0}},
      {Op::GreaterEqual, {nan, 1}, 0, {0, 0}},
      {Op::GreaterEqual, {1, nan}, 0, {0, 0}},
      {Op::Equal, {0, -0.0}, 1, {0, 0}},
      {Op::Equal, {inf, inf}, 1, {0, 0}},
      {Op::Equal, {nan, nan}, 0, {0, 0}},
      {Op::Equal, {nan, 1}, 0, {0, 0}},
      {Op::Equal, {1, nan}, 0, {0, 0}},
      {Op::NotEqual, {0, -0.0}, 0, {0, 0}},
      {Op::NotEqual, {nan, nan}, 1, {0, 0}},
      {Op::NotEqual, {nan, 1}, 1, {0, 0}},
      {Op::NotEqual, {1, nan}, 1, {0, 0}},
      {Op::Select, {0, 1, 2}, 2, {0, 0, 1}},
      {Op::Select, {-0.0, nan, 2}, 2, {0, 0, 1}},
      {Op::Select, {1, 1, nan}, 1, {0, 1, 0}},
      {Op::Select, {nan, 1, 2}, 1, {0, 1, 0}},
  };
}

Rows trigonometric() {
  return {
      {Op::Sin, {inf}, nan, {nan}},
      {Op::Sin, {-inf}, nan, {nan}},
      {Op::Cos, {inf}, nan, {nan}},
      {Op::Cos, {-inf}, nan, {nan}},
      {Op::Tan, {inf}, nan, {nan}},
      {Op::Tan, {-inf}, nan, {nan}},
      {Op::Asin, {1}, pi / 2, {inf}},
      {Op::Asin, {-1}, -pi / 2, {inf}},
      {Op::Asin, {2}, nan, {nan}},
      {Op::Asin, {-2}, nan, {nan}},
      {Op::Acos, {1}, 0, {-inf}},
      {Op::Acos, {-1}, pi, {-inf}},
      {Op::Acos, {2}, nan, {nan}},
      {Op::Acos, {-2}, nan, {nan}},
      {Op::Atan, {inf}, pi / 2, {0}},
      {Op::Atan, {-inf}, -pi / 2, {0}},
      {Op::Atan, {huge}, pi / 2, {0}},
      {Op::Atan2, {0, 0}, 0, {0, 0}},
      {Op::Atan2, {-0.0, 0}, -0.0, {0, 0}},
      {Op::Atan2, {0, -0.0}, pi, {0, 0}},
      {Op::Atan2, {0, -1}, pi, {-1, -0.0}},
      {Op::Atan2, {inf, 1}, pi / 2, {0, nan}},
      {Op::Atan2, {1, inf}, 0, {nan, -0.0}},
      {Op::Atan2, {inf, -inf}, 3 * pi / 4, {nan, nan}},
      {Op::Atan2, {3 * huge, 4 * huge}, std::atan(0.75), {0.8 / (5 * huge), -0.6 / (5 * huge)}},
      {Op::Atan2, {3 * tiny, 4 * tiny}, std::atan(0.75), {0.8 / (5 * tiny), -0.6 / (5 * tiny)}},
  };
}

Rows activations() {
  return {
      {Op::Sigmoid, {0}, 0.5, {0.25}},
      {Op::Sigmoid, {800}, 1, {0}},
      {Op::Sigmoid, {-800}, 0, {0}},
      {Op::Sigmoid, {inf}, 1, {0}},
      {Op::Sigmoid, {-inf}, 0, {0}},
      {Op::Relu, {0}, 0, {0}},
      {Op::Relu, {-0.0}, -0.0, {0}},
      {Op::Relu, {inf}, inf, {1}},
      {Op::Relu, {-inf}, 0, {0}},
      {Op::Relu, {nan}, nan, {0}},
      {Op::LeakyRelu, {0, 0.125}, 0, {0.125, 0}},
      {Op::LeakyRelu, {0, nan}, nan, {nan, 0}},
      {Op::LeakyRelu, {-0.0, 0.125}, -0.0, {0.125, -0.0}},
      {Op::LeakyRelu, {-inf, 0.125}, -inf, {0.125, -inf}},
      {Op::LeakyRelu, {nan, 0.125}, nan, {0.125, nan}},
      {Op::LeakyRelu, {2, nan}, 2, {1, 0}},
      {Op::LeakyRelu, {-2, nan}, nan, {nan, -2}},
      {Op::Elu, {0, 2}, 0, {2, 0}},
      {Op::Elu, {0, nan}, nan, {nan, 0}},
      {Op::Elu, {-0.0, 2}, -0.0, {2, -0.0}},
      {Op::Elu, {inf, 2}, inf, {1, 0}},
      {Op::Elu, {-inf, 2}, -2, {0, -1}},
      {Op::Elu, {nan, 2}, nan, {nan, nan}},
      {Op::Elu, {2, nan}, 2, {1, 0}},
      {Op::Softplus, {0}, ln_2, {0.5}},
      {Op::Softplus, {800}, 800, {1}},
      {Op::Softplus, {-800}, 0, {0}},
      {Op::Softplus, {inf}, inf, {1}},
      {Op::Softplus, {-inf}, 0, {0}},
      {Op::Gelu, {0}, 0, {0.5}},
      {Op::Gelu, {40}, 40, {1}},
      {Op::Gelu, {-40}, 0, {0}},
      {Op::Gelu, {inf}, inf, {1}},
      {Op::Gelu, {-inf}, 0, {0}},
      {Op::Silu, {0}, 0, {0.5}},
      {Op::Silu, {800}, 800, {1}},
      {Op::Silu, {-800}, 0, {0}},
      {Op::Silu, {inf}, inf, {1}},
      {Op::Silu, {-inf}, 0, {0}},
  };
}

Rows special_functions() {
  const double one_over_sqrt_2pi = static_cast<double>(rule::one_over_sqrt_2pi);
  return {
      {Op::Erf, {inf}, 1, {0}},
      {Op::Erf, {-inf}, -1, {0}},
      {Op::Erf, {-huge}, -1, {0}},
      {Op::Erfc, {inf}, 0, {-0.0}},
      {Op::Erfc, {-inf}, 2, {-0.0}},
      {Op::Lgamma, {0}, inf, {-inf}},
      {Op::Lgamma, {-0.0}, inf, {inf}},
      {Op::Lgamma, {-1}, inf, {nan}},
      {Op::Lgamma, {inf}, inf, {inf}},
      {Op::Lgamma, {-inf}, inf, {nan}},
      {Op::Tgamma, {0}, inf, {-inf}},
      {Op::Tgamma, {-0.0}, -inf, {-inf}},
      {Op::Tgamma, {-1}, nan, {nan}},
      {Op::Tgamma, {200}, inf, {inf}},
      {Op::Tgamma, {inf}, inf, {inf}},
      {Op::Tgamma, {-inf}, nan, {nan}},
      {Op::Digamma, {0}, -inf, {inf}},
      {Op::Digamma, {-0.0}, inf, {inf}},
      {Op::Digamma, {-1}, nan, {inf}},
      {Op::Digamma, {inf}, inf, {0}},
      {Op::Digamma, {-inf}, nan, {nan}},
      {Op::Polygamma, {1, 0}, inf, {nan, -inf}},
      {Op::Polygamma, {2, 0}, -inf, {nan, inf}},
      {Op::Polygamma, {2, -0.0}, inf, {nan, inf}},
      {Op::Polygamma, {1, -1}, inf, {nan, nan}},
      {Op::Polygamma, {2, -1}, nan, {nan, inf}},
      {Op::Polygamma, {1, inf}, 0, {nan, 0}},
      {Op::Polygamma, {1, -inf}, nan, {nan, nan}},
      {Op::Polygamma, {1.5, 2}, nan, {nan, nan}},
      {Op::Polygamma, {-2, 2}, nan, {nan, nan}},
      {Op::NormalPdf, {0}, one_over_sqrt_2pi, {-0.0}},
      {Op::NormalPdf, {inf}, 0, {0}},
      {Op::NormalPdf, {-inf}, 0, {0}},
      {Op::NormalPdf, {-huge}, 0, {0}},
      {Op::NormalCdf, {0}, 0.5, {one_over_sqrt_2pi}},
      {Op::NormalCdf, {inf}, 1, {0}},
      {Op::NormalCdf, {-inf}, 0, {0}},
  };
}

Rows exponential() {
  return {
      {Op::Exp, {inf}, inf, {inf}},    {Op::Exp, {-inf}, 0, {0}},
      {Op::Exp, {1000}, inf, {inf}},   {Op::Exp2, {inf}, inf, {inf}},
      {Op::Exp2, {-inf}, 0, {0}},      {Op::Exp2, {10}, 1024, {1024 * ln_2}},
      {Op::Expm1, {-inf}, -1, {0}},    {Op::Expm1, {inf}, inf, {inf}},
      {Op::Expm1, {-0.0}, -0.0, {1}},  {Op::Log, {0}, -inf, {inf}},
      {Op::Log, {-0.0}, -inf, {-inf}}, {Op::Log, {-1}, nan, {nan}},
      {Op::Log, {inf}, inf, {0}},      {Op::Log, {-inf}, nan, {nan}},
      {Op::Log2, {0}, -inf, {inf}},    {Op::Log2, {-0.0}, -inf, {-inf}},
      {Op::Log2, {-1}, nan, {nan}},    {Op::Log2, {8}, 3, {1 / (8 * ln_2)}},
      {Op::Log10, {0}, -inf, {inf}},   {Op::Log10, {-0.0}, -inf, {-inf}},
      {Op::Log10, {-1}, nan, {nan}},   {Op::Log10, {100}, 2, {1 / (100 * ln_10)}},
      {Op::Log1p, {-1}, -inf, {inf}},  {Op::Log1p, {-2}, nan, {nan}},
      {Op::Log1p, {-0.0}, -0.0, {1}},  {Op::Log1p, {inf}, inf, {0}},
  };
}

Rows hyperbolic() {
  return {
      {Op::Sinh, {inf}, inf, {inf}},
      {Op::Sinh, {-inf}, -inf, {inf}},
      {Op::Cosh, {inf}, inf, {inf}},
      {Op::Cosh, {-inf}, inf, {-inf}},
      {Op::Tanh, {-0.0}, -0.0, {1}},
      {Op::Tanh, {800}, 1, {0}},
      {Op::Tanh, {inf}, 1, {0}},
      {Op::Tanh, {-inf}, -1, {0}},
      {Op::Asinh, {huge}, std::log(2.0) + std::log(huge), {1 / huge}},
      {Op::Asinh, {inf}, inf, {0}},
      {Op::Asinh, {-inf}, -inf, {0}},
      {Op::Acosh, {1}, 0, {inf}},
      {Op::Acosh, {0.5}, nan, {nan}},
      {Op::Acosh, {-2}, nan, {nan}},
      {Op::Acosh, {huge}, std::log(2.0) + std::log(huge), {1 / huge}},
      {Op::Acosh, {inf}, inf, {0}},
      {Op::Atanh, {1}, inf, {inf}},
      {Op::Atanh, {-1}, -inf, {inf}},
      {Op::Atanh, {2}, nan, {nan}},
      {Op::Atanh, {-2}, nan, {nan}},
  };
}

Rows reductions() {
  const double thousand = 1000 + ln_2;
  return {
      {Op::Sum, {}, 0, {}},
      {Op::Sum, {inf, -inf}, nan, {1, 1}},
      {Op::Dot, {}, 0, {}},
      {Op::Dot, {0, inf}, nan, {inf, 0}},
      {Op::WeightedSum, {5}, 5, {1}},
      {Op::WeightedSum, {0, inf, 1}, nan, {inf, 0, 1}},
      {Op::Norm, {}, 0, {}},
      {Op::Norm, {0, -0.0}, 0, {0, 0}},
      {Op::Norm, {-3}, 3, {-1}},
      {Op::Norm, {inf, 1}, inf, {nan, 0}},
      {Op::Norm, {1, -inf}, inf, {0, nan}},
      {Op::Norm, {nan, inf}, nan, {nan, nan}},
      {Op::Norm, {3 * huge, 4 * huge}, 5 * huge, {0.6, 0.8}},
      {Op::Norm, {3 * tiny, -4 * tiny}, 5 * tiny, {0.6, -0.8}},
      {Op::LogSumExp, {}, -inf, {}},
      {Op::LogSumExp, {5}, 5, {1}},
      {Op::LogSumExp, {1e17, 1e17}, 1e17, {0.5, 0.5}},
      {Op::LogSumExp, {-inf, -inf}, -inf, {0, 0}},
      {Op::LogSumExp, {-inf, 2}, 2, {0, 1}},
      {Op::LogSumExp, {inf, 1}, inf, {nan, 0}},
      {Op::LogSumExp, {inf, -inf}, inf, {nan, 0}},
      {Op::LogSumExp, {nan, 1}, nan, {nan, nan}},
      {Op::LogSumExp, {1000, 0}, 1000, {1, 0}},
      {Op::LogSumExp, {1000, 1000}, thousand, {0.5, 0.5}},
  };
}

Rows all_rows() {
  Rows all;
  for (const Rows& rows :
       {arithmetic(), powers(), pieces(), conditions(), trigonometric(), activations(),
        special_functions(), exponential(), hyperbolic(), reductions()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace

const std::vector<EdgeRow>& edge_rows() {
  static const Rows rows = all_rows();
  return rows;
}

}  // namespace tapegrad::testing
