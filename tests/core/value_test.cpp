#include "tapegrad/core/value.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>
#include <vector>

#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using tapegrad::testing::same_bits;

static_assert(sizeof(Value) == 16);
static_assert(std::is_trivially_copyable_v<Value>);
static_assert(std::is_trivially_destructible_v<Value>);
static_assert(!std::is_convertible_v<Value, double>);
static_assert(!std::is_constructible_v<double, Value>);
static_assert(!std::is_constructible_v<bool, Value>);
static_assert(!std::is_constructible_v<Value, bool>);
static_assert(!std::is_convertible_v<bool, Value>);
static_assert(!std::is_assignable_v<Value&, bool>);
static_assert(std::is_convertible_v<double, Value>);
static_assert(std::is_convertible_v<float, Value>);
static_assert(std::is_convertible_v<long double, Value>);
static_assert(std::is_convertible_v<int, Value>);
static_assert(std::is_convertible_v<unsigned long, Value>);
static_assert(!std::is_convertible_v<const char*, Value>);

// Values can be made, and compared with what they should be, at compile time.
static_assert(Value().value() == 0 && Value().is_constant() && Value().node() == 0);
static_assert(Value(3).value() == 3 && Value(3).is_constant());

namespace {

// As one writes for double: the names of std, found for Value by argument-dependent lookup.
template <class T> T mixture(T x, T y) {
  using std::abs, std::atan2, std::exp, std::fmax, std::hypot, std::log1p, std::max, std::min;
  using std::pow, std::sin, std::sqrt;
  T sum = 0;
  for (int k = 1; k <= 3; ++k) sum += sin(k * x) / k;
  sum -= 2 * sqrt(abs(y)) + pow(x, 2) - pow(2, y) + pow(x, y);
  sum *= max(x, y) - min(x, y) + fmax(x, y);
  if (sum > 0) sum = -sum;
  return sum + hypot(x, y) * atan2(y, x) / (1 + exp(-log1p(x * x))) +
         std::numeric_limits<T>::epsilon();
}

}  // namespace

TEST_CASE("a Value of a number, or by default, is a constant and equals the number") {
  CHECK(Value().value() == 0);
  CHECK(Value(2.5f).value() == 2.5);
  CHECK(Value(-7).value() == -7);
  CHECK(Value(18446744073709551615u).value() == 18446744073709551615.0);
  CHECK(Value(0.1L).value() == 0.1);
  for (const Value& x : {Value(), Value(2.5f), Value(-7), Value(0.1L)}) {
    CHECK(x.is_constant());
    CHECK(x.node() == 0);
    CHECK(x.epoch() == Epoch::constant);
  }
}

TEST_CASE("a variable is no constant, and its copies are the same node") {
  Tape tape;
  const Value x = tape.variable(2);
  const Value copy = x;
  CHECK(!x.is_constant());
  CHECK(x.node() == 1);
  CHECK(copy.node() == 1);
  CHECK(tape.size() == 1);
  std::vector<Value> many(100, x);
  CHECK(tape.size() == 1);
  tape.backward(many.back());
  CHECK(x.grad() == 1);
}

TEST_CASE("numeric_limits of Value are those of double, as constants") {
  using Limits = std::numeric_limits<Value>;
  using Number = std::numeric_limits<double>;
  static_assert(Limits::is_specialized && Limits::is_iec559 && Limits::digits == Number::digits);
  static_assert(std::same_as<decltype(Limits::max()), Value>);
  static_assert(std::numeric_limits<const Value>::is_specialized);
  CHECK(Limits::min().value() == Number::min());
  CHECK(Limits::max().value() == Number::max());
  CHECK(Limits::lowest().value() == Number::lowest());
  CHECK(Limits::epsilon().value() == Number::epsilon());
  CHECK(Limits::round_error().value() == Number::round_error());
  CHECK(Limits::infinity().value() == Number::infinity());
  CHECK(Limits::denorm_min().value() == Number::denorm_min());
  CHECK(std::isnan(Limits::quiet_NaN().value()));
  CHECK(Limits::max().is_constant());
}

TEST_CASE("auto holds a number: an expression's parts may be gone when it is used") {
  Tape tape;
  const Value x = tape.variable(3);
  const auto make = [&] {
    const Value local = x * 2;
    auto y = local * local + 1.0 / local;
    static_assert(std::same_as<decltype(y), Value>);
    return y;
  };
  const auto y = make();
  tape.backward(y);
  CHECK(y.value() == 36 + 1.0 / 6);
  CHECK(x.grad() == doctest::Approx(24 - 1.0 / 18).epsilon(1e-15));
}

TEST_CASE("a template written for double gives the same bits with Values, and a gradient") {
  Tape tape;
  const Value x = tape.variable(0.7), y = tape.variable(1.9);
  const Value z = mixture(x, y);
  CHECK(same_bits(z.value(), mixture(0.7, 1.9)));
  tape.backward(z);
  // Central differences of step 1e-5: truncation and rounding are both below 1e-9.
  constexpr double h = 1e-5;
  const double by_x = (mixture(0.7 + h, 1.9) - mixture(0.7 - h, 1.9)) / (2 * h);
  const double by_y = (mixture(0.7, 1.9 + h) - mixture(0.7, 1.9 - h)) / (2 * h);
  CHECK(x.grad() == doctest::Approx(by_x).epsilon(1e-8));
  CHECK(y.grad() == doctest::Approx(by_y).epsilon(1e-8));
}

TEST_CASE("a template for double that is called with constants needs no tape") {
  const Value z = mixture(Value(0.7), Value(1.9));
  CHECK(z.is_constant());
  CHECK(same_bits(z.value(), mixture(0.7, 1.9)));
}
