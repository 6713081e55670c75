// The three functions of ADBench (Srajer, Kukelova, Fitzgibbon 2018) at the size of the benchmark's
// kernels: a mixture of Gaussians with a Wishart prior, bundle adjustment, an LSTM. Their gradients
// are held against formulas by hand in kernels_test.cpp; here differences are the witness, also of
// second derivatives.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "bench/kernels/bundle_adjustment.hpp"
#include "bench/kernels/gmm.hpp"
#include "bench/kernels/lstm.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"

using namespace tapegrad;

namespace {

template <class Visitor> void for_each_adbench_kernel(Visitor&& visit) {
  visit(bench::GaussianMixture());
  visit(bench::BundleAdjustment());
  visit(bench::Lstm());
}

// A direction that moves all inputs, by up to 1.
std::vector<double> direction(std::size_t n) {
  std::vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = std::sin(1.0 + 3.7 * static_cast<double>(i));
  return v;
}

template <class T>
std::vector<T> moved(std::span<const double> x, std::span<const double> v, const T& t) {
  std::vector<T> point;
  for (std::size_t i = 0; i < x.size(); ++i) point.push_back(x[i] + t * v[i]);
  return point;
}

// The kernel as a function of some of its inputs, the others as they are.
template <class Kernel> auto of_some(const Kernel& kernel, const std::vector<std::size_t>& some) {
  return [&kernel, &some](std::span<const Value> chosen) {
    const std::vector<double> x = kernel.inputs();
    std::vector<Value> all(x.begin(), x.end());
    for (std::size_t k = 0; k < some.size(); ++k) all[some[k]] = chosen[k];
    return kernel(std::span<const Value>(all));
  };
}

}  // namespace

TEST_CASE("gradients of ADBench's functions agree with differences by single inputs") {
  for_each_adbench_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const std::vector<double> x = kernel.inputs();
    std::vector<std::size_t> some;
    std::vector<double> chosen;
    for (std::size_t i = 0; i < x.size(); i += x.size() / 40) {  // of every kind of input
      some.push_back(i);
      chosen.push_back(x[i]);
    }
    const GradientCheck check = check_gradient(of_some(kernel, some), chosen);
    CAPTURE(to_string(check));
    CHECK(check.agrees());
    std::vector<double> by_hand(x.size());
    kernel.gradient(x, by_hand);
    for (std::size_t k = 0; k < some.size(); ++k)
      CHECK(check.partials[k].difference == doctest::Approx(by_hand[some[k]]).epsilon(1e-5));
  });
}

TEST_CASE(
    "gradients of ADBench's functions agree with differences along a direction of all inputs") {
  for_each_adbench_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const std::vector<double> x = kernel.inputs(), v = direction(x.size());
    const auto along = [&](std::span<const Value> t) {
      const std::vector<Value> point = moved(x, v, t[0]);
      return kernel(std::span<const Value>(point));
    };
    const double origin[] = {0.0};
    const GradientCheck check = check_gradient(along, origin);
    CAPTURE(to_string(check));
    CHECK(check.agrees());
    CHECK(check.worst < 1e-8);
    CHECK(directional(kernel, x, v) == doctest::Approx(check.partials[0].sweep).epsilon(1e-12));
  });
}

TEST_CASE("Hessian-vector products of ADBench's functions agree with differences of gradients") {
  for_each_adbench_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const std::vector<double> x = kernel.inputs(), v = direction(x.size());
    Matrix product(x.size(), 1);
    product.numbers = hessian_vector_product(kernel, x, v);
    const PlainFunctions gradient_along = [&](std::span<const double> t, std::span<double> out) {
      kernel.gradient(moved(x, v, t[0]), out);  // the one by hand: another witness than the tape
    };
    const double origin[] = {0.0};
    const JacobianCheck check = compare_with_differences(gradient_along, origin, product, 1e-6);
    CAPTURE(to_string(check));
    CHECK(check.agrees());
    const double worst_size = *std::ranges::max_element(product.numbers);
    CHECK(worst_size > 0.01);  // else there is little to compare
  });
}

TEST_CASE("an entry of a Hessian-vector product that is a ten-thousandth off is found") {
  const bench::BundleAdjustment kernel;
  const std::vector<double> x = kernel.inputs(), v = direction(x.size());
  Matrix product(x.size(), 1);
  product.numbers = hessian_vector_product(kernel, x, v);
  product.numbers[17] *= 1.0001;
  const PlainFunctions gradient_along = [&](std::span<const double> t, std::span<double> out) {
    kernel.gradient(moved(x, v, t[0]), out);
  };
  const double origin[] = {0.0};
  const JacobianCheck check = compare_with_differences(gradient_along, origin, product, 1e-6);
  CHECK(check.count(Verdict::disagrees) == 1);
  CHECK(check.worst_index == 17);
}

// The prior in the mixture, from the Wishart density as textbooks have it: of A = QᵀQ with m
// degrees of freedom and scale matrix I/γ², in d dimensions,
//   log p = ½(m - d - 1) log|A| - ½γ² tr A + ½md log(γ²/2) - log Γ_d(m/2)
TEST_CASE("the mixture holds the logarithm of a Wishart prior of every component") {
  constexpr std::size_t d = 10, components = 10, per_component = d * (d + 1) / 2;
  constexpr double freedom = d + 2;  // γ² is 1
  const bench::GaussianMixture kernel;
  std::vector<double> x = kernel.inputs();
  const std::size_t first = components + components * d + 3 * per_component;  // of component 3

  // Far from all points a component has no weight in the likelihood: what moves is the prior.
  for (std::size_t i = 0; i < d; ++i) x[components + 3 * d + i] = 1e3;
  const auto log_density = [&](std::span<const double> factor) {
    double log_determinant = 0, trace = 0;
    for (std::size_t i = 0; i < d; ++i) {
      log_determinant += 2 * factor[i];
      trace += std::exp(2 * factor[i]);
    }
    for (std::size_t k = d; k < per_component; ++k) trace += factor[k] * factor[k];
    return 0.5 * (freedom - d - 1) * log_determinant - 0.5 * trace;
  };
  const std::span<const double> factor = std::span(x).subspan(first, per_component);
  const double prior = log_density(factor), whole = kernel(std::span<const double>(x));
  std::vector<double> other = x;
  for (std::size_t k = 0; k < per_component; ++k) other[first + k] += 0.1;
  const double moved_prior = log_density(std::span(other).subspan(first, per_component));
  const double moved_whole = kernel(std::span<const double>(other));
  // The whole is some thousand, of which the difference keeps twelve digits.
  CHECK(moved_whole - whole == doctest::Approx(moved_prior - prior).epsilon(1e-9));
}
