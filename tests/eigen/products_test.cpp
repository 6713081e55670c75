// Products and sums of Eigen's matrices with Values, and what they record.

#include <doctest/doctest.h>

#include <Eigen/Core>
#include <cstddef>

#include "eigen/matrices.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/eigen.hpp"

using namespace tapegrad;

namespace {

using ValueRow = Eigen::Matrix<Value, 1, Eigen::Dynamic>;
template <int Rows, int Columns> using Fixed = Eigen::Matrix<Value, Rows, Columns>;

// The gradients of L = Σ W ∘ (A·B), against Ā = W·Bᵀ and B̄ = Aᵀ·W.
template <class A, class B> void check_product(const Doubles& a_numbers, const Doubles& b_numbers) {
  CAPTURE(a_numbers.rows());
  CAPTURE(a_numbers.cols());
  CAPTURE(b_numbers.cols());
  Tape tape;
  const A a = variables(tape, a_numbers);
  const B b = variables(tape, b_numbers);
  const Doubles weights = numbers(a.rows(), b.cols(), 0.5);
  const auto c = (a * b).eval();
  CHECK(worst(values(c) - a_numbers * b_numbers) <= 1e-13);  // sums of up to 40 terms
  sweep_from(tape, c, weights);
  CHECK(worst(gradients(a) - weights * b_numbers.transpose()) <= 1e-13);
  CHECK(worst(gradients(b) - a_numbers.transpose() * weights) <= 1e-13);
}

}  // namespace

TEST_CASE("products differentiate: fixed, dynamic, large, of columns, rows and by row") {
  check_product<Fixed<2, 2>, Fixed<2, 3>>(numbers(2, 2), numbers(2, 3));
  check_product<Fixed<4, 4>, Fixed<4, 1>>(numbers(4, 4), numbers(4, 1));
  check_product<ValueMatrix, ValueMatrix>(numbers(3, 5), numbers(5, 2));
  check_product<ValueMatrix, ValueMatrix>(numbers(40, 30), numbers(30, 20));
  check_product<ByRow, ValueMatrix>(numbers(25, 30), numbers(30, 20));
  check_product<ValueMatrix, ByRow>(numbers(25, 30), numbers(30, 20));
  check_product<ValueMatrix, ValueVector>(numbers(25, 30), numbers(30, 1));
  check_product<ValueRow, ValueMatrix>(numbers(1, 25), numbers(25, 30));
  check_product<ValueVector, ValueRow>(numbers(6, 1), numbers(1, 5));
}

TEST_CASE("products of empty matrices are empty, or zeros that are constants") {
  CHECK((ValueMatrix(0, 3) * ValueMatrix(3, 2)).eval().cols() == 2);
  const ValueMatrix zeros = ValueMatrix(2, 0) * ValueMatrix(0, 2);
  CHECK(values(zeros) == Eigen::MatrixXd::Zero(2, 2));
  CHECK(zeros(1, 1).is_constant());
}

TEST_CASE("a product records a node for each multiplication and addition, and no more") {
  Tape tape;
  for (const Eigen::Index n : {2, 5, 30}) {
    CAPTURE(n);
    const ValueMatrix a = variables(tape, numbers(n, n));
    const ValueVector x = a.col(0);
    std::size_t before = tape.size();
    const ValueMatrix b = a * a;
    CHECK(tape.size() - before == static_cast<std::size_t>(n * n * (2 * n - 1)));
    before = tape.size();
    const ValueVector y = a * x;
    CHECK(tape.size() - before == static_cast<std::size_t>(n * (2 * n - 1)));
  }
}

TEST_CASE("an operand of a product is evaluated once, not at each use") {
  Tape tape;
  const auto a = variables(tape, Eigen::Matrix2d(numbers(2, 2)));
  const std::size_t before = tape.size();
  const Eigen::Matrix<Value, 2, 2> c = (a + a) * (a - a);
  CHECK(tape.size() - before == 4 + 4 + 12);
  CHECK(values(c) == Eigen::Matrix2d::Zero());
}

TEST_CASE("a product may be assigned to one of its operands") {
  Tape tape;
  const ValueMatrix a = variables(tape, numbers(25, 25));
  ValueMatrix b = a;
  b = b * b;
  CHECK(worst(values(b) - numbers(25, 25) * numbers(25, 25)) <= 1e-13);
  b = a;
  b.noalias() += 2.0 * a * a;
  b -= a * a;
  CHECK(worst(values(b) - numbers(25, 25) - numbers(25, 25) * numbers(25, 25)) <= 1e-13);
}

TEST_CASE("doubles and Values mix in products and sums, on either side") {
  Tape tape;
  const Eigen::MatrixXd d = numbers(30, 30, 0.2);
  const Eigen::VectorXd e = numbers(30, 1, 0.7);
  const ValueMatrix a = variables(tape, numbers(30, 30));
  const ValueVector x = variables(tape, Eigen::VectorXd(numbers(30, 1)));

  Value y = (d * a).sum();
  tape.backward(y);  // ∂Σ(D·A)/∂A[k][j] = Σ_i D[i][k]
  const Eigen::MatrixXd column_sums = d.colwise().sum().transpose() * Eigen::RowVectorXd::Ones(30);
  CHECK(worst(gradients(a) - column_sums) <= 1e-13);
  y = (a * d).sum();
  tape.backward(y);
  const Eigen::MatrixXd row_sums = Eigen::VectorXd::Ones(30) * d.rowwise().sum().transpose();
  CHECK(worst(gradients(a) - row_sums) <= 1e-13);
  y = (d * x).dot(e) + (a * e).sum() + e.dot(x);
  tape.backward(y);
  CHECK(worst(gradients(x) - d.transpose() * e - e) <= 1e-13);
  CHECK(worst(gradients(a) - Eigen::VectorXd::Ones(30) * e.transpose()) <= 1e-15);

  ValueVector z = x + e;
  z += e;
  z = e - z;
  z = 2 * z / 4 + z * 0.5f;
  z.array() += 1;
  z = e.asDiagonal() * z;
  tape.backward(z.sum());  // z = e ∘ (1 - e - x)
  CHECK(worst(gradients(x) + e) <= 1e-15);
  z = e;
  CHECK(z[3].is_constant());
  const Eigen::Matrix3d small = numbers(3, 3);
  const auto b = variables(tape, small);
  CHECK(values(small * b) == values(b * small));
}

TEST_CASE("an expression kept with auto records again at each use, with the same gradient") {
  Tape tape;
  const ValueMatrix a = variables(tape, numbers(3, 3));
  const ValueVector x = variables(tape, Eigen::VectorXd(numbers(3, 1)));
  const auto product = a * x;
  const std::size_t before = tape.size();
  const ValueVector once = product;
  CHECK(tape.size() - before == 15);
  const ValueVector again = product;
  CHECK(tape.size() - before == 30);
  tape.backward(once.sum() + again.sum());
  CHECK(worst(gradients(x) - 2 * numbers(3, 3).colwise().sum().transpose()) <= 1e-15);
}

TEST_CASE("a stale Value in a matrix is an error, not a lost gradient") {
  Tape tape;
  const ValueMatrix old = variables(tape, numbers(3, 3));
  tape.clear();
  ValueMatrix a = variables(tape, numbers(3, 3));
  CHECK_THROWS_AS(a = a * old, StaleValueError);
  CHECK_THROWS_AS(a += old, StaleValueError);
  CHECK(values(a) == numbers(3, 3));
}
