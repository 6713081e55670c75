// Eigen's own elimination on matrices of Values. Other decompositions: decompositions_test.cpp.

#include <doctest/doctest.h>

#include <Eigen/LU>

#include "eigen/matrices.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/eigen.hpp"

using namespace tapegrad;
using Eigen::Dynamic;

TEST_CASE("LU with partial pivoting solves with Values, of every shape and storage order") {
  const auto solver = [](const auto& a, const auto& b) { return a.partialPivLu().solve(b).eval(); };
  check_dynamic(solver);
  check_solver<Eigen::Matrix<Value, 3, 3>, Eigen::Matrix<Value, 3, 1>>(well_conditioned(3),
                                                                       numbers(3, 1), solver);
  check_solver<ValueMatrix, ValueMatrix>(well_conditioned(20), numbers(20, 3), solver);
  check_solver<ByRow, ValueVector>(well_conditioned(20), numbers(20, 1), solver);
  // A 0 where elimination starts.
  check_solver<ValueMatrix, ValueVector>(Eigen::Matrix3d{{0, 2, 1}, {1, 0, 3}, {2, 1, 0}},
                                         numbers(3, 1), solver);
  check_zeros(solver);
}

TEST_CASE("triangular systems solve with Values, and what they do not read has gradient 0") {
  const Doubles full = well_conditioned(20);
  Tape tape;
  const ValueMatrix a = variables(tape, full);
  const ValueVector b = variables(tape, numbers(20, 1));
  const ValueVector x = a.triangularView<Eigen::Lower>().solve(b);
  const Doubles weights = numbers(20, 1, 0.5);
  sweep_from(tape, x, weights);
  const Doubles lower = full.triangularView<Eigen::Lower>();
  Doubles to_a = gradients(a);
  CHECK(worst(to_a.triangularView<Eigen::StrictlyUpper>()) == 0.0);
  // As a full matrix it would have a gradient there.
  const Doubles as_full = -gradients(b) * values(x).transpose();
  to_a.triangularView<Eigen::StrictlyUpper>() = as_full;
  check({lower, numbers(20, 1), values(x), weights, to_a, gradients(b)});
}

namespace {

// ∂ln det A/∂A = A⁻ᵀ; and of Σ W ∘ A⁻¹ it is -A⁻ᵀ·W·A⁻ᵀ.
template <int N> void check_inverse(Eigen::Index n) {
  CAPTURE(n);
  const Doubles a_numbers = well_conditioned(n);
  const Doubles inverse = a_numbers.partialPivLu().inverse();
  Tape tape;
  const Eigen::Matrix<Value, N, N> a = variables(tape, a_numbers);
  const Value determinant = a.determinant();
  CHECK(determinant.value() == doctest::Approx(a_numbers.determinant()).epsilon(1e-13));
  tape.backward(determinant, 1 / determinant.value());
  CHECK(worst(gradients(a) - inverse.transpose()) <= 1e-12);

  const Eigen::Matrix<Value, N, N> inverted = a.inverse();
  const Doubles weights = numbers(n, n, 0.5);
  sweep_from(tape, inverted, weights);
  CHECK(worst(gradients(a) + inverse.transpose() * weights * inverse.transpose()) <= 1e-12);
}

}  // namespace

TEST_CASE("determinants and inverses have the gradients of Jacobi's formula") {
  check_inverse<2>(2);
  check_inverse<3>(3);
  check_inverse<4>(4);
  check_inverse<Dynamic>(8);
  check_inverse<Dynamic>(20);
}
