// Matrices to test with, and what the solution of a linear system has to be.
#pragma once

#include <doctest/doctest.h>

#include <Eigen/LU>
#include <cmath>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/eigen.hpp"

using Doubles = Eigen::MatrixXd;
using ValueMatrix = Eigen::Matrix<tapegrad::Value, Eigen::Dynamic, Eigen::Dynamic>;
using ValueVector = Eigen::Matrix<tapegrad::Value, Eigen::Dynamic, 1>;
using ByRow = Eigen::Matrix<tapegrad::Value, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Numbers between -1 and 1, the same on every machine (Eigen's own are the C library's). With
/// phase 0 the first is 0, which invites shortcuts.
inline Doubles numbers(Eigen::Index rows, Eigen::Index columns, double phase = 0) {
  Doubles m(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i)
    for (Eigen::Index j = 0; j < columns; ++j) {
      const double k = static_cast<double>(i), l = static_cast<double>(j);
      m(i, j) = std::sin(phase + 3.7 * k + 1.3 * l * l + 2.1 * k * l);
    }
  return m;
}

/// Its diagonal keeps it far from singular.
inline Doubles well_conditioned(Eigen::Index n) {
  return numbers(n, n) + 0.5 * static_cast<double>(n) * Doubles::Identity(n, n);
}

inline double worst(const Doubles& m) { return m.size() == 0 ? 0 : m.cwiseAbs().maxCoeff(); }

/// Starts a sweep from all of a matrix, with weights as adjoints.
template <class Matrix>
void sweep_from(tapegrad::Tape& tape, const Matrix& m, const Doubles& weights) {
  std::vector<tapegrad::Seed> seeds;
  for (Eigen::Index j = 0; j < m.cols(); ++j)
    for (Eigen::Index i = 0; i < m.rows(); ++i) seeds.push_back({m(i, j), weights(i, j)});
  tape.backward(seeds);
}

/// x with a·x = b, and the gradients of Σ weights ∘ x.
struct Solution {
  Doubles a, b, x, weights, to_a, to_b;
};

/// B̄ = A⁻ᵀ·X̄, Ā = -B̄·Xᵀ. The numbers are near 1, and condition numbers below 100.
inline void check(const Solution& s) {
  CAPTURE(s.a.rows());
  CAPTURE(s.b.cols());
  const Doubles x = s.a.partialPivLu().solve(s.b);
  const Doubles to_b = s.a.transpose().partialPivLu().solve(s.weights);
  CHECK(worst(s.x - x) <= 1e-12);
  CHECK(worst(s.to_b - to_b) <= 1e-12);
  CHECK(worst(s.to_a + to_b * x.transpose()) <= 1e-12);
}

template <class A, class B, class Solver>
void check_solver(const Doubles& a_numbers, const Doubles& b_numbers, Solver solver) {
  tapegrad::Tape tape;
  const A a = variables(tape, a_numbers);
  const B b = variables(tape, b_numbers);
  const B x = solver(a, b);
  const Doubles weights = numbers(b.rows(), b.cols(), 0.5);
  sweep_from(tape, x, weights);
  check({a_numbers, b_numbers, values(x), weights, gradients(a), gradients(b)});
}

template <class Solver> void check_dynamic(Solver solver) {
  check_solver<ValueMatrix, ValueVector>(well_conditioned(4), numbers(4, 1), solver);
  check_solver<ValueMatrix, ValueVector>(well_conditioned(20), numbers(20, 1), solver);
}

/// Zeros, in the matrix and on the right, are where a solver may leave out what it should record.
template <class Solver> void check_zeros(Solver solver) {
  const Doubles triangle = well_conditioned(9).triangularView<Eigen::Lower>();
  const Doubles diagonal = Eigen::Vector3d(3, 1, 2).asDiagonal();
  check_solver<ValueMatrix, ValueVector>(triangle, numbers(9, 1), solver);
  check_solver<ValueMatrix, ValueVector>(triangle, Doubles::Zero(9, 1), solver);
  check_solver<ValueMatrix, ValueVector>(diagonal, numbers(3, 1), solver);
  check_solver<ValueMatrix, ValueVector>(diagonal, Doubles::Zero(3, 1), solver);
}
