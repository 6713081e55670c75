#include "tapegrad/derivatives/jacobian.hpp"

#include "tape_of.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {

Matrix jacobian(std::span<const Value> y, std::span<const Value> x) {
  Matrix rows(y.size(), x.size());
  if (rows.numbers.empty()) return rows;
  Tape& tape = tape_of(y, x, "jacobian");
  if (y.size() <= x.size()) {
    tape.pull_back(y, unit_directions(y.size()), x, rows.numbers);
    return rows;
  }
  std::vector<double> columns(rows.numbers.size());
  tape.push_forward(x, unit_directions(x.size()), y, columns);
  for (std::size_t k = 0; k < y.size(); ++k)
    for (std::size_t i = 0; i < x.size(); ++i) rows(k, i) = columns[i * y.size() + k];
  return rows;
}

std::vector<double> jacobian_vector_product(std::span<const Value> y, std::span<const Value> x,
                                            std::span<const double> v) {
  check_length("jacobian_vector_product", "v", v.size(), "inputs", x.size());
  std::vector<double> product(y.size());
  if (!x.empty()) tape_of(y, x, "jacobian_vector_product").push_forward(x, v, y, product);
  return product;
}

std::vector<double> vector_jacobian_product(std::span<const Value> y, std::span<const Value> x,
                                            std::span<const double> u) {
  check_length("vector_jacobian_product", "u", u.size(), "outputs", y.size());
  std::vector<double> product(x.size());
  if (!x.empty() && !y.empty())
    tape_of(y, x, "vector_jacobian_product").pull_back(y, u, x, product);
  return product;
}

std::vector<double> gauss_newton_product(std::span<const Value> y, std::span<const Value> x,
                                         std::span<const double> v) {
  check_length("gauss_newton_product", "v", v.size(), "inputs", x.size());
  return vector_jacobian_product(y, x, jacobian_vector_product(y, x, v));
}

}  // namespace tapegrad
