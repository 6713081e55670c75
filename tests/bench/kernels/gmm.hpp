// GaussianMixture: the logarithm of the likelihood of points under a mixture of Gaussians, and of
// the prior of its parameters. Long loops of multiplications, and a log-sum-exp for each point.
//
// Source: the GMM of ADBench (Srajer, Kukelova, Fitzgibbon 2018, "A benchmark of selected
// algorithmic differentiation tools"). ADBench subtracts the prior's logarithm; here it is added.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

struct GaussianMixture {
  static constexpr const char* name = "Gaussian mixture, d = 10, K = 10, n = 100";

  GaussianMixture() : points_(dim * count), constant_(log_prior_constant() - normaliser()) {
    Numbers numbers(5);
    for (double& coordinate : points_) coordinate = numbers.normal();
  }

  // The logarithms of the weights; the means; and of each component the inverse Q of a Cholesky
  // factor of its covariance: the logarithms of the diagonal, then what is below it, by rows.
  std::vector<double> inputs() const {
    Numbers numbers(6);
    std::vector<double> x(first_factor + components * factor_size);
    for (double& parameter : x) parameter = 0.5 * numbers.normal();
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    std::vector<T> centred(dim * count), terms(count * components);
    T value = constant_ - n * log_sum_exp<T>(x.first(components));
    for (std::size_t k = 0; k < components; ++k) value += component<T>(x, k, centred, terms);
    const std::span<const T> all = terms;
    for (std::size_t p = 0; p < count; ++p)
      value += log_sum_exp<T>(all.subspan(p * components, components));
    return value;
  }

  // Of a point, component k takes the share r = softmax(terms)[k]. With c the centred point, its
  // term has -½ |Qc|², so that ∂/∂Q = -Q Σ r c cᵀ and ∂/∂mean = QᵀQ Σ r c, summed over the points.
  double gradient(std::span<const double> x, std::span<double> out) const {
    std::vector<double> centred(dim * count), terms(count * components);
    const double log_sum = log_sum_exp<double>(x.first(components));
    double value = constant_ - n * log_sum;
    for (std::size_t k = 0; k < components; ++k) value += component<double>(x, k, centred, terms);
    for (std::size_t p = 0; p < count; ++p)
      value += softmax(std::span(terms).subspan(p * components, components));
    for (std::size_t k = 0; k < components; ++k) {
      const Moments moments = moments_of(x, k, terms);
      out[k] = moments.shares - n * std::exp(x[k] - log_sum);
      component_gradient(x, k, moments, out);
    }
    return value;
  }

 private:
  static constexpr std::size_t dim = 10, components = 10, count = 100;
  static constexpr std::size_t factor_size = dim * (dim + 1) / 2;
  static constexpr std::size_t first_mean = components,
                               first_factor = first_mean + components * dim;
  static constexpr double n = count;

  // log √((2π)^dim), for every point.
  static double normaliser() { return 0.5 * n * dim * std::log(2 * std::numbers::pi); }

  // The prior of each QᵀQ is a Wishart distribution of dim + extra + 1 degrees of freedom and scale
  // 1 / gamma²: log prior = constant + extra log |Q| - gamma²/2 (sum of the squares in Q).
  static constexpr double gamma_squared = 1, extra = 1;
  static double log_prior_constant() {
    const double freedom = dim + extra + 1;
    double log_gammas = 0.25 * dim * (dim - 1) * std::log(std::numbers::pi);
    for (double i = 0; i < dim; ++i) log_gammas += std::log(std::tgamma(0.5 * (freedom - i)));
    return components * (0.5 * freedom * dim * std::log(0.5 * gamma_squared) - log_gammas);
  }

  template <class T> static T log_sum_exp(std::span<const T> terms) {
    using std::exp;
    using std::log;
    T greatest = terms[0];
    for (const T& term : terms)
      if (term > greatest) greatest = term;
    T sum = 0.0;
    for (const T& term : terms) sum += exp(term - greatest);
    return greatest + log(sum);
  }

  // From terms to shares; their log_sum_exp.
  static double softmax(std::span<double> terms) {
    double greatest = terms[0], sum = 0;
    for (double term : terms) greatest = term > greatest ? term : greatest;
    for (double& term : terms) sum += term = std::exp(term - greatest);
    const double per_sum = 1 / sum;
    for (double& term : terms) term *= per_sum;
    return greatest + std::log(sum);
  }

  // Writes the terms of component k, log (weight × density) for each point; returns its log prior.
  template <class T>
  T component(std::span<const T> x, std::size_t k, std::vector<T>& centred,
              std::vector<T>& terms) const {
    using std::exp;
    const std::span<const T> mean = x.subspan(first_mean + k * dim, dim);
    const std::span<const T> factor = x.subspan(first_factor + k * factor_size, factor_size);
    std::array<T, count> whitened, distances;  // a coordinate of Qc, |Qc|²
    for (T& distance : distances) distance = 0.0;
    T log_determinant = 0.0, squares = 0.0;
    const T* below = &factor[dim];
    for (std::size_t i = 0; i < dim; ++i) {
      T* row = &centred[i * count];
      const T diagonal = exp(factor[i]);
      log_determinant += factor[i];
      squares += diagonal * diagonal;
      for (std::size_t p = 0; p < count; ++p) {
        row[p] = points_[i * count + p] - mean[i];
        whitened[p] = diagonal * row[p];
      }
      for (std::size_t j = 0; j < i; ++j, ++below) {
        squares += *below * *below;
        const T* other = &centred[j * count];
        for (std::size_t p = 0; p < count; ++p) whitened[p] += *below * other[p];
      }
      for (std::size_t p = 0; p < count; ++p) distances[p] += whitened[p] * whitened[p];
    }
    const T height = x[k] + log_determinant;
    for (std::size_t p = 0; p < count; ++p) terms[p * components + k] = height - 0.5 * distances[p];
    return extra * log_determinant - 0.5 * gamma_squared * squares;
  }

  // Σ r, Σ r c and Σ r c cᵀ over all points.
  struct Moments {
    double shares;
    std::array<double, dim> first;
    std::array<std::array<double, dim>, dim> second;
  };

  Moments moments_of(std::span<const double> x, std::size_t k,
                     const std::vector<double>& shares) const {
    Moments moments{};
    std::array<std::array<double, count>, dim> centred;
    std::array<double, count> r, weighted;
    for (std::size_t p = 0; p < count; ++p) {
      r[p] = shares[p * components + k];
      moments.shares += r[p];
    }
    for (std::size_t i = 0; i < dim; ++i) {
      const double mean = x[first_mean + k * dim + i];
      for (std::size_t p = 0; p < count; ++p) {
        centred[i][p] = points_[i * count + p] - mean;
        weighted[p] = r[p] * centred[i][p];
      }
      moments.first[i] = dot(r, centred[i]);
      for (std::size_t j = 0; j <= i; ++j)
        moments.second[i][j] = moments.second[j][i] = dot(weighted, centred[j]);
    }
    return moments;
  }

  static double dot(const std::array<double, count>& a, const std::array<double, count>& b) {
    std::array<double, 20> sums{};  // many, so that they can be vectorised
    for (std::size_t p = 0; p < count; p += sums.size())
      for (std::size_t lane = 0; lane < sums.size(); ++lane)
        sums[lane] += a[p + lane] * b[p + lane];
    double sum = 0;
    for (double part : sums) sum += part;
    return sum;
  }

  // By the mean and the factor of component k.
  static void component_gradient(std::span<const double> x, std::size_t k, const Moments& moments,
                                 std::span<double> out) {
    const double* factor = &x[first_factor + k * factor_size];
    double* by_factor = &out[first_factor + k * factor_size];
    double* by_mean = &out[first_mean + k * dim];
    for (std::size_t i = 0; i < dim; ++i) by_mean[i] = 0;
    std::array<double, dim> q{};  // row i of Q
    for (std::size_t i = 0, below = dim; i < dim; below += i, ++i) {
      for (std::size_t j = 0; j < i; ++j) q[j] = factor[below + j];
      q[i] = std::exp(factor[i]);
      double whitened = 0;  // (Q Σ r c)[i]
      std::array<double, dim> by_q{};
      for (std::size_t l = 0; l <= i; ++l) {
        whitened += q[l] * moments.first[l];
        for (std::size_t j = 0; j < dim; ++j) by_q[j] -= q[l] * moments.second[l][j];
      }
      for (std::size_t j = 0; j <= i; ++j) by_mean[j] += q[j] * whitened;
      for (std::size_t j = 0; j < i; ++j) by_factor[below + j] = by_q[j] - gamma_squared * q[j];
      by_factor[i] = moments.shares + extra + (by_q[i] - gamma_squared * q[i]) * q[i];
    }
  }

  std::vector<double> points_;  // `dim` rows, a coordinate of all points in each
  double constant_;
};

}  // namespace tapegrad::bench
