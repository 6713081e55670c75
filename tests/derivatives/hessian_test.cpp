#include "tapegrad/derivatives/hessian.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "bench/kernels.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

using Numbers = std::vector<double>;

Value rosenbrock(std::span<const Value> x) {
  Value sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
  return sum;
}

double largest(std::span<const double> x) {
  double most = 0;
  for (const double xi : x) most = std::max(most, std::abs(xi));
  return most;
}

}  // namespace

TEST_CASE("the Hessian of Rosenbrock's function, in closed form") {
  const Numbers x{-1.2, 1, 0.5};
  const auto [value, gradient_of, h] = value_gradient_hessian(rosenbrock, x);
  CHECK(value == gradient(rosenbrock, x).value);
  CHECK(gradient_of == gradient(rosenbrock, x).gradient);
  const auto diagonal = [&](std::size_t i) { return 1200 * x[i] * x[i] - 400 * x[i + 1] + 2; };
  const auto close = [](double expected) { return doctest::Approx(expected).epsilon(1e-14); };
  CHECK(h(0, 0) == close(diagonal(0)));
  CHECK(h(1, 1) == close(diagonal(1) + 200));
  CHECK(h(2, 2) == close(200));
  CHECK(h(0, 1) == close(-400 * x[0]));
  CHECK(h(1, 2) == close(-400 * x[1]));
  CHECK(h(0, 2) == 0);
  CHECK(hessian(rosenbrock, x) == h);
}

TEST_CASE("the Hessian is symmetric to the bit") {
  const auto f = [](std::span<const Value> x) { return sin(x[0] * x[1] / x[2]) * log_sum_exp(x); };
  const Matrix h = hessian(f, Numbers{0.3, 0.7, 1.9});
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) CHECK(h(i, j) == h(j, i));
}

TEST_CASE("H·v and the derivatives along a direction are those of the Hessian") {
  const Numbers x{-1.2, 1, 0.5, 0.3}, v{1, -2, 0.5, 3};
  const auto [value, g, h] = value_gradient_hessian(rosenbrock, x);
  const Numbers product = hessian_vector_product(rosenbrock, x, v);
  double first = 0, second = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    double row = 0;
    for (std::size_t j = 0; j < 4; ++j) row += h(i, j) * v[j];
    CHECK(product[i] == doctest::Approx(row).epsilon(1e-13));
    first += g[i] * v[i];
    second += row * v[i];
  }
  CHECK(directional(rosenbrock, x, v) == doctest::Approx(first).epsilon(1e-13));
  const AlongDirection along = directional_second(rosenbrock, x, v);
  CHECK(along.value == value);
  CHECK(along.first == directional(rosenbrock, x, v));
  CHECK(along.second == doctest::Approx(second).epsilon(1e-13));
  // A direction may be written as a point is.
  CHECK(hessian_vector_product(rosenbrock, {-1.2, 1.0, 0.5, 0.3}, {1.0, -2.0, 0.5, 3.0}) ==
        product);
  CHECK(directional(rosenbrock, x, {1.0, -2.0, 0.5, 3.0}) == along.first);
  CHECK(directional_second(rosenbrock, x, {1.0, -2.0, 0.5, 3.0}).second == along.second);
}

TEST_CASE("Hessian-vector products of whole programs are differences of their gradients") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    if (Kernel::name == bench::Chain::name) return;  // its gradient is chaotic: no differences
    Numbers v(x.size()), above = x, below = x;
    const double step = 1e-5;
    for (std::size_t i = 0; i < x.size(); ++i) {
      v[i] = std::cos(static_cast<double>(i)) * std::max(std::abs(x[i]), 0.1);
      above[i] += step * v[i];
      below[i] -= step * v[i];
    }
    const Numbers up = gradient(kernel, above).gradient, down = gradient(kernel, below).gradient;
    const Numbers product = hessian_vector_product(kernel, x, v);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      worst = std::max(worst, std::abs(product[i] - (up[i] - down[i]) / (2 * step)));
    // Truncation, step² of the fourth derivatives, and the gradient's rounding over the step.
    CHECK(worst <= 1e-6 * (largest(product) + largest(up)));
  });
}

TEST_CASE("the same of what is recorded, by any values on the tape") {
  Tape tape;
  const Value a = tape.variable(2), b = a * a;
  const Value y = b * b * a;  // by b alone 2·a, across 2·b, by a twice 0
  const Matrix h = hessian(y, std::vector{b});
  CHECK(h.numbers == Numbers{4});
  CHECK(hessian(y, std::vector{a}).numbers == Numbers{20 * 8});
  CHECK(hessian_vector_product(y, std::vector{a}, Numbers{2}) == Numbers{320});
  CHECK(directional(y, std::vector{a}, Numbers{2}) == 5 * 16 * 2);
}

TEST_CASE("functions of vectors and arrays, generic ones, and constants") {
  const auto product = [](const std::vector<Value>& x) { return x[0] * x[1] * x[1]; };
  const auto of_array = [](const std::array<Value, 2>& x) { return x[0] * x[1] * x[1]; };
  const auto generic = [](const auto& x) { return x[0] * x[1] * x[1]; };
  const Numbers expected{0, 6, 6, 4};
  CHECK(hessian(product, Numbers{2, 3}).numbers == expected);
  CHECK(hessian(of_array, std::array{2.0, 3.0}).numbers == expected);
  CHECK(hessian(generic, std::array{2.0, 3.0}).numbers == expected);
  const auto separate = [](auto a, auto b) { return a * b * b; };
  CHECK(hessian(separate, 2.0, 3).numbers == expected);
  CHECK(value_gradient_hessian(separate, 2.0, 3).gradient == Numbers{9, 12});
  CHECK(hessian(product, {2.0, 3.0}).numbers == expected);
  const auto constant = [](std::span<const Value>) { return Value(5); };
  CHECK(hessian(constant, Numbers{1, 2}).numbers == Numbers(4));
  const auto [value, g, h] = value_gradient_hessian(constant, Numbers());
  CHECK(value == 5);
  CHECK(g.empty());
  CHECK(h.numbers.empty());
  CHECK(hessian_vector_product(constant, Numbers(), Numbers()).empty());
  CHECK(directional(constant, Numbers(), Numbers()) == 0);
}

TEST_CASE("what the output does not depend on stays out of H·v, whatever is recorded beside it") {
  const auto f = [](std::span<const Value> v) {
    const Value masked = sqrt(v[0]);  // of which the derivative at 0 is infinite
    const Value square = v[1] * v[1];
    return select(is_greater(v[1], 0), square * square, masked);
  };
  const std::vector<double> product = hessian_vector_product(f, {0.0, 3.0}, {0.0, 1.0});
  CHECK(product == std::vector{0.0, 108.0});
}

TEST_CASE("directions of another length are refused") {
  const Numbers x{1, 2};
  CHECK_THROWS_WITH_AS(hessian_vector_product(rosenbrock, x, Numbers{1}),
                       "hessian_vector_product: v has 1 numbers for 2 inputs; pass one for each",
                       ShapeError);
  CHECK_THROWS_AS(directional(rosenbrock, x, Numbers{1}), ShapeError);
  CHECK_THROWS_AS(directional_second(rosenbrock, x, Numbers{1, 2, 3}), ShapeError);
}

TEST_CASE("a captured result is refused by the name of the function that was called") {
  Tape tape;
  const Value captured = tape.variable(5);
  const auto f = [&](std::span<const Value>) { return captured; };
  CHECK_THROWS_WITH_AS(hessian(f, Numbers{1}), doctest::Contains("hessian: the value 5 "),
                       StaleValueError);
}
