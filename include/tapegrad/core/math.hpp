// The functions of Values, and those of plain numbers that the standard library lacks.
//
// A template written for double with `using std::exp;` finds these by argument-dependent lookup
// when it is called with Values; with `using tapegrad::sigmoid;` the functions of the second kind
// work for both. Every function records one node. Formulas, partials and what holds at the edges
// stand in the rules (ops/rules/*.hpp); `samples/run operations` prints them as a table.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "tapegrad/core/constants.hpp"
#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/record.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

// ---- Powers and roots ----

/// a to the power b. A constant integer exponent is good for every base, also a negative one.
TAPEGRAD_INLINE Value pow(Value a, Value b) { return record_as<rule::Pow>(a, b); }
template <PlainNumber Number> TAPEGRAD_INLINE Value pow(Value a, Number b) {
  return record_as<rule::Pow>(a, static_cast<double>(b));
}
template <PlainNumber Number> TAPEGRAD_INLINE Value pow(Number a, Value b) {
  return record_as<rule::Pow>(static_cast<double>(a), b);
}
TAPEGRAD_INLINE Value sqrt(Value x) { return record_as<rule::Sqrt>(x); }
TAPEGRAD_INLINE Value cbrt(Value x) { return record_as<rule::Cbrt>(x); }
/// sqrt(a² + b²) without overflow.
TAPEGRAD_INLINE Value hypot(Value a, Value b) { return record_as<rule::Hypot>(a, b); }
/// a·b + c, rounded once.
TAPEGRAD_INLINE Value fma(Value a, Value b, Value c) { return record_as<rule::Fma>(a, b, c); }

// ---- Exponentials and logarithms ----

TAPEGRAD_INLINE Value exp(Value x) { return record_as<rule::Exp>(x); }
/// 2 to the power x.
TAPEGRAD_INLINE Value exp2(Value x) { return record_as<rule::Exp2>(x); }
/// exp(x) - 1, exact also near 0.
TAPEGRAD_INLINE Value expm1(Value x) { return record_as<rule::Expm1>(x); }
/// The natural logarithm.
TAPEGRAD_INLINE Value log(Value x) { return record_as<rule::Log>(x); }
TAPEGRAD_INLINE Value log2(Value x) { return record_as<rule::Log2>(x); }
TAPEGRAD_INLINE Value log10(Value x) { return record_as<rule::Log10>(x); }
/// log(1 + x), exact also near 0.
TAPEGRAD_INLINE Value log1p(Value x) { return record_as<rule::Log1p>(x); }

// ---- Trigonometric functions, in radians ----

TAPEGRAD_INLINE Value sin(Value x) { return record_as<rule::Sin>(x); }
TAPEGRAD_INLINE Value cos(Value x) { return record_as<rule::Cos>(x); }
TAPEGRAD_INLINE Value tan(Value x) { return record_as<rule::Tan>(x); }
TAPEGRAD_INLINE Value asin(Value x) { return record_as<rule::Asin>(x); }
TAPEGRAD_INLINE Value acos(Value x) { return record_as<rule::Acos>(x); }
TAPEGRAD_INLINE Value atan(Value x) { return record_as<rule::Atan>(x); }
/// The angle of the point (x: b, y: a), in (-π, π].
TAPEGRAD_INLINE Value atan2(Value a, Value b) { return record_as<rule::Atan2>(a, b); }

// ---- Hyperbolic functions ----

TAPEGRAD_INLINE Value sinh(Value x) { return record_as<rule::Sinh>(x); }
TAPEGRAD_INLINE Value cosh(Value x) { return record_as<rule::Cosh>(x); }
TAPEGRAD_INLINE Value tanh(Value x) { return record_as<rule::Tanh>(x); }
TAPEGRAD_INLINE Value asinh(Value x) { return record_as<rule::Asinh>(x); }
TAPEGRAD_INLINE Value acosh(Value x) { return record_as<rule::Acosh>(x); }
TAPEGRAD_INLINE Value atanh(Value x) { return record_as<rule::Atanh>(x); }

// ---- Error and gamma functions, the normal distribution ----

TAPEGRAD_INLINE Value erf(Value x) { return record_as<rule::Erf>(x); }
/// 1 - erf(x), exact also where that nears 0.
TAPEGRAD_INLINE Value erfc(Value x) { return record_as<rule::Erfc>(x); }
/// ln |Γ(x)|.
TAPEGRAD_INLINE Value lgamma(Value x) { return record_as<rule::Lgamma>(x); }
/// Γ(x).
TAPEGRAD_INLINE Value tgamma(Value x) { return record_as<rule::Tgamma>(x); }
/// ψ(x) = d ln Γ(x) / dx.
TAPEGRAD_INLINE Value digamma(Value x) { return record_as<rule::Digamma>(x); }
inline double digamma(double x) { return special::digamma(x); }
/// The n-th derivative of digamma; NaN for n < 0.
TAPEGRAD_INLINE Value polygamma(int n, Value x) {
  return record_as<rule::Polygamma>(static_cast<double>(n), x);
}
inline double polygamma(int n, double x) { return special::polygamma(static_cast<double>(n), x); }
/// Density of the standard normal distribution.
TAPEGRAD_INLINE Value normal_pdf(Value x) { return record_as<rule::NormalPdf>(x); }
inline double normal_pdf(double x) { return rule::NormalPdf::value(x); }
/// Distribution function of the standard normal distribution.
TAPEGRAD_INLINE Value normal_cdf(Value x) { return record_as<rule::NormalCdf>(x); }
inline double normal_cdf(double x) { return rule::NormalCdf::value(x); }

// ---- Pieces and kinks ----

TAPEGRAD_INLINE Value abs(Value x) { return record_as<rule::Abs>(x); }
TAPEGRAD_INLINE Value fabs(Value x) { return abs(x); }
/// The larger; half the adjoint to each if they are equal, and a NaN wins.
TAPEGRAD_INLINE Value max(Value a, Value b) { return record_as<rule::Max>(a, b); }
TAPEGRAD_INLINE Value fmax(Value a, Value b) { return max(a, b); }
/// The smaller; half the adjoint to each if they are equal, and a NaN wins.
TAPEGRAD_INLINE Value min(Value a, Value b) { return record_as<rule::Min>(a, b); }
TAPEGRAD_INLINE Value fmin(Value a, Value b) { return min(a, b); }
/// The remainder of a / b with the sign of a.
TAPEGRAD_INLINE Value fmod(Value a, Value b) { return record_as<rule::Fmod>(a, b); }
TAPEGRAD_INLINE Value floor(Value x) { return record_as<rule::Floor>(x); }
TAPEGRAD_INLINE Value ceil(Value x) { return record_as<rule::Ceil>(x); }
/// The nearest integer, halves away from 0.
TAPEGRAD_INLINE Value round(Value x) { return record_as<rule::Round>(x); }
TAPEGRAD_INLINE Value trunc(Value x) { return record_as<rule::Trunc>(x); }
/// |a| with the sign of b.
TAPEGRAD_INLINE Value copysign(Value a, Value b) { return record_as<rule::Copysign>(a, b); }

// What a value is, as a bool: nothing is recorded.
inline bool isnan(Value x) { return std::isnan(x.value()); }
inline bool isinf(Value x) { return std::isinf(x.value()); }
inline bool isfinite(Value x) { return std::isfinite(x.value()); }
inline bool signbit(Value x) { return std::signbit(x.value()); }

// ---- Choices that are recorded ----

/// A comparison that is a node of the tape, of value 1 where it holds and else 0, for select().
class Condition {
 public:
  explicit Condition(Value indicator) : indicator_(indicator) {}
  bool holds() const { return indicator_.value() != 0; }
  Value indicator() const { return indicator_; }

 private:
  Value indicator_;
};

TAPEGRAD_INLINE Condition is_less(Value a, Value b) {
  return Condition(record_as<rule::Less>(a, b));
}
TAPEGRAD_INLINE Condition is_less_equal(Value a, Value b) {
  return Condition(record_as<rule::LessEqual>(a, b));
}
TAPEGRAD_INLINE Condition is_greater(Value a, Value b) {
  return Condition(record_as<rule::Greater>(a, b));
}
TAPEGRAD_INLINE Condition is_greater_equal(Value a, Value b) {
  return Condition(record_as<rule::GreaterEqual>(a, b));
}
TAPEGRAD_INLINE Condition is_equal(Value a, Value b) {
  return Condition(record_as<rule::Equal>(a, b));
}
TAPEGRAD_INLINE Condition is_not_equal(Value a, Value b) {
  return Condition(record_as<rule::NotEqual>(a, b));
}

// Of plain numbers a condition is a bool, so that a template can use these for both.
inline bool is_less(double a, double b) { return a < b; }
inline bool is_less_equal(double a, double b) { return a <= b; }
inline bool is_greater(double a, double b) { return a > b; }
inline bool is_greater_equal(double a, double b) { return a >= b; }
inline bool is_equal(double a, double b) { return a == b; }
inline bool is_not_equal(double a, double b) { return a != b; }

/// a where the condition holds, else b. Both sides and the condition are recorded, so that a
/// replay at another point may choose the other side. A side not chosen gets no adjoint, and
/// hands nothing on: select(is_greater(x, 0), log(x), 0) has gradient 0 at x = 0, not NaN.
TAPEGRAD_INLINE Value select(Condition condition, Value a, Value b) {
  return record_as<rule::Select>(condition.indicator(), a, b);
}
inline double select(bool condition, double a, double b) { return condition ? a : b; }

// ---- Activation functions ----

/// 1 / (1 + exp(-x)).
TAPEGRAD_INLINE Value sigmoid(Value x) { return record_as<rule::Sigmoid>(x); }
inline double sigmoid(double x) { return rule::Sigmoid::value(x); }
/// max(x, 0), with derivative 0 at 0.
TAPEGRAD_INLINE Value relu(Value x) { return record_as<rule::Relu>(x); }
inline double relu(double x) { return rule::Relu::value(x); }
/// x where positive, else slope·x.
TAPEGRAD_INLINE Value leaky_relu(Value x, Value slope = 0.01) {
  return record_as<rule::LeakyRelu>(x, slope);
}
inline double leaky_relu(double x, double slope = 0.01) { return rule::LeakyRelu::value(x, slope); }
/// x where positive, else alpha·(exp(x) - 1).
TAPEGRAD_INLINE Value elu(Value x, Value alpha = 1.0) { return record_as<rule::Elu>(x, alpha); }
inline double elu(double x, double alpha = 1) { return rule::Elu::value(x, alpha); }
/// ln(1 + exp(x)).
TAPEGRAD_INLINE Value softplus(Value x) { return record_as<rule::Softplus>(x); }
inline double softplus(double x) { return rule::Softplus::value(x); }
/// x·Φ(x).
TAPEGRAD_INLINE Value gelu(Value x) { return record_as<rule::Gelu>(x); }
inline double gelu(double x) { return rule::Gelu::value(x); }
/// x·sigmoid(x).
TAPEGRAD_INLINE Value silu(Value x) { return record_as<rule::Silu>(x); }
inline double silu(double x) { return rule::Silu::value(x); }

// Compiled in src/core/math.cpp.
namespace in_library {
TAPEGRAD_API Value sum(std::span<const Value> x);
TAPEGRAD_API Value dot(std::span<const Value> a, std::span<const Value> b);
TAPEGRAD_API Value weighted_sum(std::span<const Value> w, std::span<const Value> x, Value b);
TAPEGRAD_API Value norm(std::span<const Value> x);
TAPEGRAD_API Value log_sum_exp(std::span<const Value> x);
}  // namespace in_library

// ---- Operations of any number of operands: one node each, summed from first to last ----

/// x[0] + x[1] + ...; 0 if empty.
TAPEGRAD_INLINE Value sum(std::span<const Value> x) {
  const Value y = in_library::sum(x);
  TAPEGRAD_RETURN_HERE;
  return y;
}
TAPEGRAD_API double sum(std::span<const double> x);
/// a[0]·b[0] + a[1]·b[1] + ...; 0 if empty. @throws ShapeError if the lengths differ
TAPEGRAD_INLINE Value dot(std::span<const Value> a, std::span<const Value> b) {
  const Value y = in_library::dot(a, b);
  TAPEGRAD_RETURN_HERE;
  return y;
}
TAPEGRAD_API double dot(std::span<const double> a, std::span<const double> b);
/// w·x + b. @throws ShapeError if w and x differ in length
TAPEGRAD_INLINE Value weighted_sum(std::span<const Value> w, std::span<const Value> x, Value b) {
  const Value y = in_library::weighted_sum(w, x, b);
  TAPEGRAD_RETURN_HERE;
  return y;
}
TAPEGRAD_API double weighted_sum(std::span<const double> w, std::span<const double> x, double b);
/// The Euclidean norm; 0 if empty, and gradient 0 at the zero vector.
TAPEGRAD_INLINE Value norm(std::span<const Value> x) {
  const Value y = in_library::norm(x);
  TAPEGRAD_RETURN_HERE;
  return y;
}
TAPEGRAD_API double norm(std::span<const double> x);
/// ln(exp(x[0]) + exp(x[1]) + ...) without overflow; -∞ if empty.
TAPEGRAD_INLINE Value log_sum_exp(std::span<const Value> x) {
  const Value y = in_library::log_sum_exp(x);
  TAPEGRAD_RETURN_HERE;
  return y;
}
TAPEGRAD_API double log_sum_exp(std::span<const double> x);
/// exp(x[i]) / Σ exp(x[k]), by one log_sum_exp and an exponential for each: 2n + 1 nodes. Relative
/// error: some ε, and ε times the largest magnitude of x, for that is how log_sum_exp is rounded.
TAPEGRAD_API std::vector<Value> softmax(std::span<const Value> x);
TAPEGRAD_API std::vector<double> softmax(std::span<const double> x);

}  // namespace tapegrad
