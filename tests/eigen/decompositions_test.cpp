// QR, Cholesky's and eigenvalue decompositions by Eigen, on matrices of Values.

#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <span>
#include <vector>

#include "eigen/matrices.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/eigen.hpp"

using namespace tapegrad;

TEST_CASE("LU with full pivoting solves with Values") {
  const auto solver = [](const auto& a, const auto& b) { return a.fullPivLu().solve(b).eval(); };
  check_dynamic(solver);
  check_zeros(solver);
}

TEST_CASE("QR solves with Values") {
  check_dynamic([](const auto& a, const auto& b) { return a.householderQr().solve(b).eval(); });
  check_dynamic(
      [](const auto& a, const auto& b) { return a.colPivHouseholderQr().solve(b).eval(); });
}

TEST_CASE("QR gives the zeros below a diagonal no gradient, as eigen.hpp warns") {
  Tape tape;
  const ValueMatrix a = variables(tape, Doubles::Identity(2, 2));
  const ValueVector x = a.householderQr().solve(Eigen::Vector2d(1, 2).cast<Value>());
  tape.backward(x[1]);
  CHECK(gradients(a)(1, 0) == 0.0);  // instead of -1
}

TEST_CASE("LLT and LDLT solve with Values that make a symmetric matrix") {
  // With S = M·Mᵀ, S⁻¹·(M·b) = M⁻ᵀ·b.
  const auto by_llt = [](const ValueMatrix& a, const ValueVector& b) {
    const ValueMatrix m = a.transpose(), s = m * a;
    return s.llt().solve(m * b).eval();
  };
  const auto by_ldlt = [](const ValueMatrix& a, const ValueVector& b) {
    const ValueMatrix m = a.transpose(), s = m * a;
    return s.ldlt().solve(m * b).eval();
  };
  check_dynamic(by_llt);
  check_dynamic(by_ldlt);
  check_zeros(by_llt);
  check_zeros(by_ldlt);
}

TEST_CASE("a least-squares solution by QR agrees with finite differences") {
  const auto residual = [](std::span<const Value> x) {
    const Eigen::Map<const ValueMatrix> a(x.data(), 6, 3);
    const Eigen::Map<const ValueVector> b(x.data() + 18, 6);
    const ValueVector solution = a.colPivHouseholderQr().solve(b);
    return (a * solution - b).squaredNorm() + solution[0];
  };
  std::vector<double> x(24);
  Eigen::Map<Doubles>(x.data(), 6, 4) = numbers(6, 4, 0.1);
  const auto report = check_gradient(residual, x);
  CHECK_MESSAGE(report.agrees(), to_string(report));
}

TEST_CASE("eigenvalues of a symmetric matrix have the gradient v·vᵀ") {
  const Doubles half = numbers(4, 4);
  const Doubles symmetric = half + half.transpose();
  Tape tape;
  const ValueMatrix a = variables(tape, symmetric);
  const ValueMatrix both = (a + a.transpose()) / 2;
  const Eigen::SelfAdjointEigenSolver<ValueMatrix> solver(both);
  const Value eigenvalue = solver.eigenvalues()[1];
  const Doubles v = values(solver.eigenvectors().col(1));
  CHECK(worst(symmetric * v - eigenvalue.value() * v) <= 1e-13);
  tape.backward(eigenvalue);
  CHECK(worst(gradients(a) - v * v.transpose()) <= 1e-12);
}
