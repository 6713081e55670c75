// Eigen's matrices with Values: shapes, array functions, reductions. Products: products_test.cpp;
// solvers: elimination_test.cpp.

#include "tapegrad/eigen.hpp"

#include <doctest/doctest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>
#include <limits>
#include <span>
#include <sstream>
#include <type_traits>

#include "eigen/matrices.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/format.hpp"

using namespace tapegrad;
using Eigen::Dynamic;

namespace {

using RowMajorMatrix = Eigen::Matrix<double, Dynamic, Dynamic, Eigen::RowMajor>;

template <class Matrix> std::span<const double> span_of(const Matrix& m) {
  return {m.data(), static_cast<std::size_t>(m.size())};
}

}  // namespace

TEST_CASE("variables, values and gradients keep the shape, storage order and kind of a matrix") {
  Tape tape;
  const auto fixed = variables(tape, Eigen::Matrix3d(numbers(3, 3)));
  const auto two = variables(tape, Eigen::Vector2d(5, 7));
  const auto row = variables(tape, Eigen::RowVectorXd(numbers(1, 4)));
  const auto row_major = variables(tape, RowMajorMatrix(numbers(2, 3)));
  const auto array = variables(tape, Eigen::Array22f::Constant(0.5f));
  const auto at_most = variables(tape, Eigen::Matrix<double, Dynamic, 1, 0, 4, 1>(numbers(3, 1)));
  static_assert(std::is_same_v<decltype(fixed), const Eigen::Matrix<Value, 3, 3>>);
  static_assert(std::is_same_v<decltype(two), const Eigen::Matrix<Value, 2, 1>>);
  static_assert(std::is_same_v<decltype(row), const Eigen::Matrix<Value, 1, Dynamic>>);
  static_assert(decltype(row_major)::IsRowMajor);
  static_assert(std::is_same_v<decltype(array), const Eigen::Array<Value, 2, 2>>);
  static_assert(at_most.MaxRowsAtCompileTime == 4);
  static_assert(std::is_same_v<decltype(values(fixed)), Eigen::Matrix3d>);
  static_assert(std::is_same_v<decltype(values(array)), Eigen::Array22d>);
  static_assert(std::is_same_v<decltype(values(fixed * two.x())), Eigen::Matrix3d>);
  CHECK(values(two) == Eigen::Vector2d(5, 7));
  CHECK(values(row) == numbers(1, 4));
  CHECK(values(row_major) == numbers(2, 3));
  CHECK((values(array) == 0.5).all());
  CHECK(values(at_most) == numbers(3, 1));
  CHECK(values(Eigen::Vector2d(5, 7)) == Eigen::Vector2d(5, 7));

  tape.backward(fixed(0, 1) * 2.0 + row_major(1, 0) + array(1, 1));
  CHECK(gradients(fixed) == 2.0 * Eigen::Vector3d::UnitX() * Eigen::Vector3d::UnitY().transpose());
  CHECK(gradients(row_major)(1, 0) == 1.0);
  CHECK(gradients(row_major).sum() == 1.0);
  CHECK((gradients(array) == Eigen::Array22d{{0, 0}, {0, 1}}).all());
  CHECK(gradients(two) == Eigen::Vector2d::Zero());
}

TEST_CASE("the nodes of variables follow each other in storage order") {
  Tape tape;
  const auto by_column = variables(tape, Eigen::Matrix2d::Identity());
  const auto by_row = variables(tape, Eigen::Matrix<int, 2, 2, Eigen::RowMajor>::Identity());
  CHECK(by_column(1, 0).node() == 2);
  CHECK(by_column(0, 1).node() == 3);
  CHECK(by_row(0, 1).node() == 6);
  CHECK(by_row(1, 0).node() == 7);
  CHECK(by_row(1, 1).value() == 1.0);
  CHECK(variables(tape, Eigen::MatrixXd(0, 3)).cols() == 3);
  CHECK(tape.size() == 8);
  // Of an expression, and all of them or none.
  CHECK(values(variables(tape, 2 * Eigen::Vector2d(1, 2))) == Eigen::Vector2d(2, 4));
  Tape small(Tape::Options{.node_limit = 3});
  CHECK_THROWS_AS(variables(small, Eigen::Vector4d::Ones()), TapeFullError);
  CHECK(small.empty());
}

TEST_CASE("gradients come from the active tape, adjoints from the one that is named") {
  Tape tape(Tape::inactive);
  Eigen::Matrix<Value, 2, 1> x;
  {
    const auto scope = tape.activate();
    x = variables(tape, Eigen::Vector2d(3, 4));
    CHECK_THROWS_AS(gradients(x), NoAdjointError);
    const Value y = x.squaredNorm();
    tape.backward(y);
    CHECK(gradients(x) == Eigen::Vector2d(6, 8));
  }
  CHECK(adjoints(tape, x) == Eigen::Vector2d(6, 8));
  CHECK_THROWS_AS(gradients(x), StaleValueError);
  const Eigen::Matrix<Value, 2, 1> with_constant(x[0], 1.0);
  CHECK_THROWS_AS(adjoints(tape, with_constant), NoAdjointError);
}

TEST_CASE("a matrix that nothing was written to holds constants of 0") {
  CHECK(values(Eigen::Matrix<Value, 3, 2>()) == Eigen::MatrixXd::Zero(3, 2));
  ValueMatrix m(2, 2);
  CHECK(values(m) == Eigen::MatrixXd::Zero(2, 2));
  m.conservativeResize(3, 3);
  CHECK(m(2, 2).is_constant());
  CHECK(values(m) == Eigen::MatrixXd::Zero(3, 3));
}

TEST_CASE("array functions are those of Values, with their derivatives") {
  const auto f = [](std::span<const Value> numbers) {
    const Eigen::Map<const Eigen::Array<Value, 5, 1>> x(numbers.data());
    const Eigen::Array<Value, 5, 1> y =
        x.exp() + 2 * x.log() - x.sqrt() * x.tanh() + x.sin() / x.cos() + x.square() + x.cube() +
        x.inverse() + x.rsqrt() + x.abs() + x.log1p() + x.expm1() + x.sinh() + x.cosh() + x.atan() +
        x.asinh() + x.logistic() + x.pow(3) + pow(2.0, x) + x.pow(x) + 1.0 / x + (x - 0.5).max(x);
    return y.sum() + x.floor().sum() + x.prod() + x.mean() + x.minCoeff() * x.maxCoeff();
  };
  const double x[] = {0.3, 0.7, 1.2, 1.9, 2.6};
  const auto check = check_gradient(f, x);
  CHECK_MESSAGE(check.agrees(), to_string(check));

  const auto [value, grad] = gradient(
      [](std::span<const Value> v) {
        return Eigen::Map<const Eigen::Array<Value, Dynamic, 1>>(v.data(), 5).tanh().sum();
      },
      x);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(grad[i] == doctest::Approx(1 - std::pow(std::tanh(x[i]), 2)).epsilon(1e-14));
}

TEST_CASE("norms, dots and traces have the gradients of the textbook") {
  Tape tape;
  const Eigen::MatrixXd numbers_of_a = numbers(4, 4);
  const ValueMatrix a = variables(tape, numbers_of_a);
  const ValueVector x = variables(tape, Eigen::VectorXd(numbers(4, 1)));
  const Eigen::VectorXd v = values(x);
  tape.backward(x.norm());
  CHECK(worst(gradients(x) - v / v.norm()) <= 1e-15);
  tape.backward(x.stableNorm());
  CHECK(worst(gradients(x) - v / v.norm()) <= 1e-15);
  tape.backward(x.lpNorm<1>());
  CHECK(gradients(x) == Eigen::VectorXd(v.array().sign()));
  tape.backward(x.dot(a * x));
  CHECK(worst(gradients(x) - (numbers_of_a + numbers_of_a.transpose()) * v) <= 1e-15);
  tape.backward((a * a).trace());
  CHECK(worst(gradients(a) - 2 * numbers_of_a.transpose()) <= 1e-15);
  tape.backward(a.squaredNorm());
  CHECK(gradients(a) == 2 * numbers_of_a);
  tape.backward(x.normalized().sum());
  const double length = v.norm();
  const Eigen::VectorXd by_hand =
      Eigen::VectorXd::Ones(4) / length - v * v.sum() / (length * length * length);
  CHECK(worst(gradients(x) - by_hand) <= 1e-15);
  Eigen::Index where = 0;
  tape.backward(x.maxCoeff(&where));
  CHECK(gradients(x) == Eigen::VectorXd(Eigen::VectorXd::Unit(4, where)));
}

TEST_CASE("the norm of a zero vector has no gradient in Eigen, and 0 in tapegrad") {
  Tape tape;
  const auto x = variables(tape, Eigen::Vector2d(0, 0));
  tape.backward(x.norm());
  CHECK(std::isnan(gradients(x)[0]));
  tape.backward(norm(std::span<const Value>(x.data(), 2)));
  CHECK(gradients(x) == Eigen::Vector2d(0, 0));
}

TEST_CASE("comparisons of arrays are bools, and choose the branch that is recorded") {
  Tape tape;
  const auto x = variables(tape, Eigen::Array3d(-1, 0, 2));
  const Eigen::Array<bool, 3, 1> positive = x > 0;
  CHECK(positive.count() == 1);
  CHECK((x >= 0.0).any());
  CHECK((x < x + 1).all());
  const Eigen::Array<Value, 3, 1> y = positive.select(3 * x, 0.0);
  tape.backward(y.sum());
  CHECK((gradients(x) == Eigen::Array3d(0, 0, 3)).all());
  CHECK(x.isFinite().all());
  CHECK_FALSE(x.hasNaN());
  Eigen::Array<Value, 3, 1> z = x;
  z[1] = std::numeric_limits<Value>::quiet_NaN();
  z[2] = std::numeric_limits<Value>::infinity();
  CHECK(z.hasNaN());
  CHECK(z.isNaN().count() == 1);
  CHECK(z.isInf().count() == 1);
  CHECK(z.isFinite().count() == 1);
  const Eigen::Array<Value, 3, 1> nearly = x * (1 + 1e-14);
  CHECK(x.matrix().isApprox(nearly.matrix()));
  CHECK_FALSE(x.matrix().isApprox(z.matrix()));
}

TEST_CASE("blocks, transposes, maps and geometry carry Values") {
  const auto f = [](std::span<const Value> x) {
    const Eigen::Map<const Eigen::Matrix<Value, 3, 3, Eigen::RowMajor>> m(x.data());
    const Eigen::Matrix<Value, 3, 1> a = m.row(0), b = m.col(2);
    Eigen::Quaternion<Value> turn(x[0], x[1], x[2], 1.0);
    turn.normalize();
    const Eigen::Matrix<Value, 3, 1> turned = turn * a.cross(b);
    Eigen::Matrix<Value, 2, 2> corner = m.topLeftCorner<2, 2>().transpose();
    corner.row(0) *= x[8];
    corner(1, 1) += 2;
    return turned.dot(Eigen::Vector3d(1, 2, 3)) + corner.determinant() + m.colwise().norm().sum();
  };
  const Eigen::MatrixXd x = numbers(9, 1, 0.3);
  const auto check = check_gradient(f, span_of(x));
  CHECK_MESSAGE(check.agrees(), to_string(check));
}

TEST_CASE("a matrix of Values prints like one of doubles") {
  Tape tape;
  const Eigen::Matrix2d m{{1, 0.5}, {-2, 1e-3}};
  std::ostringstream of_values, of_doubles;
  of_values << variables(tape, m);
  of_doubles << m;
  CHECK(of_values.str() == of_doubles.str());
}
