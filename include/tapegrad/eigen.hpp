// Eigen's matrices of Values, where Eigen 3.4 is installed.
//
//   Eigen::Matrix<Value, ...>        products, LU, LLT, LDLT, QR, inverse, norms, array functions:
//                                    Eigen's own code, one node for each of its operations
//   variables(tape, m)               leaves from plain numbers
//   values, gradients, adjoints      plain numbers from Values
//   product, solve                   one operation of the tape each, whatever the size
//
// Whatever has a shape keeps it: from a Matrix3d a Matrix<Value, 3, 3>, from an Array an Array.
//
//   const auto volume = [](std::span<const Value> x) {
//     return Eigen::Map<const Eigen::Matrix<Value, 3, 3>>(x.data()).determinant();
//   };
//   const auto [value, grad] = gradient(volume, std::span<const double>(m.data(), 9));
//
// What to look out for:
// - `auto c = a * b` holds no numbers but Eigen's expression: each use of it records the product
//   once more, and where an operand was a temporary it dangles. Write the type, or (a * b).eval().
// - Doubles and Values mix in sums, products and array functions. Eigen's solvers do not mix: for
//   a double matrix and Values on the right (or the other way round) use solve(), or
//   m.cast<Value>(). Nor does a Value matrix go into a double one, but for values(m).
// - Pivots are chosen by comparing: the derivative is that of the order chosen.
// - Eigen's QR, SVD and eigenvector code leaves out steps where numbers are exactly 0, as in a
//   diagonal matrix, or where a matrix is exactly symmetric; what was left out gets no gradient,
//   and nothing tells. LU, LLT, LDLT, determinants, inverses and solve() are right there, too.
// - m.norm() is a square root, and has no derivative at 0: NaN. tapegrad::norm has 0 there.
// - Values belong to a thread. Dense products are not spread over OpenMP's threads here, as Eigen
//   does it for doubles.
#pragma once

#include <Eigen/Core>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/linear_algebra.hpp"
#include "tapegrad/export.hpp"

// ---- What Eigen asks about a number ----

template <> struct Eigen::NumTraits<tapegrad::Value> : Eigen::GenericNumTraits<tapegrad::Value> {
  // Recording costs about ten times as much as reading: dear enough for Eigen to evaluate an
  // operand that it needs twice, instead of recording it twice.
  static constexpr int AddCost = 10;
  static constexpr int MulCost = 10;
  static tapegrad::Value dummy_precision() { return NumTraits<double>::dummy_precision(); }
};

template <class Operation> struct Eigen::ScalarBinaryOpTraits<tapegrad::Value, double, Operation> {
  using ReturnType = tapegrad::Value;
};
template <class Operation> struct Eigen::ScalarBinaryOpTraits<double, tapegrad::Value, Operation> {
  using ReturnType = tapegrad::Value;
};

// Eigen asks this before it skips a 0 of a right-hand side. A 0 that depends on a variable is none
// to skip: its derivative is not 0.
template <>
inline bool Eigen::numext::not_equal_strict(const tapegrad::Value& x, const tapegrad::Value& y) {
  return x.value() != y.value() || !x.is_constant() || !y.is_constant();
}

// Large products, too, coefficient by coefficient, as Eigen does small ones. Its kernels for large
// ones do not compile for double times Value, record additions of 0 and multiplications by 1, and
// run on several threads if there is OpenMP.
namespace Eigen::internal {

template <class Left, class Right>
requires std::same_as<typename Product<Left, Right>::Scalar, tapegrad::Value>
struct generic_product_impl<Left, Right, DenseShape, DenseShape, GemmProduct>
    : generic_product_impl<Left, Right, DenseShape, DenseShape, CoeffBasedProductMode> {
};

template <class Left, class Right>
requires std::same_as<typename Product<Left, Right>::Scalar, tapegrad::Value>
struct generic_product_impl<Left, Right, DenseShape, DenseShape, GemvProduct>
    : generic_product_impl<Left, Right, DenseShape, DenseShape, CoeffBasedProductMode> {
};

}  // namespace Eigen::internal

namespace tapegrad {

// ---- Shapes and numbers of Eigen expressions ----

namespace eigen {

/// The Matrix or Array of the same shape and storage order, of other numbers.
template <class Derived, class Number>
using With = typename std::remove_cvref_t<
    decltype(std::declval<const Derived&>().template cast<Number>())>::PlainObject;

template <class Derived>
concept OfValues = std::same_as<typename Derived::Scalar, Value>;

template <class Derived>
concept OfValuesOrDoubles = OfValues<Derived> || std::same_as<typename Derived::Scalar, double>;

/// What comes of numbers of A and of B together: doubles only of doubles.
template <class A, class B>
using NumberOf = std::conditional_t<OfValues<A> || OfValues<B>, Value, double>;

/// As linear_algebra.hpp takes them.
template <class Number>
using Rows = Eigen::Matrix<Number, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Number> std::span<const Number> numbers_of(const Rows<Number>& m) {
  return {m.data(), static_cast<std::size_t>(m.size())};
}

[[noreturn]] TAPEGRAD_COLD inline void throw_unfit(const char* function, std::string_view demand,
                                                   std::array<Eigen::Index, 4> sizes) {
  const auto [a_rows, a_columns, b_rows, b_columns] = sizes;
  throw ShapeError(std::string(function) + ": A is " + std::to_string(a_rows) + " × " +
                   std::to_string(a_columns) + " and B " + std::to_string(b_rows) + " × " +
                   std::to_string(b_columns) + "; " + std::string(demand));
}

}  // namespace eigen

// ---- From numbers to Values and back ----

/// Leaves on the tape, of numbers of any type. All are recorded, or none; their nodes follow each
/// other in storage order: column by column, unless m is row-major.
/// @throws as Tape::variable()
template <class Derived>
eigen::With<Derived, Value> variables(Tape& tape, const Eigen::DenseBase<Derived>& m) {
  const eigen::With<Derived, double> numbers = m.derived().template cast<double>();
  eigen::With<Derived, Value> leaves;
  leaves.resize(numbers.rows(), numbers.cols());
  const auto size = static_cast<std::size_t>(numbers.size());
  tape.variables(std::span(numbers.data(), size), std::span(leaves.data(), size));
  return leaves;
}

/// The values. Those of doubles are themselves, so that a template can ask for both.
template <eigen::OfValuesOrDoubles Derived>
eigen::With<Derived, double> values(const Eigen::DenseBase<Derived>& m) {
  return m.derived().unaryExpr([](const Value& x) { return x.value(); });
}

/// x.grad() of each: the adjoints after the last sweep of a tape that is active on this thread.
/// @throws as Value::grad(): NoAdjointError if one is a constant, ...
template <eigen::OfValues Derived>
eigen::With<Derived, double> gradients(const Eigen::DenseBase<Derived>& m) {
  return m.derived().unaryExpr([](const Value& x) { return x.grad(); });
}

/// The adjoints after the last sweep of that tape. @throws as Tape::adjoint()
template <eigen::OfValues Derived>
eigen::With<Derived, double> adjoints(const Tape& tape, const Eigen::DenseBase<Derived>& m) {
  return m.derived().unaryExpr([&tape](const Value& x) { return tape.adjoint(x); });
}

// ---- One operation, whatever the size ----

/// A·B by product() of linear_algebra.hpp: one node, and one for each coefficient of the result,
/// where `a * b` records about 2·rows·inner·columns. Either may be of doubles: constants then.
/// @throws ShapeError if a.cols() != b.rows(); as product()
template <eigen::OfValuesOrDoubles A, eigen::OfValuesOrDoubles B>
auto product(const Eigen::MatrixBase<A>& a, const Eigen::MatrixBase<B>& b) {
  if (a.cols() != b.rows())
    eigen::throw_unfit("product", "A must have as many columns as B has rows",
                       {a.rows(), a.cols(), b.rows(), b.cols()});
  using Number = eigen::NumberOf<A, B>;
  const eigen::Rows<Number> left = a.template cast<Number>();
  const eigen::Rows<Number> right = b.template cast<Number>();
  const std::vector<Number> c =
      product(eigen::numbers_of(left), eigen::numbers_of(right), static_cast<std::size_t>(a.rows()),
              static_cast<std::size_t>(a.cols()), static_cast<std::size_t>(b.cols()));
  typename Eigen::Product<A, B>::PlainObject result;
  result = Eigen::Map<const eigen::Rows<Number>>(c.data(), a.rows(), b.cols());
  return result;
}

/// X with A·X = B by solve() of linear_algebra.hpp: one node, and one for each coefficient of X,
/// where a.partialPivLu().solve(b) records about 2n³/3. Either may be of doubles: constants then.
/// @throws ShapeError if A is not square, or B has not as many rows; ArgumentError if A is
///         singular; as solve()
template <eigen::OfValuesOrDoubles A, eigen::OfValuesOrDoubles B>
auto solve(const Eigen::MatrixBase<A>& a, const Eigen::MatrixBase<B>& b) {
  if (a.rows() != a.cols() || a.rows() != b.rows())
    eigen::throw_unfit("solve", "A must be square, and have as many rows as B",
                       {a.rows(), a.cols(), b.rows(), b.cols()});
  using Number = eigen::NumberOf<A, B>;
  const eigen::Rows<Number> matrix = a.template cast<Number>();
  const eigen::Rows<Number> right = b.template cast<Number>();
  const std::vector<Number> x = solve(eigen::numbers_of(matrix), eigen::numbers_of(right),
                                      static_cast<std::size_t>(a.rows()));
  eigen::With<B, Number> result;
  result = Eigen::Map<const eigen::Rows<Number>>(x.data(), b.rows(), b.cols());
  return result;
}

}  // namespace tapegrad
