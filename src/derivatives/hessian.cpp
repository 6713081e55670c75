#include "tapegrad/derivatives/hessian.hpp"

#include <numeric>

#include "tape_of.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/derivatives/jacobian.hpp"

namespace tapegrad {

Matrix hessian(Value y, std::span<const Value> x) {
  const std::size_t n = x.size();
  Matrix h(n, n);
  if (n == 0) return h;
  const Seed seed{y};
  tape_of(std::span(&y, 1), x, "hessian")
      .hessian_vector_products(std::span(&seed, 1), x, unit_directions(n), h.numbers);
  for (std::size_t i = 0; i < n; ++i)  // rounding may have told the halves apart
    for (std::size_t j = 0; j < i; ++j) h(i, j) = h(j, i);
  return h;
}

std::vector<double> hessian_vector_product(Value y, std::span<const Value> x,
                                           std::span<const double> v) {
  check_length("hessian_vector_product", "v", v.size(), "inputs", x.size());
  std::vector<double> product(x.size());
  if (x.empty()) return product;
  const Seed seed{y};
  tape_of(std::span(&y, 1), x, "hessian_vector_product")
      .hessian_vector_products(std::span(&seed, 1), x, v, product);
  return product;
}

double directional(Value y, std::span<const Value> x, std::span<const double> v) {
  check_length("directional", "v", v.size(), "inputs", x.size());
  return jacobian_vector_product(std::span(&y, 1), x, v)[0];
}

AlongDirection directional_second(Value y, std::span<const Value> x, std::span<const double> v) {
  check_length("directional_second", "v", v.size(), "inputs", x.size());
  const std::vector<double> product = hessian_vector_product(y, x, v);
  return {.value = y.value(),
          .first = directional(y, x, v),
          .second = std::inner_product(v.begin(), v.end(), product.begin(), 0.0)};
}

ValueGradientHessian value_gradient_hessian(const GradientCall& call, Value y) {
  ValueGradientHessian result;
  result.hessian = hessian(y, call.inputs());
  result.gradient.resize(call.inputs().size());
  result.value = call.sweep(y, result.gradient);
  return result;
}

}  // namespace tapegrad
