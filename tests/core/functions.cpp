#include "functions.hpp"

namespace tapegrad::testing {
namespace {

using X = std::span<const Value>;

constexpr Function table[] = {
    {Op::Add, [](X x) { return x[0] + x[1]; }},
    {Op::Sub, [](X x) { return x[0] - x[1]; }},
    {Op::Mul, [](X x) { return x[0] * x[1]; }},
    {Op::Div, [](X x) { return x[0] / x[1]; }},
    {Op::Neg, [](X x) { return -x[0]; }},
    {Op::Fma, [](X x) { return fma(x[0], x[1], x[2]); }},
    {Op::Pow, [](X x) { return pow(x[0], x[1]); }},
    {Op::Sqrt, [](X x) { return sqrt(x[0]); }},
    {Op::Cbrt, [](X x) { return cbrt(x[0]); }},
    {Op::Hypot, [](X x) { return hypot(x[0], x[1]); }},
    {Op::Abs, [](X x) { return abs(x[0]); }},
    {Op::Max, [](X x) { return max(x[0], x[1]); }},
    {Op::Min, [](X x) { return min(x[0], x[1]); }},
    {Op::Fmod, [](X x) { return fmod(x[0], x[1]); }},
    {Op::Floor, [](X x) { return floor(x[0]); }},
    {Op::Ceil, [](X x) { return ceil(x[0]); }},
    {Op::Round, [](X x) { return round(x[0]); }},
    {Op::Trunc, [](X x) { return trunc(x[0]); }},
    {Op::Copysign, [](X x) { return copysign(x[0], x[1]); }},
    {Op::Less, [](X x) { return is_less(x[0], x[1]).indicator(); }},
    {Op::LessEqual, [](X x) { return is_less_equal(x[0], x[1]).indicator(); }},
    {Op::Greater, [](X x) { return is_greater(x[0], x[1]).indicator(); }},
    {Op::GreaterEqual, [](X x) { return is_greater_equal(x[0], x[1]).indicator(); }},
    {Op::Equal, [](X x) { return is_equal(x[0], x[1]).indicator(); }},
    {Op::NotEqual, [](X x) { return is_not_equal(x[0], x[1]).indicator(); }},
    {Op::Select, [](X x) { return select(Condition(x[0]), x[1], x[2]); }},
    {Op::Sin, [](X x) { return sin(x[0]); }},
    {Op::Cos, [](X x) { return cos(x[0]); }},
    {Op::Tan, [](X x) { return tan(x[0]); }},
    {Op::Asin, [](X x) { return asin(x[0]); }},
    {Op::Acos, [](X x) { return acos(x[0]); }},
    {Op::Atan, [](X x) { return atan(x[0]); }},
    {Op::Atan2, [](X x) { return atan2(x[0], x[1]); }},
    {Op::Sigmoid, [](X x) { return sigmoid(x[0]); }},
    {Op::Relu, [](X x) { return relu(x[0]); }},
    {Op::LeakyRelu, [](X x) { return leaky_relu(x[0], x[1]); }},
    {Op::Elu, [](X x) { return elu(x[0], x[1]); }},
    {Op::Softplus, [](X x) { return softplus(x[0]); }},
    {Op::Gelu, [](X x) { return gelu(x[0]); }},
    {Op::Silu, [](X x) { return silu(x[0]); }},
    {Op::Erf, [](X x) { return erf(x[0]); }},
    {Op::Erfc, [](X x) { return erfc(x[0]); }},
    {Op::Lgamma, [](X x) { return lgamma(x[0]); }},
    {Op::Tgamma, [](X x) { return tgamma(x[0]); }},
    {Op::Digamma, [](X x) { return digamma(x[0]); }},
    {Op::Polygamma, [](X x) { return polygamma(static_cast<int>(x[0].value()), x[1]); }},
    {Op::NormalPdf, [](X x) { return normal_pdf(x[0]); }},
    {Op::NormalCdf, [](X x) { return normal_cdf(x[0]); }},
    {Op::Exp, [](X x) { return exp(x[0]); }},
    {Op::Exp2, [](X x) { return exp2(x[0]); }},
    {Op::Expm1, [](X x) { return expm1(x[0]); }},
    {Op::Log, [](X x) { return log(x[0]); }},
    {Op::Log2, [](X x) { return log2(x[0]); }},
    {Op::Log10, [](X x) { return log10(x[0]); }},
    {Op::Log1p, [](X x) { return log1p(x[0]); }},
    {Op::Sinh, [](X x) { return sinh(x[0]); }},
    {Op::Cosh, [](X x) { return cosh(x[0]); }},
    {Op::Tanh, [](X x) { return tanh(x[0]); }},
    {Op::Asinh, [](X x) { return asinh(x[0]); }},
    {Op::Acosh, [](X x) { return acosh(x[0]); }},
    {Op::Atanh, [](X x) { return atanh(x[0]); }},
    {Op::Sum, [](X x) { return sum(x); }},
    {Op::Dot, [](X x) { return dot(x.first(x.size() / 2), x.last(x.size() / 2)); }},
    {Op::WeightedSum,
     [](X x) {
       const std::size_t n = x.size() / 2;
       return weighted_sum(x.first(n), x.subspan(n, n), x.back());
     }},
    {Op::Norm, [](X x) { return norm(x); }},
    {Op::LogSumExp, [](X x) { return log_sum_exp(x); }},
};

}  // namespace

std::span<const Function> functions() { return table; }

}  // namespace tapegrad::testing
