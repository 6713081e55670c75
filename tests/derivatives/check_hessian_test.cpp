#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;

namespace {

Value mixed(std::span<const Value> x) {
  return exp(sin(x[0]) * x[1]) + log(x[2]) * pow(x[0], 3.0) - sqrt(x[1] + x[2]) / x[2];
}

// Gradient and Hessian of x0²·x1 + sin(x2), by hand.
void cubic_gradient(std::span<const double> x, std::span<double> out) {
  out[0] = 2 * x[0] * x[1];
  out[1] = x[0] * x[0];
  out[2] = std::cos(x[2]);
}
Matrix cubic_hessian(std::span<const double> x) {
  Matrix h(3, 3);
  h(0, 0) = 2 * x[1];
  h(0, 1) = h(1, 0) = 2 * x[0];
  h(2, 2) = -std::sin(x[2]);
  return h;
}
double along(const Matrix& h) {
  const std::vector<double> v = check_direction(h.rows);
  double sum = 0;
  for (std::size_t i = 0; i < h.rows; ++i)
    for (std::size_t j = 0; j < h.rows; ++j) sum += v[i] * h(i, j) * v[j];
  return sum;
}

}  // namespace

TEST_CASE("Hessians agree with differences of the gradient to eight digits") {
  Random random(3);
  for (int k = 0; k < 20; ++k) {
    const double x[] = {random.uniform(-2, 2), random.uniform(0.5, 2), random.uniform(0.5, 2)};
    CAPTURE(k);
    const HessianCheck check = check_hessian(mixed, x);
    CHECK(check.agrees());
    CHECK(check.worst < 1e-8);
    CHECK(check.asymmetry == 0);
    CHECK(check.partials.size() == 10);
  }
}

TEST_CASE("every wrong entry of a Hessian is found, also one of two that should be the same") {
  const double x[] = {0.7, -1.2, 0.4};
  const Matrix right = cubic_hessian(x);
  CHECK(compare_with_differences(cubic_gradient, x, right, along(right), 1e-6).agrees());
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      CAPTURE(i);
      CAPTURE(j);
      Matrix wrong = right;
      wrong(i, j) += 1e-3;
      const HessianCheck check =
          compare_with_differences(cubic_gradient, x, wrong, along(right), 1e-6);
      CHECK(check.disagrees());
      CHECK(check.worst_index == i * 3 + j);
      CHECK(check(i, j).verdict == Verdict::disagrees);
      CHECK(check.count(Verdict::disagrees) == 1);
      CHECK(check.asymmetry == (i == j ? 0 : doctest::Approx(1e-3)));
    }
}

TEST_CASE("a wrong second derivative along the direction is found") {
  const double x[] = {0.7, -1.2, 0.4};
  const Matrix right = cubic_hessian(x);
  const HessianCheck check =
      compare_with_differences(cubic_gradient, x, right, along(right) + 0.01, 1e-6);
  CHECK(check.disagrees());
  CHECK(check.count(Verdict::disagrees) == 1);
  CHECK(check.along_direction().verdict == Verdict::disagrees);
  CHECK(to_string(check).find("at v·H·v\n") != std::string::npos);
}

TEST_CASE("the second derivative along the direction is that of the matrix") {
  const double x[] = {0.6, 1.1, 0.8};
  const HessianCheck check = check_hessian(mixed, x);
  CHECK(check.along_direction().sweep == doctest::Approx(along(hessian(mixed, x))));
}

TEST_CASE("a Hessian that misses what a plain number hides is found") {
  const auto f = [](std::span<const Value> v) { return v[0] * v[0] * Value(v[1].value()) + v[1]; };
  const double x[] = {0.5, 2.0};
  const HessianCheck check = check_hessian(f, x);
  CHECK(check(0, 1).verdict == Verdict::disagrees);  // ∂f/∂x[0] does move with x[1]
  CHECK(check(0, 0).verdict == Verdict::agrees);
}

TEST_CASE("where the gradient has a jump the second derivative is undecided") {
  const auto f = [](std::span<const Value> v) { return abs(v[0]) + v[0] * v[1]; };
  const double x[] = {0.0, 2.0};
  const HessianCheck check = check_hessian(f, x);
  CHECK(check(0, 0).verdict == Verdict::undecided);
  CHECK(check(0, 0).doubt == Doubt::steep);
  CHECK(check(0, 1).verdict == Verdict::agrees);
  CHECK_FALSE(check.agrees());
}

TEST_CASE("x|x| has a kink in its gradient, where its second derivative is undecided") {
  const auto f = [](std::span<const Value> v) { return v[0] * abs(v[0]); };
  const double x[] = {0.0};
  const HessianCheck check = check_hessian(f, x);
  CHECK(check(0, 0).verdict == Verdict::undecided);
  CHECK(check(0, 0).doubt == Doubt::kink);
}

TEST_CASE("Hessians of linear and constant functions and of no inputs agree") {
  const double x[] = {0.3, 4.0};
  CHECK(check_hessian([](std::span<const Value> v) { return 3 * v[0] - v[1]; }, x).agrees());
  CHECK(check_hessian([](std::span<const Value>) { return Value(2); }, x).agrees());
  const HessianCheck empty =
      check_hessian([](std::span<const Value>) { return Value(2); }, std::span<const double>());
  CHECK(empty.agrees());
  CHECK(empty.along_direction().sweep == 0);
}

TEST_CASE("check_hessian takes arrays and generic functions, and records nothing") {
  Tape tape;
  const auto f = [](const auto& x) { return x[0] * x[0] * x[1]; };
  CHECK(check_hessian(f, std::array{1.0, 2.0}).agrees());
  CHECK(check_hessian(f, std::vector{1.0, 2.0}, 1e-8).agrees());
  CHECK(tape.empty());
}

TEST_CASE("wrong shapes and tolerances are refused by name") {
  const double x[] = {1.0, 2.0, 3.0};
  const PlainFunctions gradient = cubic_gradient;
  CHECK_THROWS_WITH_AS(compare_with_differences(gradient, x, Matrix(3, 2), 0, 1e-6),
                       "check_hessian: a Hessian of 3 × 2 by 3 inputs", ShapeError);
  CHECK_THROWS_WITH_AS(check_hessian(mixed, x, -1.0),
                       "check_hessian: tolerance is -1; pass a number above 0", ArgumentError);
}

TEST_CASE("the direction has no zeros and both signs") {
  const std::vector<double> v = check_direction(20);
  REQUIRE(v.size() == 20);
  bool has_negative = false;
  for (const double vi : v) {
    CHECK(vi != 0);
    has_negative = has_negative || vi < 0;
  }
  CHECK(has_negative);
  CHECK(check_direction(0).empty());
}

TEST_CASE("the report of a Hessian names its entries") {
  const double x[] = {0.7, -1.2, 0.4};
  Matrix wrong = cubic_hessian(x);
  wrong(1, 2) = 4;
  const std::string text =
      to_string(compare_with_differences(cubic_gradient, x, wrong, along(cubic_hessian(x)), 1e-6));
  CHECK(
      text.starts_with("Hessian by 3 inputs: DISAGREES; worst relative disagreement 1 at x[1] "
                       "x[2]\n"));
}
