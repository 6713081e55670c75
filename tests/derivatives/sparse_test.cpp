#include "tapegrad/derivatives/sparse.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../core/same.hpp"
#include "sparse_functions.hpp"
#include "tapegrad/derivatives/hessian.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Values = std::span<const Value>;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Neighbours interact: tridiagonal.
Value rosenbrock(Values x) {
  Value sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
  return sum;
}

/// A wave of n - 2 results, each of three neighbours.
std::vector<Value> wave(Values x) {
  std::vector<Value> y;
  for (std::size_t i = 1; i + 1 < x.size(); ++i)
    y.push_back(x[i - 1] * sin(x[i]) - exp(x[i + 1]) * x[i]);
  return y;
}

/// Equal up to rounding: the dense one goes other ways through the same sums.
void check_close(const Matrix& a, const Matrix& b) {
  REQUIRE(a.rows == b.rows);
  REQUIRE(a.columns == b.columns);
  double size = 0;
  for (const double number : b.numbers) size = std::max(size, std::abs(number));
  for (std::size_t k = 0; k < a.numbers.size(); ++k) {
    CAPTURE(k);
    CHECK(std::abs(a.numbers[k] - b.numbers[k]) <= 1e-13 * size);
  }
}

std::vector<double> unit(std::size_t n, std::size_t i) {
  std::vector<double> direction(n);
  direction[i] = 1;
  return direction;
}

}  // namespace

TEST_CASE("a sparse Jacobian equals the dense one at random points of random functions") {
  bool some_by_rows = false, some_by_columns = false;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::size_t n = 1 + random.below(40), m = 1 + random.below(40);
    const std::vector<double> x = random_numbers(random, n);
    const auto f = [&](Values inputs) { return random_results(seed, inputs, m); };
    const SparseDerivative sparse = sparse_jacobian(f, x);
    check_close(sparse.matrix.to_dense(), jacobian(f, x));
    CHECK(sparse.colors <= std::min(m, n));
    CHECK(sparse.sweeps == (sparse.colors + 15) / 16);
    const JacobianPlan plan(f, x);
    (plan.by_rows() ? some_by_rows : some_by_columns) = true;
  }
  CHECK(some_by_rows);
  CHECK(some_by_columns);
}

TEST_CASE("a sparse Hessian equals the dense one at random points of random functions") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::size_t n = 1 + random.below(40), terms = 1 + random.below(40);
    const std::vector<double> x = random_numbers(random, n);
    const auto f = [&](Values inputs) { return random_sum(seed, inputs, terms); };
    const SparseDerivative sparse = sparse_hessian(f, x);
    check_close(sparse.matrix.to_dense(), hessian(f, x));
    CHECK(sparse.colors <= n);
    CHECK(sparse.sweeps == (sparse.colors + 15) / 16);
    for (const Triplet& entry : sparse.matrix.triplets())
      CHECK(entry.number == sparse.matrix(entry.column, entry.row));
  }
}

TEST_CASE("each number is that of a sweep in its own direction, to the last bit") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const std::size_t n = 1 + random.below(20);
    Tape tape;
    const std::vector<Value> x = tape.variables(random_numbers(random, n));
    const std::vector<Value> y = random_results(seed, x, 1 + random.below(20));
    const JacobianPlan plan(y, x);
    for (const Triplet& entry : sparse_jacobian(y, x, plan).triplets()) {
      const auto alone =
          plan.by_rows() ? vector_jacobian_product(y, x, unit(y.size(), entry.row))[entry.column]
                         : jacobian_vector_product(y, x, unit(n, entry.column))[entry.row];
      CHECK(same_adjoint(entry.number, alone));
    }
    const Value total = sum(y);
    for (const Triplet& entry : sparse_hessian(total, x).matrix.triplets()) {
      const double by_column = hessian_vector_product(total, x, unit(n, entry.column))[entry.row];
      const double by_row = hessian_vector_product(total, x, unit(n, entry.row))[entry.column];
      CHECK((same_adjoint(entry.number, by_column) || same_adjoint(entry.number, by_row)));
    }
  }
}

TEST_CASE("a tridiagonal Hessian takes three colours and one sweep, whatever its size") {
  for (const std::size_t n : {std::size_t{8}, std::size_t{10'000}}) {
    CAPTURE(n);
    std::vector<double> x;
    for (std::size_t i = 0; i < n; ++i) x.push_back(0.9 + 0.01 * static_cast<double>(i % 7));
    const auto [h, colors, sweeps] = sparse_hessian(rosenbrock, x);
    CHECK(colors == 3);
    CHECK(sweeps == 1);
    CHECK(h.non_zeros() == 3 * n - 2);
    for (std::size_t i = 1; i + 1 < n; ++i) {
      // ∂²/∂x[i]² of the two terms of i and the one of i - 1; rounded some ten times.
      const double diagonal = 1200 * x[i] * x[i] - 400 * x[i + 1] + 2 + 200;
      CHECK(h(i, i) == doctest::Approx(diagonal).epsilon(1e-13));
      CHECK(h(i, i + 1) == doctest::Approx(-400 * x[i]).epsilon(1e-14));
    }
  }
}

TEST_CASE("a Jacobian of neighbours takes three colours, and of one dense row by rows as few") {
  const std::vector<double> x(1000, 0.5);
  CHECK(sparse_jacobian(wave, x).colors == 3);
  CHECK(sparse_jacobian(wave, x).sweeps == 1);
  const auto with_total = [](Values v) {
    std::vector<Value> y = wave(v);
    y.push_back(sum(v));
    return y;
  };
  const JacobianPlan plan(with_total, x);
  CHECK(plan.by_rows());
  CHECK(plan.colors() == 4);
  const auto with_factor = [](Values v) {
    std::vector<Value> y = wave(v);
    for (Value& one : y) one = one * v[0];
    return y;
  };
  CHECK(!JacobianPlan(with_factor, x).by_rows());
  CHECK(JacobianPlan(with_factor, x).colors() == 4);
}

TEST_CASE("where columns take more colours than promised, rows are tried") {
  // Each row has 2 entries, each column 3; but any two columns meet in a row.
  const auto pairs = [](Values v) {
    std::vector<Value> y;
    for (std::size_t i = 0; i < v.size(); ++i)
      for (std::size_t j = i + 1; j < v.size(); ++j) y.push_back(v[i] * v[j]);
    return y;
  };
  const std::vector<double> x{1, 2, 3, 4};
  const JacobianPlan plan(pairs, x);
  CHECK(plan.by_rows());
  CHECK(plan.colors() == 3);
  check_close(sparse_jacobian(pairs, x).matrix.to_dense(), jacobian(pairs, x));
}

TEST_CASE("sparse derivatives agree with finite differences") {
  const std::size_t n = 7;
  std::vector<double> x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(0.3 + 0.2 * static_cast<double>(i));
  const SparseMatrix h = sparse_hessian(rosenbrock, x).matrix;
  const SparseMatrix j = sparse_jacobian(wave, x).matrix;
  const double step = 1e-5;  // rounding 1e-11 times the values, truncation 1e-10
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> above = x, below = x;
    above[i] += step;
    below[i] -= step;
    const auto difference = [&](double a, double b) { return (a - b) / (above[i] - below[i]); };
    const auto gradient_above = gradient(rosenbrock, above).gradient;
    const auto gradient_below = gradient(rosenbrock, below).gradient;
    const auto wave_above = values_and_jacobian(wave, above).values;
    const auto wave_below = values_and_jacobian(wave, below).values;
    for (std::size_t k = 0; k < n; ++k)
      CHECK(h(k, i) ==
            doctest::Approx(difference(gradient_above[k], gradient_below[k])).epsilon(1e-6));
    for (std::size_t k = 0; k < wave_above.size(); ++k)
      CHECK(j(k, i) == doctest::Approx(difference(wave_above[k], wave_below[k])).epsilon(1e-6));
  }
}

TEST_CASE("a NaN or an infinity stays in the entries that depend on it") {
  const std::size_t n = 40;
  std::vector<double> x(n, 0.25), plain(n, 0.25);
  const auto roots = [](Values v) {  // Jacobian of neighbours
    std::vector<Value> y;
    for (std::size_t i = 0; i + 1 < v.size(); ++i) y.push_back(sqrt(v[i]) * v[i + 1]);
    return y;
  };
  const auto total = [&](Values v) { return sum(roots(v)); };
  const SparseMatrix plain_jacobian = sparse_jacobian(roots, plain).matrix;
  const SparseMatrix plain_hessian = sparse_hessian(total, plain).matrix;
  for (const double odd : {0.0, not_a_number, std::numeric_limits<double>::infinity()}) {
    CAPTURE(odd);
    x[17] = odd;
    std::size_t odd_ones = 0;
    for (const Triplet& entry : sparse_jacobian(roots, x).matrix.triplets()) {
      const bool touches = entry.row == 17 || entry.row == 16;
      odd_ones += !std::isfinite(entry.number);
      if (!touches) CHECK(entry.number == plain_jacobian(entry.row, entry.column));
    }
    CHECK(odd_ones > 0);
    odd_ones = 0;
    for (const Triplet& entry : sparse_hessian(total, x).matrix.triplets()) {
      const bool touches =
          std::max(entry.row, entry.column) >= 16 && std::min(entry.row, entry.column) <= 18;
      odd_ones += !std::isfinite(entry.number);
      if (!touches) CHECK(entry.number == plain_hessian(entry.row, entry.column));
    }
    CHECK((odd_ones > 0 || std::isinf(odd)));  // √ is straight at ∞
  }
}

TEST_CASE("a plan is good at every point where the same is recorded") {
  const HessianPlan hessian_plan(rosenbrock, std::vector<double>(20, 1.0));
  const JacobianPlan jacobian_plan(wave, std::vector<double>(20, 1.0));
  CHECK(hessian_plan.colors() == 3);
  CHECK(hessian_plan.sweeps() == 1);
  CHECK(jacobian_plan.sweeps() == 1);
  Random random(1);
  for (int point = 0; point < 3; ++point) {
    const std::vector<double> x = random_numbers(random, 20);
    const SparseMatrix h = sparse_hessian(rosenbrock, x, hessian_plan);
    CHECK(h == sparse_hessian(rosenbrock, x).matrix);
    CHECK(static_cast<const SparsityPattern&>(h) == hessian_plan.pattern());
    const SparseMatrix j = sparse_jacobian(wave, x, jacobian_plan);
    CHECK(j == sparse_jacobian(wave, x).matrix);
    CHECK(static_cast<const SparsityPattern&>(j) == jacobian_plan.pattern());
  }
}

TEST_CASE("functions of arrays and vectors are taken, and plans stay whole when moved from") {
  const auto of_array = [](const std::array<Value, 2>& x) { return x[0] * x[1]; };
  const auto of_vector = [](const std::vector<Value>& x) { return std::vector<Value>{x[1], x[0]}; };
  const std::array point{3.0, 4.0};
  HessianPlan plan(of_array, point);
  const HessianPlan moved = std::move(plan);
  CHECK(plan.pattern() == moved.pattern());
  CHECK(sparse_hessian(of_array, point, moved).numbers == std::vector{1.0, 1.0});
  CHECK(sparse_hessian(of_array, point, plan) == sparse_hessian(of_array, point).matrix);
  CHECK(hessian_pattern(of_array, point) == plan.pattern());
  const JacobianPlan jacobian_plan(of_vector, {3.0, 4.0});
  CHECK(sparse_jacobian(of_vector, {3.0, 4.0}, jacobian_plan).column_indices ==
        std::vector<std::size_t>{1, 0});
}

TEST_CASE("a plan of another branch is refused if it lacks an entry, and good if it has all") {
  const auto branching = [](Values x) {
    return x[0] > 0 ? x[0] * x[0] + x[1] : x[0] * x[1] + x[1] * x[1] * x[1] + x[0] * x[0];
  };
  const auto branching_results = [&](Values x) {
    return std::vector<Value>{x[0] > 0 ? exp(x[0]) : x[0] * x[1], branching(x)};
  };
  const std::vector<double> few{1.0, 2.0}, many{-1.0, 2.0};
  CHECK_THROWS_WITH_AS(
      sparse_hessian(branching, many, HessianPlan(branching, few)),
      "sparse_hessian: the plan has no entry (0, 1), and what is recorded here has one: it is not "
      "what was recorded for the plan; make a plan of it",
      ArgumentError);
  CHECK(sparse_hessian(branching, few, HessianPlan(branching, many)).to_dense().numbers ==
        std::vector{2.0, 0.0, 0.0, 0.0});
  CHECK_THROWS_AS(sparse_jacobian(branching_results, many, JacobianPlan(branching_results, few)),
                  ArgumentError);
  CHECK(sparse_jacobian(branching_results, few, JacobianPlan(branching_results, many)).to_dense() ==
        jacobian(branching_results, few));
}

TEST_CASE("a plan notices other operands, inputs and outputs of the same operations") {
  const auto branching = [](Values x) { return x[0] * (x[0] > 0 ? x[1] : x[2]); };
  const std::vector<double> plus{1.0, 2.0, 3.0}, minus{-1.0, 2.0, 3.0};
  const HessianPlan plan(branching, plus);
  CHECK(sparse_hessian(branching, plus, plan)(0, 1) == 1.0);
  CHECK_THROWS_AS(sparse_hessian(branching, minus, plan), ArgumentError);

  Tape tape;
  const std::vector<Value> x = tape.variables(plus);
  const Value a = x[0] * x[1], b = x[2] * x[2] * x[0], y = a + b;
  const HessianPlan of_two(y, std::array{x[0], x[1]});
  CHECK_THROWS_AS(sparse_hessian(y, std::array{x[0], x[2]}, of_two), ArgumentError);
  const JacobianPlan of_outputs(std::array{a, b}, x);
  CHECK_THROWS_AS(sparse_jacobian(std::array{b, a}, x, of_outputs), ArgumentError);
}

TEST_CASE("a plan is good at another place of a tape") {
  Tape tape;
  std::vector<Value> x = tape.variables(std::array{1.0, 2.0, 3.0});
  const Value y = rosenbrock(x);
  const HessianPlan plan(y, x);
  const SparseMatrix h = sparse_hessian(y, x, plan);
  const std::vector<Value> later = tape.variables(std::array{1.0, 2.0, 3.0});
  CHECK(sparse_hessian(rosenbrock(later), later, plan) == h);
  // The same nodes with other inputs: y doesn't depend on these.
  CHECK(sparse_hessian(y, later, plan).numbers == std::vector<double>(7, 0.0));
}

TEST_CASE("a plan of another size is a ShapeError that names both") {
  const std::vector<double> x(5, 1.0), shorter(4, 1.0);
  CHECK_THROWS_WITH_AS(sparse_hessian(rosenbrock, shorter, HessianPlan(rosenbrock, x)),
                       "sparse_hessian: the plan is of a matrix of 5 x 5, and here it is 4 x 4",
                       ShapeError);
  CHECK_THROWS_WITH_AS(sparse_jacobian(wave, shorter, JacobianPlan(wave, x)),
                       "sparse_jacobian: the plan is of a matrix of 3 x 5, and here it is 2 x 4",
                       ShapeError);
}

TEST_CASE("no inputs, no outputs, constants and straight functions take no sweep") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::array{1.0, 2.0});
  const std::vector<Value> none;
  CHECK(sparse_hessian(x[0], none).matrix == SparseMatrix());
  CHECK(sparse_jacobian(none, none).matrix == SparseMatrix());
  CHECK(sparse_jacobian(x, none).matrix.rows == 2);
  CHECK(sparse_jacobian(none, x).matrix.columns == 2);
  CHECK(sparse_hessian(3.0, x).matrix.to_dense() == Matrix(2, 2));
  const auto [h, colors, sweeps] = sparse_hessian(2 * x[0] - x[1], x);
  CHECK(h.to_dense() == Matrix(2, 2));
  CHECK(colors == 0);
  CHECK(sweeps == 0);
  CHECK(sparse_jacobian(std::array<Value, 1>{4.0}, x).sweeps == 0);
}

TEST_CASE("sparse derivatives leave the tape, its adjoints and its values as they were") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::array{1.0, 2.0, 3.0});
  const Value y = rosenbrock(x);
  tape.backward(y);
  const double adjoint = x[1].grad();
  const std::size_t size = tape.size();
  CHECK(sparse_hessian(y, x).matrix.to_dense() == hessian(y, x));
  CHECK(sparse_jacobian(std::array{y}, x).matrix(0, 1) == adjoint);
  CHECK(tape.size() == size);
  CHECK(x[1].grad() == adjoint);
  const auto failing = [](Values) -> Value { throw std::runtime_error("half-way"); };
  CHECK_THROWS_WITH(sparse_hessian(failing, std::array{1.0}), "half-way");
  CHECK(tape.is_active());
}

TEST_CASE(
    "they nest: inside a function that is being differentiated they use a tape of their own") {
  const auto outer = [](Values x) {
    const std::array point{x[0].value(), 2.0};
    return x[0] * sparse_hessian(rosenbrock, point).matrix(0, 1);  // -400 x, as a number
  };
  const auto [value, grad] = gradient(outer, std::array{3.0});
  CHECK(value == -3600.0);
  CHECK(grad[0] == -1200.0);
}

TEST_CASE("errors name the function and what to do") {
  Tape tape;
  const std::vector<Value> x = tape.variables(std::array{1.0, 2.0});
  const Value y = x[0] * x[1];
  const std::array<Value, 2> constant{x[0], 4.0};
  CHECK_THROWS_AS(sparse_hessian(y, constant), NoAdjointError);
  CHECK_THROWS_AS(sparse_jacobian(std::array{y}, constant), NoAdjointError);
  const HessianPlan plan(y, x);
  const JacobianPlan jacobian_plan(std::array{y}, x);
  tape.clear();
  CHECK_THROWS_AS(sparse_hessian(y, x, plan), StaleValueError);
  CHECK_THROWS_AS(sparse_jacobian(std::array{y}, x, jacobian_plan), StaleValueError);
}

TEST_CASE("a sparse matrix is read by index, by row, as triplets and as a dense one") {
  const auto f = [](Values x) { return std::vector<Value>{2 * x[2], Value(0.0), x[0] - x[2]}; };
  const SparseMatrix m = sparse_jacobian(f, std::array{1.0, 1.0, 1.0}).matrix;
  CHECK(m.rows == 3);
  CHECK(m.columns == 3);
  CHECK(m.non_zeros() == 3);
  CHECK(m.row_starts == std::vector<std::size_t>{0, 1, 1, 3});
  CHECK(m.column_indices == std::vector<std::size_t>{2, 0, 2});
  CHECK(m.numbers == std::vector{2.0, 1.0, -1.0});
  CHECK(m.triplets() == std::vector<Triplet>{{0, 2, 2.0}, {2, 0, 1.0}, {2, 2, -1.0}});
  CHECK(m(2, 2) == -1.0);
  CHECK(m(1, 2) == 0.0);
  CHECK(m(2, 1) == 0.0);
  CHECK(m.to_dense().numbers == std::vector{0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0, 0.0, -1.0});
  CHECK(SparseMatrix().to_dense() == Matrix());
  CHECK(SparseMatrix().triplets().empty());
  CHECK_THROWS_AS(m(3, 0), ShapeError);
  CHECK_THROWS_WITH_AS(m(0, 3), "sparse matrix: no column 3 in 3 x 3", ShapeError);
}
