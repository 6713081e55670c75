// The curve through a table: does it pass, is it smooth, and are its derivatives its own?

#include "tapegrad/derivatives/interpolation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
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

const Numbers table_x{-1, 0, 0.5, 2, 4};
const Numbers table_y{3, -1, 2, 2.5, 0};

// The curvatures at the points solve a system of which each row says that the slope is continuous;
// here with a plain elimination, and the pieces as polynomials, recorded.
Value recorded_curve(Value x) {
  const std::size_t n = table_x.size();
  Numbers matrix(n * n), right(n);
  matrix[0] = matrix[n * n - 1] = 1;
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const double before = table_x[i] - table_x[i - 1], after = table_x[i + 1] - table_x[i];
    matrix[i * n + i - 1] = before / 6;
    matrix[i * n + i] = (before + after) / 3;
    matrix[i * n + i + 1] = after / 6;
    right[i] = (table_y[i + 1] - table_y[i]) / after - (table_y[i] - table_y[i - 1]) / before;
  }
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = matrix[i * n + k] / matrix[k * n + k];
      for (std::size_t j = 0; j < n; ++j) matrix[i * n + j] -= factor * matrix[k * n + j];
      right[i] -= factor * right[k];
    }
  std::size_t i = 0;
  while (i + 2 < n && x.value() > table_x[i + 1]) ++i;
  const double m0 = right[i] / matrix[i * n + i];
  const double m1 = right[i + 1] / matrix[(i + 1) * n + i + 1];
  const double h = table_x[i + 1] - table_x[i];
  const Value t = x - table_x[i];
  const double slope = (table_y[i + 1] - table_y[i]) / h - h * (2 * m0 + m1) / 6;
  return table_y[i] + t * (slope + t * (m0 / 2 + t * ((m1 - m0) / (6 * h))));
}

}  // namespace

TEST_CASE("the curve passes through every point of the table, exactly") {
  const Interpolation curve(table_x, table_y);
  for (std::size_t i = 0; i < table_x.size(); ++i) {
    CAPTURE(i);
    CHECK(curve(table_x[i]) == table_y[i]);
    CHECK(curve(Value(table_x[i])).value() == table_y[i]);
  }
}

TEST_CASE("value, gradient and Hessian are those of the cubic pieces, recorded") {
  const Interpolation curve(table_x, table_y);
  for (double x : {-0.99, -0.3, 0.1, 0.49, 0.7, 1.9, 3.0, 3.99}) {
    CAPTURE(x);
    check_agreement([&](Values v) { return std::vector{curve(v[0])}; },
                    [](Values v) { return std::vector{recorded_curve(v[0])}; }, {x}, 1e-13);
  }
}

TEST_CASE("slope and curvature go on without a jump at every point, and at both ends") {
  const Interpolation curve(table_x, table_y);
  const double small = 1e-9;
  for (double x : table_x) {
    CAPTURE(x);
    // They change by no more than small times the next derivative, which is below 100 here.
    CHECK(std::abs(curve(x + small) - curve(x - small)) < 100 * small);
    CHECK(std::abs(curve.slope(x + small) - curve.slope(x - small)) < 100 * small);
    CHECK(std::abs(curve.curvature(x + small) - curve.curvature(x - small)) < 100 * small);
  }
}

TEST_CASE("outside the curve is the straight line of the end, out to infinity") {
  const Interpolation curve(table_x, table_y);
  const double slope = curve.slope(-1);
  CHECK(curve(-3) == doctest::Approx(3 - 2 * slope).epsilon(1e-15));
  CHECK(curve.slope(-3) == slope);
  CHECK(curve.curvature(-3) == 0);
  CHECK(curve.slope(7) == curve.slope(4));
  const double x[] = {7};
  CHECK(gradient([&](Values v) { return curve(v[0]); }, x).gradient[0] == curve.slope(4));
  CHECK(hessian([&](Values v) { return curve(v[0]); }, x)(0, 0) == 0);
  CHECK(curve(-infinity) == (slope > 0 ? -infinity : infinity));
  const Interpolation flat(Numbers{0, 1}, Numbers{5, 5});
  CHECK(flat(infinity) == 5);
  CHECK(flat.slope(-infinity) == 0);
}

TEST_CASE("a table of a straight line is that line, also with two points") {
  const Interpolation two(Numbers{1, 3}, Numbers{10, 14});
  CHECK(two(2) == 12);
  CHECK(two.slope(1.7) == 2);
  CHECK(two.curvature(1.7) == 0);
  const Interpolation four(Numbers{0, 1, 3, 4}, Numbers{1, 3, 7, 9});
  CHECK(four(2.5) == 6);
  CHECK(four.curvature(2.5) == 0);
}

TEST_CASE("many points of a sine give its value, slope and curvature") {
  Numbers x, y;
  for (int i = 0; i <= 100; ++i) {
    x.push_back(i * M_PI / 100);  // the sine's curvature is 0 at both ends, like the curve's
    y.push_back(std::sin(x.back()));
  }
  const Interpolation curve(x, y);
  for (double at : {0.1, 1.0, 2.0, 3.1}) {  // errors of order h⁴, h³ and h², with h = 0.03
    CHECK(curve(at) == doctest::Approx(std::sin(at)).epsilon(1e-7));
    CHECK(curve.slope(at) == doctest::Approx(std::cos(at)).epsilon(1e-5));
    CHECK(curve.curvature(at) == doctest::Approx(-std::sin(at)).epsilon(1e-3));
  }
}

TEST_CASE("an interpolation is two nodes, of a constant none; NaN is NaN") {
  Tape tape;
  const Value x = tape.variable(0.2);
  Value y;
  {
    const Interpolation curve(table_x, table_y);
    const Interpolation copy = curve;
    y = copy(x);
    CHECK(copy(Value(0.2)).is_constant());
    CHECK(y.value() == curve(0.2));
    CHECK(std::isnan(curve(no_number)));
    CHECK(std::isnan(curve.slope(no_number)));
    CHECK(std::isnan(curve.curvature(no_number)));
  }
  CHECK(tape.size() == 3);
  CHECK(tape.node(2).operation() == "interpolation");
  tape.backward(y);  // the table lives on
  CHECK(x.grad() == Interpolation(table_x, table_y).slope(0.2));
}

TEST_CASE("a Value without its tape is an error") {
  const Interpolation curve(table_x, table_y);
  Value x;
  {
    Tape tape;
    x = tape.variable(1);
  }
  CHECK_THROWS_AS(curve(x), NoActiveTapeError);
  Tape tape;
  CHECK_THROWS_AS(curve(x), StaleValueError);
}

TEST_CASE("tables that are no functions are refused, with the place") {
  const auto make = [](const Numbers& x, const Numbers& y) { Interpolation{x, y}; };
  CHECK_THROWS_WITH_AS(
      make({1, 2, 2, 3}, {1, 2, 3, 4}),
      "Interpolation: x[1] = 2 is followed by 2; x has to increase: sort the points, and keep one "
      "of each x",
      ArgumentError);
  CHECK_THROWS_AS(make({1, 3, 2}, {1, 2, 3}), ArgumentError);
  CHECK_THROWS_WITH_AS(make({1}, {1}), "Interpolation: the table has 1 points; it takes 2 or more",
                       ArgumentError);
  CHECK_THROWS_AS(make({}, {}), ArgumentError);
  CHECK_THROWS_WITH_AS(make({1, 2}, {1, 2, 3}),
                       "Interpolation: 2 numbers x and 3 numbers y; each point has one of both",
                       ShapeError);
  CHECK_THROWS_WITH_AS(make({1, 2}, {1, no_number}),
                       "Interpolation: point 1 is (2, nan); both have to be finite", ArgumentError);
  CHECK_THROWS_AS(make({no_number, 2}, {1, 2}), ArgumentError);
  CHECK_THROWS_AS(make({1, infinity}, {1, 2}), ArgumentError);
}

TEST_CASE("tables that are too steep or too wide for doubles are refused") {
  const auto make = [](const Numbers& x, const Numbers& y) { Interpolation{x, y}; };
  CHECK_THROWS_WITH_AS(
      make({0, 1e-308, 1}, {0, 1e10, 0}),
      "Interpolation: from (0, 0) to (1e-308, 10000000000) the curve is too steep, "
      "or the way too long, for numbers of 64 bits; scale x or y",
      ArgumentError);
  CHECK_THROWS_AS(make({0, 1e-308}, {0, 1e10}), ArgumentError);
  CHECK_THROWS_AS(make({-1.5e308, 1.5e308}, {0, 1}), ArgumentError);
}
