// Random programs against ADOL-C: another engine, with formulas of its own. What it has no function
// for is written out of what it has, if that takes a line.
//
// Empty unless TAPEGRAD_TEST_ADOLC is defined, where adolc/adolc.h is there.

#if defined(TAPEGRAD_TEST_ADOLC)

#include <adolc/adolc.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "random_graph.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using X = std::vector<adouble>;

adouble choose(bool condition, const adouble& a, const adouble& b) { return condition ? a : b; }
adouble truth(bool condition) { return condition ? 1.0 : 0.0; }

adouble sum_of_products(const X& x, std::size_t pairs) {
  adouble total = 0;
  for (std::size_t k = 0; k < pairs; ++k) total += x[k] * x[pairs + k];
  return total;
}
template <class Term> adouble sum_of(const X& x, const Term& term) {
  adouble total = 0;
  for (const adouble& xi : x) total += term(xi);
  return total;
}

struct AdolcFunction {
  Op op;
  adouble (*apply)(const X& x);
};

// Not there: gamma functions, cbrt, fmod, copysign, round and trunc.
const AdolcFunction rows[] = {
    {Op::Add, [](const X& x) -> adouble { return x[0] + x[1]; }},
    {Op::Sub, [](const X& x) -> adouble { return x[0] - x[1]; }},
    {Op::Mul, [](const X& x) -> adouble { return x[0] * x[1]; }},
    {Op::Div, [](const X& x) -> adouble { return x[0] / x[1]; }},
    {Op::Neg, [](const X& x) -> adouble { return -x[0]; }},
    {Op::Fma, [](const X& x) -> adouble { return x[0] * x[1] + x[2]; }},
    {Op::Sqrt, [](const X& x) -> adouble { return sqrt(x[0]); }},
    {Op::Hypot, [](const X& x) -> adouble { return sqrt(x[0] * x[0] + x[1] * x[1]); }},
    {Op::Abs, [](const X& x) -> adouble { return fabs(x[0]); }},
    {Op::Max, [](const X& x) -> adouble { return choose(x[0] > x[1], x[0], x[1]); }},
    {Op::Min, [](const X& x) -> adouble { return choose(x[0] < x[1], x[0], x[1]); }},
    {Op::Floor, [](const X& x) -> adouble { return floor(x[0]); }},
    {Op::Ceil, [](const X& x) -> adouble { return ceil(x[0]); }},
    {Op::Less, [](const X& x) -> adouble { return truth(x[0] < x[1]); }},
    {Op::LessEqual, [](const X& x) -> adouble { return truth(x[0] <= x[1]); }},
    {Op::Greater, [](const X& x) -> adouble { return truth(x[0] > x[1]); }},
    {Op::GreaterEqual, [](const X& x) -> adouble { return truth(x[0] >= x[1]); }},
    {Op::Equal, [](const X& x) -> adouble { return truth(x[0] == x[1]); }},
    {Op::NotEqual, [](const X& x) -> adouble { return truth(x[0] != x[1]); }},
    {Op::Select, [](const X& x) -> adouble { return choose(x[0] != 0, x[1], x[2]); }},
    {Op::Sin, [](const X& x) -> adouble { return sin(x[0]); }},
    {Op::Cos, [](const X& x) -> adouble { return cos(x[0]); }},
    {Op::Tan, [](const X& x) -> adouble { return tan(x[0]); }},
    {Op::Asin, [](const X& x) -> adouble { return asin(x[0]); }},
    {Op::Acos, [](const X& x) -> adouble { return acos(x[0]); }},
    {Op::Atan, [](const X& x) -> adouble { return atan(x[0]); }},
    {Op::Atan2, [](const X& x) -> adouble { return atan2(x[0], x[1]); }},
    {Op::Sigmoid, [](const X& x) -> adouble { return 1 / (1 + exp(-x[0])); }},
    {Op::Relu, [](const X& x) -> adouble { return choose(x[0] > 0, x[0], 0); }},
    {Op::LeakyRelu, [](const X& x) -> adouble { return choose(x[0] > 0, x[0], x[0] * x[1]); }},
    {Op::Elu, [](const X& x) { return choose(x[0] > 0, x[0], x[1] * (exp(x[0]) - 1)); }},
    {Op::Softplus, [](const X& x) -> adouble { return log(1 + exp(x[0])); }},
    {Op::Silu, [](const X& x) -> adouble { return x[0] / (1 + exp(-x[0])); }},
    {Op::Gelu,
     [](const X& x) -> adouble { return x[0] * (1 + erf(x[0] / std::numbers::sqrt2)) / 2; }},
    {Op::Erf, [](const X& x) -> adouble { return erf(x[0]); }},
    {Op::Erfc, [](const X& x) -> adouble { return 1 - erf(x[0]); }},
    {Op::NormalPdf,
     [](const X& x) -> adouble { return exp(-x[0] * x[0] / 2) / std::sqrt(2 * std::numbers::pi); }},
    {Op::NormalCdf,
     [](const X& x) -> adouble { return (1 + erf(x[0] / std::numbers::sqrt2)) / 2; }},
    {Op::Exp, [](const X& x) -> adouble { return exp(x[0]); }},
    {Op::Exp2, [](const X& x) -> adouble { return exp(x[0] * std::numbers::ln2); }},
    {Op::Expm1, [](const X& x) -> adouble { return exp(x[0]) - 1; }},
    {Op::Log, [](const X& x) -> adouble { return log(x[0]); }},
    {Op::Log2, [](const X& x) -> adouble { return log(x[0]) / std::numbers::ln2; }},
    {Op::Log10, [](const X& x) -> adouble { return log10(x[0]); }},
    {Op::Log1p, [](const X& x) -> adouble { return log(1 + x[0]); }},
    {Op::Sinh, [](const X& x) -> adouble { return sinh(x[0]); }},
    {Op::Cosh, [](const X& x) -> adouble { return cosh(x[0]); }},
    {Op::Tanh, [](const X& x) -> adouble { return tanh(x[0]); }},
    {Op::Asinh, [](const X& x) -> adouble { return asinh(x[0]); }},
    {Op::Acosh, [](const X& x) -> adouble { return acosh(x[0]); }},
    {Op::Atanh, [](const X& x) -> adouble { return atanh(x[0]); }},
    {Op::Sum, [](const X& x) -> adouble { return sum_of(x, [](auto& xi) { return xi; }); }},
    {Op::Dot, [](const X& x) -> adouble { return sum_of_products(x, x.size() / 2); }},
    {Op::WeightedSum,
     [](const X& x) -> adouble { return sum_of_products(x, x.size() / 2) + x.back(); }},
    {Op::Norm,
     [](const X& x) -> adouble { return sqrt(sum_of(x, [](auto& xi) { return xi * xi; })); }},
    {Op::LogSumExp,
     [](const X& x) -> adouble { return log(sum_of(x, [](auto& xi) { return exp(xi); })); }},
};

// A constant exponent is a plain number: the power of a negative base.
adouble apply_adolc(const Instruction& step, const X& x) {
  if (step.op == Op::Pow && step.operands[1].is_constant())
    return pow(x[0], step.operands[1].constant);
  if (step.op == Op::Pow) return pow(x[0], x[1]);
  for (const AdolcFunction& row : rows)
    if (row.op == step.op) return row.apply(x);
  FAIL(fmt::format("no row for {}", info(step.op).name));
  return 0;
}

std::vector<double> gradient_by_adolc(const Program& program, double& value) {
  constexpr short tape = 0;
  const std::size_t n = program.point.size();
  trace_on(tape, 1);  // 1: keeps the values for reverse()
  {
    X y(n);
    y.reserve(program.places());
    for (std::size_t i = 0; i < n; ++i) y[i] <<= program.point[i];
    for (const Instruction& step : program.instructions) {
      X x;
      for (const Source& source : step.operands)
        x.push_back(source.is_constant() ? adouble(source.constant) : y[source.place]);
      y.push_back(apply_adolc(step, x));
    }
    y.back() >>= value;
  }
  trace_off();
  std::vector<double> gradient(n);
  double seed = 1;
  reverse(tape, 1, static_cast<int>(n), 0, &seed, gradient.data());
  return gradient;
}

}  // namespace

TEST_CASE("gradients of random programs are those of ADOL-C") {
  std::vector<Op> ops{Op::Pow};
  for (const AdolcFunction& row : rows) ops.push_back(row.op);
  Tape tape;
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const Program program = generate(seed, ops);
    const auto magnitudes = sums_of_magnitudes(program, evaluate<double>(program, program.point));
    // Infinite slopes: ADOL-C makes NaN of 0 · ∞.
    if (!std::ranges::all_of(magnitudes, is_finite)) continue;
    tape.clear();
    const std::vector<Value> y = record(program, tape, program.point);
    if (!y.back().is_constant()) tape.backward(y.back());
    double value = 0;
    const std::vector<double> expected = gradient_by_adolc(program, value);
    // Its formulas lose digits where ours do not: exp(x) - 1, 1 - erf(x), sqrt(a² + b²).
    bool all = agree(y.back().value(), value, 1e-10);
    for (std::size_t i = 0; i < expected.size() && !y.back().is_constant(); ++i)
      all = all && agree(y[i].grad(), expected[i], 1e-9 * (1 + magnitudes.back()[i]));
    ++compared;
    CAPTURE(seed);
    if (!all) FAIL_CHECK(print_program(program));
  }
  CHECK(compared >= 1000);
}

#endif
