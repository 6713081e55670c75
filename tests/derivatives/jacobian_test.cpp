#include "tapegrad/derivatives/jacobian.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <span>
#include <stdexcept>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

using Numbers = std::vector<double>;

// From polar to Cartesian: J = (cos, -r sin; sin, r cos).
std::array<Value, 2> cartesian(const std::array<Value, 2>& polar) {
  return {polar[0] * cos(polar[1]), polar[0] * sin(polar[1])};
}

// n + 1 results of n numbers, or the n - 1 first of them: wide and tall.
std::vector<Value> chained(std::span<const Value> x, std::size_t results) {
  std::vector<Value> y;
  Value s = 1;
  for (std::size_t k = 0; k < results; ++k) {
    s = sin(s * x[k % x.size()]) + x[(k + 1) % x.size()] * 0.5;
    y.push_back(s);
  }
  return y;
}

Numbers times(const Matrix& matrix, std::span<const double> v) {
  Numbers product(matrix.rows);
  for (std::size_t i = 0; i < matrix.rows; ++i)
    for (std::size_t j = 0; j < matrix.columns; ++j) product[i] += matrix(i, j) * v[j];
  return product;
}

Matrix transposed(const Matrix& matrix) {
  Matrix other(matrix.columns, matrix.rows);
  for (std::size_t i = 0; i < matrix.rows; ++i)
    for (std::size_t j = 0; j < matrix.columns; ++j) other(j, i) = matrix(i, j);
  return other;
}

// Equal up to the rounding of sums taken in another order.
void check_close(std::span<const double> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-13));
}

}  // namespace

TEST_CASE("the Jacobian of polar coordinates, in closed form") {
  const std::array point{2.0, 0.5};
  const auto [values, j] = values_and_jacobian(cartesian, point);
  check_close(values, Numbers{2 * std::cos(0.5), 2 * std::sin(0.5)});
  CHECK(j.rows == 2);
  CHECK(j.columns == 2);
  check_close(j.numbers,
              Numbers{std::cos(0.5), -2 * std::sin(0.5), std::sin(0.5), 2 * std::cos(0.5)});
  CHECK(j == jacobian(cartesian, point));
}

TEST_CASE("by rows and by columns it is the same Jacobian") {
  const Numbers x{0.3, 1.1, -0.7, 0.2, 1.9};
  const Matrix wide = jacobian([](std::span<const Value> v) { return chained(v, 4); }, x);
  const Matrix tall = jacobian([](std::span<const Value> v) { return chained(v, 6); }, x);
  CHECK(wide.rows == 4);
  CHECK(tall.rows == 6);
  for (std::size_t k = 0; k < wide.rows; ++k) check_close(wide.row(k), tall.row(k));
  // sin(x[0]) + x[1]/2, and then that times x[1]
  CHECK(wide(0, 0) == doctest::Approx(std::cos(0.3)).epsilon(1e-15));
  CHECK(wide(0, 1) == 0.5);
  const double s = std::sin(0.3) + 0.55;
  CHECK(wide(1, 0) == doctest::Approx(std::cos(s * 1.1) * 1.1 * std::cos(0.3)).epsilon(1e-14));
}

TEST_CASE("products with vectors are those of the Jacobian, either way") {
  const Numbers x{0.3, 1.1, -0.7}, v{1, -2, 0.5}, u{2, 0, 1, -1};
  const auto f = [](std::span<const Value> point) { return chained(point, 4); };
  const Matrix j = jacobian(f, x);
  check_close(jacobian_vector_product(f, x, v), times(j, v));
  check_close(vector_jacobian_product(f, x, u), times(transposed(j), u));
  check_close(gauss_newton_product(f, x, v), times(transposed(j), times(j, v)));
  CHECK(jacobian_vector_product(f, x, {1.0, -2.0, 0.5}) == jacobian_vector_product(f, x, v));
  CHECK(vector_jacobian_product(f, x, {2.0, 0.0, 1.0, -1.0}) == vector_jacobian_product(f, x, u));
  CHECK(gauss_newton_product(f, x, {1.0, -2.0, 0.5}) == gauss_newton_product(f, x, v));
}

TEST_CASE("the same of what is recorded, with results and inputs from anywhere on the tape") {
  Tape tape;
  const Value a = tape.variable(2), b = a * a, c = b * a;
  const std::vector<Value> x{a, b}, y{c, Value(7), b};
  CHECK(jacobian(y, x).numbers == Numbers{12, 2, 0, 0, 4, 1});
  CHECK(jacobian_vector_product(y, x, Numbers{1, 10}) == Numbers{32, 0, 14});
  CHECK(vector_jacobian_product(y, x, Numbers{1, 5, 100}) == Numbers{412, 102});
}

TEST_CASE("of no results, or of no inputs, the Jacobian is empty") {
  const auto none = [](std::span<const Value>) { return std::vector<Value>(); };
  const Matrix no_rows = jacobian(none, Numbers{1, 2});
  CHECK(no_rows.rows == 0);
  CHECK(no_rows.columns == 2);
  const auto constant = [](std::span<const Value>) { return std::vector<Value>{5.0}; };
  const auto [values, no_columns] = values_and_jacobian(constant, Numbers());
  CHECK(values == Numbers{5});
  CHECK(no_columns.rows == 1);
  CHECK(no_columns.columns == 0);
  CHECK(jacobian(constant, Numbers{1}).numbers == Numbers{0});
  CHECK(jacobian_vector_product(constant, Numbers(), Numbers()) == Numbers{0});
  CHECK(vector_jacobian_product(none, Numbers{1, 2}, Numbers()) == Numbers{0, 0});
}

TEST_CASE("vectors of another length are refused, and so are inputs that are on no active tape") {
  const auto f = [](std::span<const Value> x) { return chained(x, 4); };
  const Numbers x{1, 2, 3};
  CHECK_THROWS_WITH_AS(jacobian_vector_product(f, x, Numbers{1, 2}),
                       "jacobian_vector_product: v has 2 numbers for 3 inputs; pass one for each",
                       ShapeError);
  CHECK_THROWS_WITH_AS(vector_jacobian_product(f, x, Numbers{1, 2}),
                       "vector_jacobian_product: u has 2 numbers for 4 outputs; pass one for each",
                       ShapeError);
  CHECK_THROWS_AS(gauss_newton_product(f, x, Numbers{1, 2}), ShapeError);
  std::vector<Value> gone;
  {
    Tape tape;
    gone = tape.variables(x);
  }
  CHECK_THROWS_WITH_AS(jacobian(gone, gone),
                       doctest::Contains("jacobian: no tape that is active on this thread holds"),
                       StaleValueError);
  Tape tape;
  const std::vector<Value> constants{1.0}, y{tape.variable(1)};
  CHECK_THROWS_AS(jacobian(y, constants), NoAdjointError);
  CHECK_THROWS_AS(jacobian(gone, y), StaleValueError);
  // Not by the name of a sweep, which the caller did not ask for.
  const auto captures = [&](std::span<const Value> v) { return std::vector{y[0], v[0], v[0]}; };
  CHECK_THROWS_WITH_AS(jacobian(captures, Numbers{1}), doctest::Contains("jacobian: the value 1 "),
                       StaleValueError);
}

TEST_CASE("a function that throws half-way leaves everything as it was") {
  const Numbers x{1, 2};
  const auto half_way = [](std::span<const Value> v) -> std::vector<Value> {
    static_cast<void>(v[0] * v[1]);
    throw std::runtime_error("half-way");
  };
  Tape tape;
  const Value outside = tape.variable(3);
  CHECK_THROWS_AS(jacobian(half_way, x), std::runtime_error);
  CHECK(tape.size() == 1);
  CHECK(tape.is_active());
  CHECK(jacobian([](std::span<const Value> v) { return std::vector{v[0] * v[1]}; }, x).numbers ==
        Numbers{2, 1});
  const auto captures = [&](std::span<const Value> v) { return std::vector{v[0] * outside}; };
  CHECK_THROWS_AS(jacobian(captures, x), StaleValueError);
}
