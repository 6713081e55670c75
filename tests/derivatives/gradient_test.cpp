#include "tapegrad/derivatives/gradient.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

Value himmelblau(std::span<const Value> x) {
  const Value a = x[0] * x[0] + x[1] - 11;
  const Value b = x[0] + x[1] * x[1] - 7;
  return a * a + b * b;
}

}  // namespace

TEST_CASE("gradient gives value and gradient of a function of a span") {
  const std::vector<double> x{1.0, 2.0};
  const auto [value, grad] = gradient(himmelblau, x);
  CHECK(value == 68.0);
  REQUIRE(grad.size() == 2);
  CHECK(grad[0] == -36.0);  // 4x(x² + y - 11) + 2(x + y² - 7)
  CHECK(grad[1] == -32.0);  // 2(x² + y - 11) + 4y(x + y² - 7)
}

TEST_CASE("gradient takes arrays, spans and vectors of any numbers of inputs") {
  const double one[] = {3.0};
  CHECK(gradient([](std::span<const Value> x) { return x[0] * x[0]; }, one).gradient[0] == 6.0);
  const std::array two{2.0, 5.0};
  const auto product = [](std::span<const Value> x) { return x[0] * x[1]; };
  CHECK(gradient(product, two).gradient == std::array{5.0, 2.0});  // as the caller's numbers come
  CHECK(gradient(product, std::span<const double>(two)).gradient == std::vector{5.0, 2.0});
  std::vector<double> thousand(1000, 0.5);
  CHECK(gradient([](std::span<const Value> x) { return sum(x); }, thousand).gradient ==
        std::vector<double>(1000, 1.0));
}

TEST_CASE("the function may take a span, a vector, or an array where the point is one") {
  const auto of_vector = [](const std::vector<Value>& x) { return x[0] * x[1]; };
  const auto of_array = [](const std::array<Value, 2>& x) { return x[0] * x[1]; };
  const auto of_copy = [](std::array<Value, 2> x) { return x[0] *= x[1]; };
  const auto generic = [](const auto& x) { return x[0] * x[1]; };
  const std::array array{2.0, 5.0};
  const std::vector vector{2.0, 5.0};
  CHECK(gradient(of_vector, vector).gradient == std::vector{5.0, 2.0});
  CHECK(gradient(of_vector, array).gradient == std::array{5.0, 2.0});
  CHECK(gradient(of_array, array).gradient == std::array{5.0, 2.0});
  CHECK(gradient(of_copy, array).gradient == std::array{5.0, 2.0});
  CHECK(gradient(generic, vector).gradient == std::vector{5.0, 2.0});
  CHECK(gradient(generic, array).gradient == std::array{5.0, 2.0});
  CHECK(gradient(of_vector, {2.0, 5.0}).gradient == std::vector{5.0, 2.0});
  std::vector<double> out(2);
  CHECK(gradient(of_array, array, out) == 10);
  CHECK(out == std::vector{5.0, 2.0});
}

TEST_CASE("gradient takes a fixed number of numbers and gives an array") {
  const auto [value, grad] =
      gradient([](Value a, Value b, Value c) { return a * b - c; }, 2.0, 3, 4.0f);
  static_assert(std::is_same_v<decltype(grad), const std::array<double, 3>>);
  CHECK(value == 2.0);
  CHECK(grad == std::array{3.0, 2.0, -1.0});
  const auto generic = gradient([](auto a, auto b) { return a / b; }, 1.0, 4.0);
  CHECK(generic.gradient == std::array{0.25, -0.0625});
}

TEST_CASE("a generic function may be meant for numbers or for a span") {
  // Each body compiles for one of the two only.
  CHECK(gradient([](auto x) { return x * x; }, 3.0).gradient == std::array{6.0});
  CHECK(gradient([](auto x) { return x * x; }, 3).gradient == std::array{6.0});
  const auto product = [](auto x) { return x[0] * x[1]; };
  double raw[] = {2.0, 5.0};
  const std::vector<double> expected{5.0, 2.0};
  CHECK(gradient(product, raw).gradient == expected);
  CHECK(gradient(product, std::array{2.0, 5.0}).gradient == std::array{5.0, 2.0});
  CHECK(gradient(product, std::vector{2.0, 5.0}).gradient == expected);
  CHECK(gradient(product, std::span<double>(raw)).gradient == expected);
  std::vector<double> out(2);
  CHECK(gradient(product, raw, out) == 10.0);
  CHECK(out == expected);
}

namespace {

template <class F, class... X>
concept HasGradient = requires(F f, X... x) {
  gradient(f, x...);
};

}  // namespace

TEST_CASE("a function that returns a plain double, and so has lost its gradient, is refused") {
  using Span = std::span<const Value>;
  const auto plain = [](Span x) { return x[0].value(); };
  const auto integer = [](Span) { return 1; };
  const auto value = [](Span x) { return x[0]; };
  static_assert(FunctionOfSpan<decltype(value)>);
  static_assert(FunctionOfSpan<const Value& (*)(Span)>);
  static_assert(!FunctionOfSpan<decltype(plain)>);
  static_assert(!FunctionOfSpan<decltype(integer)>);
  static_assert(HasGradient<decltype(value), std::vector<double>>);
  static_assert(!HasGradient<decltype(plain), std::vector<double>>);
  static_assert(!HasGradient<decltype(plain), std::vector<double>, std::vector<double>>);

  const auto number = [](Value x) { return x; };
  const auto plain_number = [](Value x) { return x.value(); };
  static_assert(HasGradient<decltype(number), double>);
  static_assert(!HasGradient<decltype(plain_number), double>);
  static_assert(!HasGradient<double (*)(double), double>);
}

TEST_CASE("the form that writes into a span allocates no node memory at the second call") {
  std::array<double, 2> x{1.0, 2.0};
  std::array<double, 2> out{};
  CHECK(gradient(himmelblau, x, out) == 68.0);
  CHECK(out == std::array{-36.0, -32.0});
  CHECK(gradient(himmelblau, x, x) == 68.0);  // the result may overwrite the inputs
  CHECK(x == std::array{-36.0, -32.0});
}

TEST_CASE("an empty input has an empty gradient") {
  const auto [value, grad] =
      gradient([](std::span<const Value>) { return Value(7.0); }, std::span<const double>());
  CHECK(value == 7.0);
  CHECK(grad.empty());
}

TEST_CASE("a function that turns out constant has gradient zero") {
  const auto relu_by_branch = [](std::span<const Value> x) { return x[0] > 0 ? x[0] : Value(0.0); };
  const double left[] = {-2.0};
  const double right[] = {2.0};
  CHECK(gradient(relu_by_branch, left).gradient[0] == 0.0);
  CHECK(gradient(relu_by_branch, right).gradient[0] == 1.0);
}

TEST_CASE("an input that the function ignores has gradient zero") {
  const double x[] = {2.0, 3.0};
  const auto [value, grad] = gradient([](std::span<const Value> v) { return v[1]; }, x);
  CHECK(value == 3.0);
  CHECK(grad == std::vector{0.0, 1.0});
}

TEST_CASE("gradient leaves the active tape as it was, also when the function throws") {
  Tape tape;
  const Value outer = tape.variable(2.0);
  const Value y = outer * outer;
  tape.backward(y);
  const double x[] = {1.0};
  double out[] = {-1.0};
  const auto failing = [](std::span<const Value> v) -> Value {
    (void)(v[0] * 2.0);
    throw std::runtime_error("half-way");
  };
  CHECK_THROWS_WITH(gradient(failing, x, out), "half-way");
  CHECK(out[0] == -1.0);
  CHECK(tape.is_active());
  CHECK(tape.size() == 2);
  CHECK(outer.grad() == 4.0);
  CHECK(gradient([](std::span<const Value> v) { return v[0] * 3.0; }, x).gradient[0] == 3.0);
  CHECK((outer * 3.0).node() == 3);
}

TEST_CASE("gradients nest: each depth has a tape of its own") {
  // g(x) = x·f'(x) for f = x³, so g = 3x³ as a number; its own gradient sees the inner one as a
  // constant.
  const auto outer = [](std::span<const Value> x) {
    const double point[] = {x[0].value()};
    const auto inner = gradient([](std::span<const Value> v) { return v[0] * v[0] * v[0]; }, point);
    return x[0] * inner.gradient[0];
  };
  const double x[] = {2.0};
  const auto [value, grad] = gradient(outer, x);
  CHECK(value == 24.0);
  CHECK(grad[0] == 12.0);
}

TEST_CASE("a Value of another tape in the function is an error, not a lost gradient") {
  Tape tape;
  const Value captured = tape.variable(5.0);
  const double x[] = {1.0};
  CHECK_THROWS_AS(gradient([&](std::span<const Value> v) { return v[0] * captured; }, x),
                  StaleValueError);
  CHECK_THROWS_AS(gradient([&](std::span<const Value>) { return captured; }, x), StaleValueError);
  CHECK(tape.is_active());
}

TEST_CASE("a result of the wrong length is a ShapeError that names both lengths") {
  const double x[] = {1.0, 2.0};
  double out[3];
  CHECK_THROWS_WITH_AS(gradient(himmelblau, x, out),
                       "gradient: room for 3 partial derivatives by 2 inputs; they must be as many",
                       ShapeError);
}

TEST_CASE("gradients on several threads do not disturb each other") {
  std::vector<std::thread> threads;
  std::array<bool, 4> right{};
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&, t] {
      right[t] = true;
      for (int i = 0; i < 200; ++i) {
        const double x[] = {static_cast<double>(t), static_cast<double>(i)};
        const auto [value, grad] =
            gradient([](std::span<const Value> v) { return v[0] * v[1]; }, x);
        right[t] = right[t] && value == x[0] * x[1] && grad[0] == x[1] && grad[1] == x[0];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == std::array{true, true, true, true});
}

TEST_CASE("a NaN input gives NaN, not an error") {
  const double x[] = {std::numeric_limits<double>::quiet_NaN()};
  const auto [value, grad] = gradient([](std::span<const Value> v) { return sin(v[0]); }, x);
  CHECK(std::isnan(value));
  CHECK(std::isnan(grad[0]));
}
