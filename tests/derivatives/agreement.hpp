// Two ways to compute the same: do all their derivatives agree?
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/jacobian.hpp"

namespace tapegrad::testing {

using Numbers = std::vector<double>;

/// The largest difference, relative to the largest number; NaN if there is one, infinity if they
/// are not as many.
inline double relative_difference(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) return INFINITY;
  double size = 0, difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) return NAN;
    size = std::max({size, std::abs(a[i]), std::abs(b[i])});
    difference = std::max(difference, std::abs(a[i] - b[i]));
  }
  return difference == 0 ? 0 : difference / size;
}

/// One number that depends on all results, each in its own way, and curved.
inline Value mixed(std::span<const Value> y) {
  Value sum = 0;
  for (std::size_t j = 0; j < y.size(); ++j)
    sum += sin(y[j] + static_cast<double>(j)) + 0.1 * y[j] * y[(j + 1) % y.size()];
  return sum;
}

/// Value, Jacobian both ways, gradient and Hessian of two functions of many results at x.
template <class F, class G> void check_agreement(F&& f, G&& g, const Numbers& x, double tolerance) {
  const auto by_f = values_and_jacobian(f, x);
  const auto by_g = values_and_jacobian(g, x);
  CHECK(relative_difference(by_f.values, by_g.values) <= tolerance);
  CHECK(relative_difference(by_f.jacobian.numbers, by_g.jacobian.numbers) <= tolerance);

  Numbers direction, weights;
  for (std::size_t i = 0; i < x.size(); ++i)
    direction.push_back(0.3 + 0.2 * std::cos(5.0 * static_cast<double>(i)));
  for (std::size_t j = 0; j < by_f.values.size(); ++j)
    weights.push_back(0.7 + std::sin(3.0 * static_cast<double>(j)));
  CHECK(relative_difference(jacobian_vector_product(f, x, direction),
                            jacobian_vector_product(g, x, direction)) <= tolerance);
  CHECK(relative_difference(vector_jacobian_product(f, x, weights),
                            vector_jacobian_product(g, x, weights)) <= tolerance);

  const auto one_of_f = [&](std::span<const Value> at) { return mixed(f(at)); };
  const auto one_of_g = [&](std::span<const Value> at) { return mixed(g(at)); };
  CHECK(relative_difference(gradient(one_of_f, x).gradient, gradient(one_of_g, x).gradient) <=
        tolerance);
  CHECK(relative_difference(hessian_vector_product(one_of_f, x, direction),
                            hessian_vector_product(one_of_g, x, direction)) <= tolerance);
  CHECK(relative_difference(hessian(one_of_f, x).numbers, hessian(one_of_g, x).numbers) <=
        tolerance);
}

}  // namespace tapegrad::testing
