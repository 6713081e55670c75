// Products, solutions and determinants, against closed forms and the same arithmetic recorded.

#include "tapegrad/derivatives/linear_algebra.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "agreement.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Values = std::span<const Value>;

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Numbers random_numbers(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  Numbers numbers;
  for (std::size_t k = 0; k < count; ++k)
    numbers.push_back(static_cast<double>(random()) / 4294967296.0 - 0.5);
  return numbers;
}

/// n × n, and far enough from singular: `dominance` on the diagonal.
Numbers random_matrix(std::size_t n, unsigned seed, double dominance) {
  Numbers a = random_numbers(n * n, seed);
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] += dominance;
  return a;
}

Numbers joined(Numbers a, const Numbers& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Value> constants(const Numbers& numbers) { return {numbers.begin(), numbers.end()}; }

// ---- The same, recorded step by step ----

std::vector<Value> recorded_product(Values a, Values b, std::size_t rows, std::size_t inner,
                                    std::size_t columns) {
  std::vector<Value> c(rows * columns, 0.0);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      for (std::size_t l = 0; l < inner; ++l)
        c[i * columns + j] += a[i * inner + l] * b[l * columns + j];
  return c;
}

// Gauss–Jordan without pivoting: for matrices that need none.
std::vector<Value> recorded_solution(Values a_in, Values b, std::size_t n) {
  std::vector<Value> a(a_in.begin(), a_in.end()), x(b.begin(), b.end());
  const std::size_t m = x.size() / n;
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const Value factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = 0; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      for (std::size_t j = 0; j < m; ++j) x[i * m + j] -= factor * x[k * m + j];
    }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m; ++j) x[i * m + j] /= a[i * n + i];
  return x;
}

// By elimination of the symmetrised matrix, the sum of the pivots' logarithms.
Value recorded_log_determinant(Values a_in, std::size_t n) {
  std::vector<Value> a;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a.push_back((a_in[i * n + j] + a_in[j * n + i]) / 2);
  Value sum = 0;
  for (std::size_t k = 0; k < n; ++k) {
    sum += log(a[k * n + k]);
    for (std::size_t i = k + 1; i < n; ++i) {
      const Value factor = a[i * n + k] / a[k * n + k];
      for (std::size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
    }
  }
  return sum;
}

}  // namespace

// ---- product ----

TEST_CASE("a product has the derivatives of the same sums recorded one by one") {
  const Numbers x = joined(random_numbers(6, 1), random_numbers(12, 2));
  const auto f = [](Values v) { return product(v.first(6), v.subspan(6), 2, 3, 4); };
  const auto g = [](Values v) { return recorded_product(v.first(6), v.subspan(6), 2, 3, 4); };
  check_agreement(f, g, x, 1e-13);  // other orders of summation
  CHECK(product(Numbers(x.begin(), x.begin() + 6), Numbers(x.begin() + 6, x.end()), 2, 3, 4) ==
        values_and_jacobian(g, x).values);
}

TEST_CASE("a product of a matrix with itself takes both adjoints") {
  const Numbers x = random_numbers(9, 3);
  check_agreement([](Values v) { return product(v, v, 3, 3, 3); },
                  [](Values v) { return recorded_product(v, v, 3, 3, 3); }, x, 1e-13);
}

TEST_CASE("a product is one node and its results") {
  Tape tape;
  const std::vector<Value> a = tape.variables(Numbers{1, 2, 3, 4});
  const std::vector<Value> c = product(a, constants({5, 6, 7, 8}), 2, 2, 2);
  CHECK(tape.size() == 4 + 1 + 4);
  CHECK(tape.node(5).operation() == "product");
  CHECK(tape.node(5).operands().size() == 8);
  CHECK(tape.node(5).operands()[4].constant == 5);
  CHECK(c[0].value() == 19);
  CHECK(c[3].value() == 50);
  tape.backward(c[1]);  // row 0 of A by column 1 of B
  CHECK(a[0].grad() == 6);
  CHECK(a[1].grad() == 8);
  CHECK(a[2].grad() == 0);
}

TEST_CASE("products with nothing inside, or nothing to give, are zeros, or empty") {
  Tape tape;
  const std::vector<Value> a = tape.variables(Numbers{1, 2});
  const std::vector<Value> zeros = product(Values(), Values(), 1, 0, 2);
  REQUIRE(zeros.size() == 2);
  CHECK(zeros[1].is_constant());
  CHECK(zeros[1].value() == 0);
  CHECK(product(a, Values(), 1, 2, 0).empty());
  CHECK(product(Values(), a, 0, 1, 2).empty());
  CHECK(tape.size() == 2);
}

TEST_CASE("a product of constants is constant, and needs no tape") {
  const std::vector<Value> c = product(constants({2}), constants({3}), 1, 1, 1);
  CHECK(c[0].is_constant());
  CHECK(c[0].value() == 6);
}

TEST_CASE("an infinite operand does not reach the derivatives of a result that does not use it") {
  // (a0, a1) as a column times (b0, b1) as a row: four results, two factors each.
  const auto outer = [](Values v) { return product(v.first(2), v.subspan(2), 2, 1, 2); };
  const Numbers left_infinite{1, infinity, 3, 4}, right_infinite{1, 2, 3, infinity};
  const auto a0b0 = [&](Values v) { return outer(v)[0]; };
  const auto a1b0 = [&](Values v) { return outer(v)[2]; };
  CHECK(gradient(a0b0, left_infinite).gradient == Numbers{3, 0, 1, 0});
  CHECK(gradient(a0b0, right_infinite).gradient == Numbers{3, 0, 1, 0});
  CHECK(gradient(a1b0, left_infinite).gradient == Numbers{0, 3, infinity, 0});
  CHECK(directional(a1b0, left_infinite, Numbers{0, 1, 0, 1}) == 3);
  CHECK(directional([&](Values v) { return outer(v)[1]; }, right_infinite, Numbers{0, 1, 1, 1}) ==
        1);
}

TEST_CASE("sizes that do not fit are said, and also those of which the product wraps") {
  Tape tape;
  const std::vector<Value> a = tape.variables(Numbers{1, 2, 3});
  CHECK_THROWS_WITH_AS(product(a, a, 2, 2, 2), "product: a has 3 numbers; it should be 2 × 2",
                       ShapeError);
  CHECK_THROWS_WITH_AS(product(a, a, 1, 3, 2), "product: b has 3 numbers; it should be 3 × 2",
                       ShapeError);
  const std::size_t huge = std::size_t{1} << 32;
  CHECK_THROWS_AS(product(Values(), Values(), huge, huge, 0), ShapeError);
  CHECK_THROWS_AS(solve(Values(), Values(), huge), ShapeError);
  CHECK_THROWS_AS(cholesky_log_determinant(Values(), huge), ShapeError);
  CHECK_THROWS_WITH_AS(solve(a, a, 3), "solve: a has 3 numbers; it should be 3 × 3", ShapeError);
  CHECK_THROWS_WITH_AS(
      solve(constants({1, 0, 0, 1}), a, 2),
      "solve: b has 3 numbers, for 2 equations; it should have as many rows, each with one number "
      "for each right-hand side",
      ShapeError);
  CHECK_THROWS_AS(solve(Values(), a, 0), ShapeError);
  CHECK_THROWS_AS(cholesky_log_determinant(a, 2), ShapeError);
  CHECK(tape.size() == 3);
}

// ---- solve ----

TEST_CASE("the solution of two equations is Cramer's, and so are its derivatives") {
  const auto cramer = [](Values v) {              // a b | e
    const Value det = v[0] * v[3] - v[1] * v[2];  // c d | f
    return std::vector<Value>{(v[4] * v[3] - v[1] * v[5]) / det, (v[0] * v[5] - v[4] * v[2]) / det};
  };
  check_agreement([](Values v) { return solve(v.first(4), v.subspan(4), 2); }, cramer,
                  {0.001, 2, 3, 4, 5, 6}, 1e-12);  // rows are exchanged
}

TEST_CASE("a solution has the derivatives of elimination, recorded") {
  for (const std::size_t columns : {std::size_t{1}, std::size_t{3}}) {
    CAPTURE(columns);
    const std::size_t n = 4;
    const Numbers x = joined(random_matrix(n, 4, 2), random_numbers(n * columns, 5));
    check_agreement(
        [&](Values v) { return solve(v.first(n * n), v.subspan(n * n), n); },
        [&](Values v) { return recorded_solution(v.first(n * n), v.subspan(n * n), n); }, x,
        1e-12);  // the condition number is below 10
  }
}

TEST_CASE("a solution where every pivot is elsewhere solves the equations") {
  const std::size_t n = 30;
  Numbers a = random_matrix(n, 6, 0);
  for (std::size_t i = 0; i < n; ++i) a[i * n + (i + 7) % n] += 10;
  const Numbers b = random_numbers(2 * n, 7);
  const Numbers x = solve(a, b, n);
  CHECK(relative_difference(product(a, x, n, n, 2), b) < 1e-13);
}

TEST_CASE("the gradient by a matrix that is used in the matrix and the right-hand side is whole") {
  const Numbers x = random_matrix(3, 8, 2);
  check_agreement([](Values v) { return solve(v, v.first(3), 3); },
                  [](Values v) { return recorded_solution(v, v.first(3), 3); }, x, 1e-12);
}

TEST_CASE("a solution is one node and its results; of constants it is constant") {
  Tape tape;
  const std::vector<Value> b = tape.variables(Numbers{2, 8});
  const std::vector<Value> x = solve(constants({2, 0, 0, 4}), b, 2);
  CHECK(tape.size() == 2 + 1 + 2);
  CHECK(tape.node(3).operation() == "solve");
  CHECK(x[0].value() == 1);
  tape.backward(x[1]);
  CHECK(b[0].grad() == 0);
  CHECK(b[1].grad() == 0.25);
  CHECK(solve(constants({2}), constants({6}), 1)[0].is_constant());
  CHECK(solve(Values(), Values(), 0).empty());
  CHECK(solve(constants({1}), Values(), 1).empty());
  CHECK(solve(Numbers{}, Numbers{}, 0).empty());
  CHECK(tape.size() == 5);
}

TEST_CASE("a singular matrix is an error that names the pivot, also where rounding hides it") {
  Tape tape;
  const std::vector<Value> b = tape.variables(Numbers{1, 2, 3});
  CHECK_THROWS_WITH_AS(solve(constants({1, 2, 3, 4, 5, 6, 7, 8, 9}), b, 3),
                       "solve: the matrix is singular: pivot 3 of 3 is 0, or no more than the "
                       "rounding of what it is computed from",
                       ArgumentError);
  CHECK_THROWS_AS(solve(Numbers{1, 2, 2, 4}, Numbers{1, 1}, 2), ArgumentError);
  // The last row is 0.2 and 0.1 of the others, and its 0 is a difference of two numbers.
  CHECK_THROWS_AS(solve(Numbers{10, -3, 8, 3, 10, -16, 2.3, 0.4, 0}, Numbers{1, 1, 1}, 3),
                  ArgumentError);
  CHECK_THROWS_AS(solve(Numbers{0}, Numbers{1}, 1), ArgumentError);
  CHECK(tape.size() == 3);
}

TEST_CASE("units do not make a matrix singular") {
  // Rows and columns in units that differ by 10^40 in all; (1, 2) is the solution of the plain one.
  CHECK(relative_difference(solve(Numbers{1e20, 1, 1, 2e-20}, Numbers{3e10, 5e-10}, 2),
                            Numbers{1e-10, 2e10}) < 1e-15);
  CHECK(solve(Numbers{1, 0, 0, 1e-300}, Numbers{1, 1e-300}, 2) == Numbers{1, 1});
  CHECK(solve(Numbers{0, 1e-20, 1, 1}, Numbers{1e-20, 2}, 2) == Numbers{1, 1});
  CHECK(solve(Numbers{1e-20, 1, 1, 0}, Numbers{1, 1}, 2) == Numbers{1, 1});
}

TEST_CASE("NaN in the equations comes out, and is no error") {
  const Numbers by_matrix = solve(Numbers{no_number, 1, 1, 2}, Numbers{1, 1}, 2);
  CHECK(std::isnan(by_matrix[0]));
  CHECK(std::isnan(by_matrix[1]));
  const Numbers by_side = solve(Numbers{2, 0, 0, 4}, Numbers{no_number, 8}, 2);
  CHECK(std::isnan(by_side[0]));
  CHECK(by_side[1] == 2);
  CHECK(solve(Numbers{infinity, 0, 0, 4}, Numbers{1, 8}, 2) == Numbers{0, 2});
}

TEST_CASE("operands of another tape are an error, and nothing is recorded") {
  Tape other;
  const std::vector<Value> b = other.variables(Numbers{1, 2});
  Tape tape;
  const std::vector<Value> a = tape.variables(Numbers{2, 0, 0, 4});
  CHECK_THROWS_AS(solve(a, b, 2), StaleValueError);
  CHECK_THROWS_AS(product(a, b, 2, 2, 1), StaleValueError);
  CHECK_THROWS_AS(cholesky_log_determinant(b, 2), ShapeError);
  CHECK_THROWS_AS(cholesky_log_determinant(std::span(b).first(1), 1), StaleValueError);
  CHECK(tape.size() == 4);
}

// ---- log det ----

TEST_CASE("the log-determinant of two rows is log(ad - bc), with S⁻¹ as its gradient") {
  const auto log_det = [](Values v) { return cholesky_log_determinant(v, 2); };
  const Numbers x{4, 1, 1, 3};
  const auto [value, grad] = gradient(log_det, x);
  CHECK(value == doctest::Approx(std::log(11.0)).epsilon(1e-15));
  CHECK(relative_difference(grad, Numbers{3 / 11.0, -1 / 11.0, -1 / 11.0, 4 / 11.0}) < 1e-15);
  CHECK(cholesky_log_determinant(x, 2) == value);
}

TEST_CASE("a log-determinant has the derivatives of elimination, recorded, also off the symmetry") {
  const std::size_t n = 4;
  Numbers x = random_matrix(n, 9, 3);
  check_agreement([&](Values v) { return std::vector{cholesky_log_determinant(v, n)}; },
                  [&](Values v) { return std::vector{recorded_log_determinant(v, n)}; }, x, 1e-13);
}

TEST_CASE("where both halves are the same Values, a log-determinant's gradient takes both") {
  const auto of_three = [](Values v) {
    return cholesky_log_determinant(std::vector<Value>{v[0], v[1], v[1], v[2]}, 2);
  };
  const auto closed = [](Values v) { return log(v[0] * v[2] - v[1] * v[1]); };
  const Numbers x{4, 1, 3};
  CHECK(relative_difference(gradient(of_three, x).gradient, gradient(closed, x).gradient) < 1e-15);
  CHECK(relative_difference(hessian(of_three, x).numbers, hessian(closed, x).numbers) < 1e-14);
}

TEST_CASE("a log-determinant of a matrix that is not positive definite names the pivot") {
  Tape tape;
  const std::vector<Value> a = tape.variables(Numbers{1, 2, 2, 1});
  CHECK_THROWS_WITH_AS(cholesky_log_determinant(a, 2),
                       "cholesky_log_determinant: the 2 × 2 matrix is not positive definite: pivot "
                       "2 is -3; are all its numbers there, and symmetric? A multiple of the "
                       "identity added to it helps against rounding",
                       ArgumentError);
  CHECK_THROWS_AS(cholesky_log_determinant(Numbers{0}, 1), ArgumentError);
  CHECK(tape.size() == 4);
}

TEST_CASE("the log-determinant of nothing is 0, of NaN is NaN, of constants is constant") {
  CHECK(cholesky_log_determinant(Values(), 0).value() == 0);
  CHECK(std::isnan(cholesky_log_determinant(Numbers{no_number}, 1)));
  CHECK(cholesky_log_determinant(constants({std::exp(2.0)}), 1).is_constant());
  Tape tape;
  const std::vector<Value> a = tape.variables(Numbers{2, 0, 0, 8});
  const Value y = cholesky_log_determinant(a, 2);
  CHECK(tape.size() == 6);
  CHECK(tape.node(5).operation() == "cholesky_log_determinant");
  CHECK(y.value() == doctest::Approx(std::log(16.0)).epsilon(1e-15));
}
