#include "tapegrad/derivatives/matrix.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sstream>

#include "tapegrad/core/error.hpp"
#include "tapegrad/format.hpp"

using namespace tapegrad;

TEST_CASE("a matrix is zero when made, and written by row and column") {
  Matrix m(2, 3);
  CHECK(m.numbers == std::vector<double>(6));
  m(1, 2) = 5;
  CHECK(m.numbers[5] == 5);
  CHECK(m.row(1)[2] == 5);
  CHECK(m.row(0).size() == 3);
  Matrix other = m;
  CHECK(other == m);
  other(0, 0) = 1;
  CHECK(other != m);
}

TEST_CASE("an entry outside is refused by name") {
  Matrix m(2, 3);
  CHECK_THROWS_WITH_AS(m(2, 0) = 1, "Matrix: there is no row 2 with a column 0; it has 2 rows of 3",
                       ShapeError);
  CHECK_THROWS_AS(static_cast<void>(m(0, 3)), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(m.row(2)), ShapeError);
  CHECK_THROWS_AS(static_cast<void>(Matrix()(0, 0)), ShapeError);
}

TEST_CASE("a matrix prints as rows of aligned columns") {
  Matrix m(2, 2);
  m(0, 0) = -1.5;
  m(1, 1) = 100;
  CHECK(to_string(m) == "-1.5    0\n   0  100\n");
  CHECK(fmt::format("{}", m) == to_string(m));
  std::ostringstream out;
  out << m;
  CHECK(out.str() == to_string(m));
  CHECK(to_string(Matrix(0, 2)).empty());
  CHECK(to_string(Matrix(2, 0)).empty());
}
