#include "tapegrad/derivatives/linear_algebra.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "factorisation.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/derivatives/user_operation.hpp"
#include "values_of.hpp"

namespace tapegrad {
namespace {

using Numbers = std::span<const double>;

void check_size(const char* function, const char* what, std::size_t size, std::size_t rows,
                std::size_t columns) {
  const bool fits = rows == 0 || columns == 0 ? size == 0  // a product could wrap
                                              : size % rows == 0 && size / rows == columns;
  if (!fits)
    throw ShapeError(fmt::format("{}: {} has {} numbers; it should be {} × {}", function, what,
                                 size, rows, columns));
}

// ---- Sums of products, added to what is there ----

struct Shape {
  std::size_t rows, inner, columns;
};

// How two numbers multiply. An adjoint or a tangent of 0 hands nothing on, also beside infinity.
struct Plain {
  double operator()(double a, double b) const { return a * b; }
};
struct LeftHandsOn {
  double operator()(double a, double b) const { return a == 0 ? 0 : a * b; }
};
struct RightHandsOn {
  double operator()(double a, double b) const { return b == 0 ? 0 : a * b; }
};

// c += factor · a·b, each sum in the order of `inner`.
template <class Times>
void add_product(Times times, double factor, Numbers a, Numbers b, Shape shape,
                 std::span<double> c) {
  const auto [rows, inner, columns] = shape;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t l = 0; l < inner; ++l)
      for (std::size_t j = 0; j < columns; ++j)
        c[i * columns + j] += factor * times(a[i * inner + l], b[l * columns + j]);
}

// c += factor · a·bᵀ, with b of columns × inner, where a hands on.
void add_product_with_transposed(double factor, Numbers a, Numbers b, Shape shape,
                                 std::span<double> c) {
  const auto [rows, inner, columns] = shape;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < inner; ++l)
        sum += LeftHandsOn()(a[i * inner + l], b[j * inner + l]);
      c[i * columns + j] += factor * sum;
    }
}

// c += factor · aᵀ·b, with a of inner × rows, where b hands on.
void add_product_of_transposed(double factor, Numbers a, Numbers b, Shape shape,
                               std::span<double> c) {
  const auto [rows, inner, columns] = shape;
  for (std::size_t l = 0; l < inner; ++l)
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j)
        c[i * columns + j] += factor * RightHandsOn()(a[l * rows + i], b[l * columns + j]);
}

// ---- product ----

class Product : public External {
 public:
  explicit Product(Shape shape) : shape_(shape) {}
  std::string_view name() const override { return "product"; }

  void pull_back(Numbers operands, Numbers c_adjoints, std::span<double> adjoints) const override {
    const auto [rows, inner, columns] = shape_;
    add_product_with_transposed(1, c_adjoints, b_of(operands), {rows, columns, inner},
                                adjoints.first(rows * inner));
    add_product_of_transposed(1, a_of(operands), c_adjoints, {inner, rows, columns},
                              adjoints.subspan(rows * inner));
  }

  void push_forward(Numbers operands, Numbers tangents,
                    std::span<double> c_tangents) const override {
    add_product(LeftHandsOn(), 1, a_of(tangents), b_of(operands), shape_, c_tangents);
    add_product(RightHandsOn(), 1, a_of(operands), b_of(tangents), shape_, c_tangents);
  }

  // What pull_back() does is linear in the other operand.
  void pull_back_derivative(Numbers, Numbers tangents, Numbers c_adjoints,
                            std::span<double> adjoints) const override {
    pull_back(tangents, c_adjoints, adjoints);
  }

 private:
  Numbers a_of(Numbers operands) const { return operands.first(shape_.rows * shape_.inner); }
  Numbers b_of(Numbers operands) const { return operands.subspan(shape_.rows * shape_.inner); }

  Shape shape_;
};

template <class Number>
void check_product(std::span<const Number> a, std::span<const Number> b, Shape shape) {
  check_size("product", "a", a.size(), shape.rows, shape.inner);
  check_size("product", "b", b.size(), shape.inner, shape.columns);
}

// ---- solve ----

class Solve : public External {
 public:
  Solve(Factorisation a, std::vector<double> x, std::size_t n)
      : a_(std::move(a)), x_(std::move(x)), n_(n), m_(x_.size() / n) {}
  std::string_view name() const override { return "solve"; }

  void pull_back(Numbers, Numbers x_adjoints, std::span<double> adjoints) const override {
    const std::vector<double> b_adjoints = a_.solve_transposed(x_adjoints, m_);
    add_product_with_transposed(-1, b_adjoints, x_, {n_, m_, n_}, adjoints.first(n_ * n_));
    add(b_adjoints, adjoints.subspan(n_ * n_));
  }

  void push_forward(Numbers, Numbers tangents, std::span<double> x_tangents) const override {
    add(tangents_of_x(tangents), x_tangents);
  }

  // With B̄ = A⁻ᵀ·X̄ as B_adjoints: its derivative is -A⁻ᵀ·Ȧᵀ·B̄, and that of Ā = -B̄·Xᵀ follows.
  void pull_back_derivative(Numbers, Numbers tangents, Numbers x_adjoints,
                            std::span<double> adjoints) const override {
    const Shape square{n_, m_, n_};
    const std::vector<double> b_adjoints = a_.solve_transposed(x_adjoints, m_);
    std::vector<double> turned(n_ * m_);
    add_product_of_transposed(-1, tangents.first(n_ * n_), b_adjoints, {n_, n_, m_}, turned);
    const std::vector<double> b_derivative = a_.solve_transposed(turned, m_);
    add_product_with_transposed(-1, b_derivative, x_, square, adjoints.first(n_ * n_));
    add_product_with_transposed(-1, b_adjoints, tangents_of_x(tangents), square,
                                adjoints.first(n_ * n_));
    add(b_derivative, adjoints.subspan(n_ * n_));
  }

 private:
  static void add(Numbers from, std::span<double> to) {
    for (std::size_t k = 0; k < from.size(); ++k) to[k] += from[k];
  }

  // A⁻¹·(Ḃ - Ȧ·X)
  std::vector<double> tangents_of_x(Numbers tangents) const {
    const Numbers b_tangents = tangents.subspan(n_ * n_);
    std::vector<double> right(b_tangents.begin(), b_tangents.end());
    add_product(LeftHandsOn(), -1, tangents.first(n_ * n_), x_, {n_, n_, m_}, right);
    return a_.solve(right, m_);
  }

  Factorisation a_;
  std::vector<double> x_;
  std::size_t n_, m_;
};

void check_solve(std::size_t a_size, std::size_t b_size, std::size_t n) {
  check_size("solve", "a", a_size, n, n);
  if (n == 0 ? b_size != 0 : b_size % n != 0)
    throw ShapeError(
        fmt::format("solve: b has {} numbers, for {} equations; it should have as many rows, each "
                    "with one number for each right-hand side",
                    b_size, n));
}

constexpr const char* matrix_of_solve = "solve: the matrix";

// ---- log det ----

/// The lower triangle of L with L·Lᵀ = S, by rows; above it zeros.
std::vector<double> cholesky(Numbers a, std::size_t n) {
  std::vector<double> factor(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j] / 2 + a[j * n + i] / 2;
      for (std::size_t k = 0; k < j; ++k) sum -= factor[i * n + k] * factor[j * n + k];
      if (i != j) {
        factor[i * n + j] = sum / factor[j * n + j];
        continue;
      }
      if (sum <= 0)
        throw ArgumentError(fmt::format(
            "cholesky_log_determinant: the {0} × {0} matrix is not positive definite: pivot {1} is "
            "{2:.3g}; are all its numbers there, and symmetric? A multiple of the identity added "
            "to it helps against rounding",
            n, i + 1, sum));
      factor[i * n + i] = std::sqrt(sum);
    }
  return factor;
}

double log_determinant_of(Numbers factor, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += std::log(factor[i * n + i]);
  return 2 * sum;
}

/// S⁻¹ = L⁻ᵀ·L⁻¹.
std::vector<double> inverse_of(Numbers factor, std::size_t n) {
  std::vector<double> inverse_factor(n * n);  // L⁻¹, column by column
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = j; i < n; ++i) {
      double sum = i == j ? 1 : 0;
      for (std::size_t k = j; k < i; ++k) sum -= factor[i * n + k] * inverse_factor[k * n + j];
      inverse_factor[i * n + j] = sum / factor[i * n + i];
    }
  std::vector<double> inverse(n * n);
  add_product_of_transposed(1, inverse_factor, inverse_factor, {n, n, n}, inverse);
  return inverse;
}

class LogDeterminant : public External {
 public:
  LogDeterminant(std::vector<double> inverse, std::size_t n)
      : inverse_(std::move(inverse)), n_(n) {}
  std::string_view name() const override { return "cholesky_log_determinant"; }

  void pull_back(Numbers, Numbers result_adjoints, std::span<double> adjoints) const override {
    for (std::size_t k = 0; k < adjoints.size(); ++k)
      adjoints[k] += result_adjoints[0] * inverse_[k];
  }

  // S⁻¹ is symmetric, so that tr(S⁻¹·Ṡ) is the sum over all entries of S⁻¹[k]·Ȧ[k].
  void push_forward(Numbers, Numbers tangents, std::span<double> result_tangents) const override {
    for (std::size_t k = 0; k < tangents.size(); ++k)
      result_tangents[0] += inverse_[k] * tangents[k];
  }

  // The derivative of S⁻¹ is -S⁻¹·Ṡ·S⁻¹.
  void pull_back_derivative(Numbers, Numbers tangents, Numbers result_adjoints,
                            std::span<double> adjoints) const override {
    std::vector<double> moved(n_ * n_), turned(n_ * n_);
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < n_; ++j)
        moved[i * n_ + j] = tangents[i * n_ + j] / 2 + tangents[j * n_ + i] / 2;
    add_product(Plain(), 1, inverse_, moved, {n_, n_, n_}, turned);
    add_product(Plain(), -result_adjoints[0], turned, inverse_, {n_, n_, n_}, adjoints);
  }

 private:
  std::vector<double> inverse_;
  std::size_t n_;
};

}  // namespace

std::vector<double> product(Numbers a, Numbers b, std::size_t rows, std::size_t inner,
                            std::size_t columns) {
  const Shape shape{rows, inner, columns};
  check_product(a, b, shape);
  std::vector<double> c(rows * columns);
  add_product(Plain(), 1, a, b, shape, c);
  return c;
}

std::vector<Value> product(std::span<const Value> a, std::span<const Value> b, std::size_t rows,
                           std::size_t inner, std::size_t columns) {
  const CallerScope caller(TAPEGRAD_CALLER);
  check_product(a, b, {rows, inner, columns});
  const std::vector<Value> operands = joined(a, b);
  const bool is_recorded = are_recorded(operands, "product");
  const std::vector<double> c = product(values_of(a), values_of(b), rows, inner, columns);
  if (!is_recorded || c.empty()) return {c.begin(), c.end()};
  return record_operation(std::make_shared<Product>(Shape{rows, inner, columns}), operands, c);
}

std::vector<double> solve(Numbers a, Numbers b, std::size_t n) {
  check_solve(a.size(), b.size(), n);
  return n == 0 ? std::vector<double>()
                : Factorisation(a, n, matrix_of_solve).solve(b, b.size() / n);
}

std::vector<Value> solve(std::span<const Value> a, std::span<const Value> b, std::size_t n) {
  const CallerScope caller(TAPEGRAD_CALLER);
  check_solve(a.size(), b.size(), n);
  const std::vector<Value> operands = joined(a, b);
  const bool is_recorded = are_recorded(operands, "solve");
  if (n == 0) return {};
  Factorisation factors(values_of(a), n, matrix_of_solve);
  std::vector<double> x = factors.solve(values_of(b), b.size() / n);
  if (!is_recorded || x.empty()) return {x.begin(), x.end()};
  return record_operation(std::make_shared<Solve>(std::move(factors), x, n), operands, x);
}

double cholesky_log_determinant(Numbers a, std::size_t n) {
  check_size("cholesky_log_determinant", "a", a.size(), n, n);
  return log_determinant_of(cholesky(a, n), n);
}

Value cholesky_log_determinant(std::span<const Value> a, std::size_t n) {
  const CallerScope caller(TAPEGRAD_CALLER);
  check_size("cholesky_log_determinant", "a", a.size(), n, n);
  const bool is_recorded = are_recorded(a, "cholesky_log_determinant");
  const std::vector<double> factor = cholesky(values_of(a), n);
  const double result = log_determinant_of(factor, n);
  if (!is_recorded) return result;
  return record_operation(std::make_shared<LogDeterminant>(inverse_of(factor, n), n), a,
                          std::span(&result, 1))[0];
}

}  // namespace tapegrad
