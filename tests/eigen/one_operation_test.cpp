// product() and solve() of Eigen's matrices: one operation of the tape each.

#include <doctest/doctest.h>

#include <Eigen/LU>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "eigen/matrices.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/eigen.hpp"

using namespace tapegrad;

namespace {

template <int Rows, int Columns> using Fixed = Eigen::Matrix<Value, Rows, Columns>;

}  // namespace

TEST_CASE("solve and product are one operation each, with the gradients of Eigen's elimination") {
  constexpr Eigen::Index n = 30;
  Tape tape;
  const ValueMatrix a = variables(tape, well_conditioned(n));
  const ValueVector b = variables(tape, numbers(n, 1));
  const Eigen::VectorXd weights = numbers(n, 1, 0.5);

  std::size_t before = tape.size();
  const ValueVector by_eigen = a.partialPivLu().solve(b);
  CHECK(tape.size() - before > 2 * n * n * n / 3);
  tape.backward(by_eigen.dot(weights));
  const Doubles solved_to_a = gradients(a), solved_to_b = gradients(b);

  before = tape.size();
  const ValueVector x = solve(a, b);
  CHECK(tape.size() - before == 1 + n);
  tape.backward(x.dot(weights));
  CHECK(worst(values(x) - values(by_eigen)) <= 1e-10 * worst(values(x)));
  CHECK(worst(gradients(a) - solved_to_a) <= 1e-10 * worst(solved_to_a));
  CHECK(worst(gradients(b) - solved_to_b) <= 1e-10 * worst(solved_to_b));

  tape.backward((a * b).dot(weights));
  const Doubles to_a = gradients(a), to_b = gradients(b);
  before = tape.size();
  const ValueVector y = product(a, b);
  CHECK(tape.size() - before == 1 + n);
  tape.backward(y.dot(weights));
  CHECK(worst(gradients(a) - to_a) <= 1e-10 * worst(to_a));
  CHECK(worst(gradients(b) - to_b) <= 1e-10 * worst(to_b));
}

TEST_CASE("solve and product keep fixed sizes, the storage order of B, and take expressions") {
  Tape tape;
  const auto a = variables(tape, Eigen::Matrix3d(well_conditioned(3)));
  const auto b = variables(tape, Eigen::Matrix<double, 3, 2>(numbers(3, 2)));
  const ByRow c = a, d = b;
  static_assert(std::is_same_v<decltype(solve(a, b)), Fixed<3, 2>>);
  static_assert(std::is_same_v<decltype(solve(a, b.col(0))), Fixed<3, 1>>);
  static_assert(std::is_same_v<decltype(solve(c, d)), ByRow>);
  static_assert(std::is_same_v<decltype(product(a, b)), Fixed<3, 2>>);
  static_assert(std::is_same_v<decltype(product(b.col(0).transpose(), a))::PlainObject,
                               Eigen::Matrix<Value, 1, 3>>);
  const Doubles x = well_conditioned(3).inverse() * numbers(3, 2);
  CHECK(worst(values(solve(a, b)) - x) <= 1e-15);
  CHECK(worst(values(solve(c, d)) - x) <= 1e-15);
  CHECK(worst(values(solve(a + a, b)) - x / 2) <= 1e-15);
  const Doubles y = numbers(3, 2).transpose() * well_conditioned(3);
  CHECK(worst(values(product(b.transpose(), a)) - y) <= 1e-15);
  CHECK(worst(values(product(d.transpose(), 2 * c)) - 2 * y) <= 1e-15);
  CHECK(values(solve(Fixed<1, 1>(2.0), Fixed<1, 1>(3.0)))(0, 0) == 1.5);
  CHECK(values(solve(Fixed<2, 2>::Identity(), Fixed<2, 1>(5, 7))) == Eigen::Vector2d(5, 7));
}

TEST_CASE("solve and product of nothing are empty, or zeros") {
  Tape tape;
  const auto a = variables(tape, Eigen::Matrix3d(well_conditioned(3)));
  CHECK(solve(ValueMatrix(0, 0), ValueMatrix(0, 2)).cols() == 2);
  CHECK(solve(a, ValueMatrix(3, 0)).rows() == 3);
  CHECK(product(ValueMatrix(0, 3), a).cols() == 3);
  CHECK(values(product(ValueMatrix(2, 0), ValueMatrix(0, 3))) == Doubles::Zero(2, 3));
}

TEST_CASE("solve and product take doubles for constants, and doubles alone record nothing") {
  Tape tape;
  const Doubles d = well_conditioned(5), e = numbers(5, 2);
  const ValueMatrix a = variables(tape, d), b = variables(tape, e);
  const Doubles x = d.partialPivLu().solve(e);
  const std::size_t leaves = tape.size();
  static_assert(std::is_same_v<decltype(solve(d, e)), Doubles>);
  static_assert(std::is_same_v<decltype(solve(d, b)), ValueMatrix>);
  static_assert(std::is_same_v<decltype(product(d, b)), ValueMatrix>);
  CHECK(worst(solve(d, e) - x) <= 1e-15);
  CHECK(worst(product(d, e) - d * e) <= 1e-15);
  CHECK(solve(d.cast<Value>(), e)(0, 0).is_constant());
  CHECK(tape.size() == leaves);

  tape.backward(solve(d, b).sum());
  const Doubles to_b = d.transpose().partialPivLu().solve(Doubles::Ones(5, 2));
  CHECK(worst(gradients(b) - to_b) <= 1e-14);
  tape.backward(solve(a, e).sum());
  CHECK(worst(gradients(a) + to_b * x.transpose()) <= 1e-14);
  tape.backward(product(a, e).sum());
  CHECK(worst(gradients(a) - Doubles::Ones(5, 2) * e.transpose()) <= 1e-14);
}

TEST_CASE("shapes that do not fit are ShapeErrors that name them, and nothing is recorded") {
  Tape tape;
  const ValueMatrix a = variables(tape, numbers(2, 3));
  const ValueMatrix square = variables(tape, well_conditioned(3));
  const ValueVector two = Eigen::Vector2d(1, 2);
  CHECK_THROWS_WITH_AS(product(a, two),
                       "product: A is 2 × 3 and B 2 × 1; A must have as many columns as B has rows",
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      solve(a, two), "solve: A is 2 × 3 and B 2 × 1; A must be square, and have as many rows as B",
      ShapeError);
  CHECK_THROWS_AS(solve(square, two), ShapeError);
  CHECK_THROWS_AS(solve(Eigen::Matrix3d::Identity(), Eigen::Vector2d(1, 2)), ShapeError);
  CHECK(tape.size() == 15);
}

TEST_CASE("a singular or stale matrix is an error of solve, and nothing is recorded") {
  Tape tape;
  const ValueMatrix old = variables(tape, well_conditioned(2));
  tape.clear();
  const ValueMatrix singular = variables(tape, Eigen::Matrix2d{{1, 2}, {2, 4}});
  const ValueVector b = variables(tape, Eigen::Vector2d(1, 2));
  CHECK_THROWS_AS(solve(singular, b), ArgumentError);
  CHECK_THROWS_AS(solve(old, b), StaleValueError);
  CHECK_THROWS_AS(product(old, b), StaleValueError);
  CHECK(tape.size() == 6);
}

TEST_CASE("solve inside other arithmetic agrees with finite differences") {
  const auto f = [](std::span<const Value> x) {
    const Eigen::Map<const Fixed<3, 3>> a(x.data());
    const Eigen::Map<const Fixed<3, 1>> b(x.data() + 9);
    const Fixed<3, 1> first = solve(a, b);
    const Fixed<3, 1> second = solve(product(a, a) + a, exp(first[0]) * b);
    return second.dot(first) + tanh(second[1]);
  };
  std::vector<double> x(12);
  Eigen::Map<Doubles>(x.data(), 3, 4) << well_conditioned(3), numbers(3, 1);
  const auto report = check_gradient(f, x);
  CHECK_MESSAGE(report.agrees(), to_string(report));
}
