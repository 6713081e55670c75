// Code written for any number type compiles with Value as it stands: it computes the same numbers
// as with double, to the bit, and has the derivatives of what it computes. The last tests say where
// that is not what its author meant.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/gradient.hpp"

using tapegrad::check_gradient;
using tapegrad::gradient;
using tapegrad::Tape;
using tapegrad::Value;

namespace {

// Holds f with Values against f with doubles, and its gradient against finite differences.
template <class F> std::vector<double> check_generic(F f, const std::vector<double>& x) {
  const auto [value, grad] = gradient(f, x);
  CHECK(value == f(std::span<const double>(x)));
  const auto check = check_gradient(f, x);
  CHECK_MESSAGE(check.agrees(), to_string(check));
  return grad;
}

// ---- Code for any number T. It knows nothing of tapegrad. ----

template <class T, std::size_t N, class Derivative>
std::array<T, N> runge_kutta_step(const Derivative& derivative, const std::array<T, N>& y, T h) {
  const auto moved = [&](const std::array<T, N>& by, T factor) {
    std::array<T, N> result = y;
    for (std::size_t i = 0; i < N; ++i) result[i] += factor * by[i];
    return result;
  };
  const auto k1 = derivative(y);
  const auto k2 = derivative(moved(k1, h / 2));
  const auto k3 = derivative(moved(k2, h / 2));
  const auto k4 = derivative(moved(k3, h));
  std::array<T, N> next = y;
  for (std::size_t i = 0; i < N; ++i) next[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
  return next;
}

template <class T, class F, class Slope>
std::optional<T> newton(const F& f, const Slope& slope, T x, double tolerance = 1e-12) {
  using std::abs, std::isfinite;
  for (int i = 0; i < 50; ++i) {
    const T step = f(x) / slope(x);
    x -= step;
    if (!isfinite(x)) return std::nullopt;
    if (abs(step) <= tolerance * (1 + abs(x))) return x;
  }
  return {};
}

template <class T, class F> T bisect(const F& f, T low, T high) {
  while (high - low > 1e-13) {
    const T middle = (low + high) / 2;
    ((f(low) < 0) == (f(middle) < 0) ? low : high) = middle;
  }
  return (low + high) / 2;
}

template <class T> T horner(std::span<const T> coefficients, const T& x) {
  T sum{};
  for (auto c = coefficients.rbegin(); c != coefficients.rend(); ++c) sum = sum * x + *c;
  return sum;
}

template <class T> struct Vector3 {
  T x{}, y{}, z{};

  friend Vector3 operator+(const Vector3& a, const Vector3& b) {
    return {a.x + b.x, a.y + b.y, a.z + b.z};
  }
  friend Vector3 operator*(const T& s, const Vector3& a) { return {s * a.x, s * a.y, s * a.z}; }
  friend T dot(const Vector3& a, const Vector3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
  friend Vector3 cross(const Vector3& a, const Vector3& b) {
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
  }
  T length() const {
    using std::sqrt;
    return sqrt(dot(*this, *this));
  }
};

template <class T> struct Quaternion {
  T w = 1;
  Vector3<T> v;

  static Quaternion rotation(T angle, const Vector3<T>& axis) {
    using std::cos, std::sin;
    return {cos(angle / 2), sin(angle / 2) / axis.length() * axis};
  }
  Vector3<T> operator()(const Vector3<T>& a) const {
    const auto turned = T(2) * cross(v, a);
    return a + w * turned + cross(v, turned);
  }
};

template <class T> T huber(T x, double width = 1) {
  using std::abs;
  return abs(x) <= width ? x * x / 2 : width * (abs(x) - width / 2);
}

template <class T> T median(std::vector<T> x) {
  std::sort(x.begin(), x.end());
  const auto middle = x.size() / 2;
  return x.size() % 2 == 1 ? x[middle] : (x[middle - 1] + x[middle]) / 2;
}

// Written without `using`, as one may where std is opened.
template <class T> T many_functions(T a, T b) {
  using namespace std;
  T sum = 0;
  sum += exp(a) + log(b) + sqrt(a) + cbrt(b) + hypot(a, b) + atan2(a, b) + pow(a, b) + pow(a, 1.5);
  sum -= sin(a) * cos(b) / tan(a + 0.1) + asin(a / 2) - acos(b / 9) + atan(b);
  sum *= tanh(a) + sinh(b) - cosh(a) + asinh(b) + acosh(b) - atanh(a / 2) + expm1(a) + log1p(b);
  sum /= 1 + erf(a) + erfc(b) + lgamma(b) + tgamma(a + 1) + exp2(a) + log2(b) + log10(b);
  return sum + max(a, b) - min(a, b) + fmax(a, b) + fmin(a, b) + abs(-b) + fabs(a) + fmod(b, a) +
         copysign(a, -b) + floor(b) + ceil(b) + round(a) + trunc(a) + fma(a, b, a);
}

}  // namespace

TEST_CASE("a Runge-Kutta step differentiates by initial values, parameters and step size") {
  const auto pendulum = []<class T>(std::span<const T> x) {
    const T damping = x[2], h = x[3];
    const auto derivative = [&](const std::array<T, 2>& y) -> std::array<T, 2> {
      using std::sin;
      return {y[1], -9.81 * sin(y[0]) - damping * y[1]};
    };
    std::array<T, 2> y{x[0], x[1]};
    for (int i = 0; i < 20; ++i) y = runge_kutta_step(derivative, y, h);
    return y[0];
  };
  check_generic(pendulum, {0.7, -0.2, 0.3, 0.05});

  // For y' = k·y each step multiplies by the Taylor polynomial p of exp(k·h).
  const double k = -0.8, h = 0.25;
  const auto [value, grad] = gradient(
      [&](auto rate) {
        const auto derivative = [&](const auto& y) { return std::array{rate * y[0]}; };
        return runge_kutta_step(derivative, std::array{Value(3)}, Value(h))[0];
      },
      k);
  const double z = k * h;
  CHECK(value == doctest::Approx(3 * (1 + z + z * z / 2 + z * z * z / 6 + z * z * z * z / 24)));
  CHECK(grad[0] == doctest::Approx(3 * h * (1 + z + z * z / 2 + z * z * z / 6)).epsilon(1e-14));
}

TEST_CASE("Newton's method differentiates, as its last step carries the derivative") {
  // Kepler's equation: E - e·sin E = M, so ∂E/∂M = 1 / (1 - e·cos E), ∂E/∂e = sin E times that.
  const auto kepler = []<class T>(std::span<const T> x) {
    using std::cos, std::sin;
    const T mean = x[0], e = x[1];
    return newton([&](const T& E) { return E - e * sin(E) - mean; },
                  [&](const T& E) { return 1 - e * cos(E); }, mean)
        .value();
  };
  const auto grad = check_generic(kepler, {1.2, 0.4});
  const double mean_and_e[] = {1.2, 0.4};
  const double E = kepler(std::span<const double>(mean_and_e));
  CHECK(grad[0] == doctest::Approx(1 / (1 - 0.4 * std::cos(E))).epsilon(1e-12));
  CHECK(grad[1] == doctest::Approx(std::sin(E) / (1 - 0.4 * std::cos(E))).epsilon(1e-12));

  Tape tape;
  const Value x = tape.variable(1.0);
  CHECK_FALSE(newton([](Value v) { return v; }, [](Value) { return Value(0); }, x).has_value());
}

TEST_CASE("Horner's polynomial has the gradients x^k and p'(x)") {
  const auto polynomial = []<class T>(std::span<const T> x) { return horner(x.subspan(1), x[0]); };
  const auto grad = check_generic(polynomial, {1.5, 2, -3, 0.5, 4});
  // 2 - 3x + x²/2 + 4x³, whose numbers are exact at 1.5
  CHECK(grad == std::vector{-3 + 1.5 + 12 * 2.25, 1.0, 1.5, 2.25, 3.375});
}

TEST_CASE("vectors and quaternions of Values turn, and keep their length") {
  const auto turned = []<class T>(std::span<const T> x) {
    const auto turn = Quaternion<T>::rotation(x[0], {x[1], x[2], x[3]});
    const Vector3<T> a{1, x[4], 3};
    return dot(turn(a), Vector3<T>{x[5], -2, 1}) + turn(a).length();
  };
  check_generic(turned, {0.7, 1, -2, 0.5, 2, 1.5});
  const auto length = []<class T>(std::span<const T> x) {
    return Quaternion<T>::rotation(x[0], {1, 2, x[1]})(Vector3<T>{3, -1, 2}).length();
  };
  const auto [value, grad] = gradient(length, std::vector{0.9, 0.4});
  CHECK(value == doctest::Approx(std::sqrt(14.0)).epsilon(1e-15));
  CHECK(std::abs(grad[0]) <= 1e-15);
  CHECK(std::abs(grad[1]) <= 1e-15);
}

TEST_CASE("the algorithms of the standard library move and combine Values") {
  const auto algorithms = []<class T>(std::span<const T> x) {
    const std::vector<T> v(x.begin(), x.end());
    std::vector<T> sums(v.size());
    std::partial_sum(v.begin(), v.end(), sums.begin());
    T sum = std::accumulate(v.begin(), v.end(), T(0));
    sum += std::inner_product(v.begin(), v.end(), sums.begin(), T(0.5));
    sum += std::transform_reduce(v.begin(), v.end(), T(1), std::multiplies<>(),
                                 [](const T& a) { return a * a + 1; });
    sum += *std::max_element(v.begin(), v.end()) * *std::min_element(v.begin(), v.end());
    sum += std::clamp(x[0], T(-0.5), T(0.5)) * std::clamp(x[1], x[2], x[0]);
    sum += std::max(x[0], x[1]) / std::min({x[1], x[2], x[3]}) + median(v);
    std::map<T, int, std::greater<>> ranks;
    for (const T& a : v) ranks.emplace(a, static_cast<int>(ranks.size()));
    for (const auto& [a, rank] : ranks) sum += rank * a;
    auto sorted = v;
    std::ranges::sort(sorted, std::ranges::greater());
    std::swap(sorted[0], sorted[1]);
    return sum - sorted[0] * std::exchange(sorted[2], T()) + sorted[2];
  };
  check_generic(algorithms, {0.7, -1.2, 0.3, 2.1, -0.4});
  const auto grad = gradient(
                        [](std::span<const Value> x) {
                          return median<Value>({x.begin(), x.end()});
                        },
                        std::vector{5.0, 1.0, 3.0, 9.0})
                        .gradient;
  CHECK(grad == std::vector{0.5, 0.0, 0.5, 0.0});
}

TEST_CASE("functions found by using or by an open std are those of Values") {
  const auto functions = []<class T>(std::span<const T> x) { return many_functions(x[0], x[1]); };
  const std::vector<double> x{0.7, 1.9};
  const auto [value, grad] = gradient(functions, x);
  // The library's cbrt, lgamma, ... may be another than the compiler's choice for double.
  CHECK(value == doctest::Approx(many_functions(0.7, 1.9)).epsilon(1e-14));
  const auto check = check_gradient(functions, x);
  CHECK_MESSAGE(check.agrees(), to_string(check));
}

TEST_CASE("numbers of all types mix with Values, on both sides") {
  const auto mixed = []<class T>(std::span<const T> x) {
    T y = x[0];
    y += 1;
    y *= 2u;
    y -= 0.25f;
    y /= 4L;
    y = 3 * y - y * std::size_t{2} + short{1} / y - 'a' / 97 + static_cast<T>(7) * -y;
    const T half = T(0.5), one{1}, zero{};
    constexpr T quarter(0.25);
    y = y < 1 ? y : 1;
    y = 2 > x[0] && x[0] != 3 && 0.5f <= x[0] ? y : zero;
    return +y * half + quarter * (one - y * y) / 2;
  };
  check_generic(mixed, {0.75});
  static_assert(std::is_same_v<std::common_type_t<Value, double>, Value>);
  static_assert(std::is_same_v<decltype(2 * Value() + 1.0f), Value>);
  static_assert(std::is_same_v<decltype(1.0L * Value()), Value>);  // rounded to double first
  static_assert(std::is_same_v<decltype(true ? Value() : 1), Value>);
}

TEST_CASE("limits, not-a-numbers and signs are asked for as with double") {
  const auto guarded = []<class T>(std::span<const T> x) {
    using std::abs, std::isfinite, std::isinf, std::isnan, std::signbit;
    constexpr T tiny = std::numeric_limits<T>::epsilon();
    T best = -std::numeric_limits<T>::infinity();
    for (const T& a : x)
      if (!isnan(a) && isfinite(a) && !isinf(a) && a > best && abs(a) > tiny) best = a;
    return signbit(best) ? -best : best * best;
  };
  const auto grad = check_generic(guarded, {0.5, 1e-17, 3, -2});
  CHECK(grad == std::vector{0.0, 0.0, 6.0, 0.0});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(gradient(guarded, std::vector{nan, -2.0}).gradient == std::vector{0.0, -1.0});
}

TEST_CASE("a branch differentiates on both sides, and where it meets") {
  const auto loss = []<class T>(std::span<const T> x) { return huber(x[0]) + huber(x[1], 0.5); };
  CHECK(check_generic(loss, {0.3, -2.0}) == std::vector{0.3, -0.5});
  CHECK(gradient(loss, std::vector{1.0, 0.5}).gradient == std::vector{1.0, 0.5});
}

TEST_CASE("complex numbers of Values multiply and divide") {
  // Unspecified by the standard; libstdc++ and libc++ do it by the textbook.
  const auto squared_magnitude = []<class T>(std::span<const T> x) {
    const std::complex<T> a(x[0], x[1]), b(x[2], x[3]);
    const std::complex<T> c = a * b + a / b - std::complex<T>(1, 2);
    return c.real() * c.real() + c.imag() * c.imag();
  };
  const auto check = check_gradient(squared_magnitude, std::vector{0.5, -1.2, 2.0, 0.7});
  CHECK_MESSAGE(check.agrees(), to_string(check));
}

TEST_CASE("what would lose a gradient does not compile") {
  static_assert(!std::is_convertible_v<Value, double>);
  static_assert(!std::is_constructible_v<double, Value>);
  static_assert(!std::is_constructible_v<int, Value>);
  static_assert(!std::is_constructible_v<bool, Value>);
  static_assert(!std::is_constructible_v<Value, bool>);
  static_assert(!std::is_invocable_v<std::multiplies<>, Value, bool>);  // x * (x > 0)
  static_assert(!std::is_assignable_v<double&, Value>);
  // What asks for the standard's own numbers refuses Values: std::lerp, std::uniform_..., concepts.
  static_assert(!std::floating_point<Value>);
  static_assert(std::regular<Value>);
  static_assert(std::totally_ordered<Value>);
}

// ---- Where the derivative of what is computed is not the derivative that is meant ----

TEST_CASE("bisection gives a gradient of 0, and one step of Newton's method puts it right") {
  const auto root = []<class T>(std::span<const T> a) {
    return bisect([&](const T& x) { return x * x - a[0]; }, T(0), T(4));
  };
  const auto polished = [&]<class T>(std::span<const T> a) {
    const T x = root(a);
    return x - (x * x - a[0]) / (2 * x);
  };
  const std::vector<double> a{2.0};
  CHECK(gradient(root, a).value == root(std::span<const double>(a)));
  CHECK(gradient(root, a).gradient[0] == 0.0);
  CHECK(gradient(polished, a).gradient[0] == doctest::Approx(0.5 / std::sqrt(2.0)).epsilon(1e-12));
}

TEST_CASE("an iteration that starts where it ends records no step, and gives a gradient of 0") {
  const auto until_converged = [](Value a) {
    Value x = 2;
    while (abs(x * x - a) > 1e-12) x = (x + a / x) / 2;
    return x;
  };
  CHECK(gradient(until_converged, 4.0).gradient[0] == 0.0);  // instead of 1/4
  CHECK(gradient(until_converged, 4.1).gradient[0] ==
        doctest::Approx(0.5 / std::sqrt(4.1)).epsilon(1e-12));
}

TEST_CASE("a shortcut for 0 loses the gradient there") {
  const auto skipping = []<class T>(std::span<const T> x) {
    return x[0] == 0 ? T(0) : x[0] * x[1];
  };
  CHECK(gradient(skipping, std::vector{0.0, 3.0}).gradient[0] == 0.0);  // instead of 3
}

TEST_CASE("equal numbers share the adjoint in max, and the first takes all in std::max") {
  CHECK(gradient([](Value a, Value b) { return max(a, b); }, 1.0, 1.0).gradient ==
        std::array{0.5, 0.5});
  const auto by_using = [](Value a, Value b) {
    using std::max;
    return max(a, b);
  };
  CHECK(gradient(by_using, 1.0, 1.0).gradient == std::array{0.5, 0.5});
  CHECK(gradient([](Value a, Value b) { return std::max(a, b); }, 1.0, 1.0).gradient ==
        std::array{1.0, 0.0});
}

namespace {

// The area of a regular polygon's ring, of whatever it is asked with.
template <class T> T ring(T outer, T inner) {
  return std::numbers::pi_v<T> * (outer * outer - inner * inner);
}

template <class T> T counted_down(T x, int times) {
  T product = 1;
  for (int k = 0; k < times; ++k) product *= x--;
  return product + ++x;
}

}  // namespace

TEST_CASE("the constants of <numbers>, and counting up and down") {
  const auto area = gradient([](auto a, auto b) { return ring(a, b); }, 3.0, 2.0);
  CHECK(area.value == ring(3.0, 2.0));
  CHECK(area.gradient[0] == doctest::Approx(6 * std::numbers::pi).epsilon(1e-15));
  const auto falling = gradient([](auto x) { return counted_down(x, 3); }, 5.5);
  CHECK(falling.value == counted_down(5.5, 3));
  // (x (x - 1) (x - 2) + x - 2)' = 3x² - 6x + 3
  CHECK(falling.gradient[0] == 3 * 5.5 * 5.5 - 6 * 5.5 + 3);
  std::vector<Value> numbers(4);
  std::iota(numbers.begin(), numbers.end(), Value(2));
  CHECK(numbers[3].value() == 5);
}
