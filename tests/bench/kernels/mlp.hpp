// Mlp: the loss of a small network that classifies one image; many parameters, few functions.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

// 64 pixels, 32 hidden neurons with tanh, 10 classes, and the softmax's cross-entropy. Inputs: for
// each layer of q neurons with p inputs the weights, p for each neuron, then the q biases.
struct Mlp {
  static constexpr const char* name = "MLP 64-32-10, one image";
  static constexpr std::size_t pixels = 64, hidden = 32, classes = 10;
  static constexpr std::size_t biases1 = pixels * hidden;  // where they start
  static constexpr std::size_t weights2 = biases1 + hidden;
  static constexpr std::size_t biases2 = weights2 + hidden * classes;
  static constexpr std::size_t n = biases2 + classes;
  static constexpr std::size_t label = 3;

  std::array<double, pixels> image;

  Mlp() {
    Numbers numbers(4);
    for (double& pixel : image) pixel = numbers();
  }

  std::vector<double> inputs() const {
    Numbers numbers(5);
    std::vector<double> x(n);
    for (double& parameter : x) parameter = numbers.between(-0.25, 0.25);
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    using std::exp, std::log, std::tanh;
    std::array<T, hidden> a;
    for (std::size_t j = 0; j < hidden; ++j)
      a[j] = tanh(pre_activation(&x[j * pixels], x[biases1 + j], image));
    std::array<T, classes> score;
    for (std::size_t j = 0; j < classes; ++j)
      score[j] = pre_activation(&x[weights2 + j * hidden], x[biases2 + j], a);

    // log Σ exp(score), safe for large scores.
    T top = score[0];
    for (std::size_t j = 1; j < classes; ++j)
      if (score[j] > top) top = score[j];
    T sum = 0.0;
    for (std::size_t j = 0; j < classes; ++j) sum += exp(score[j] - top);
    return log(sum) + top - score[label];
  }

  double gradient(std::span<const double> x, std::span<double> out) const {
    std::array<double, hidden> a;
    for (std::size_t j = 0; j < hidden; ++j)
      a[j] = std::tanh(pre_activation(&x[j * pixels], x[biases1 + j], image));
    std::array<double, classes> score;
    for (std::size_t j = 0; j < classes; ++j)
      score[j] = pre_activation(&x[weights2 + j * hidden], x[biases2 + j], a);

    const double top = *std::max_element(score.begin(), score.end());
    std::array<double, classes> power;
    double sum = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      power[j] = std::exp(score[j] - top);
      sum += power[j];
    }

    // The adjoint of a score is its softmax, minus 1 for the label; that of a pre-activation is
    // also that of its bias, and times the layer's inputs that of its weights.
    std::array<double, hidden> by_a{};
    for (std::size_t j = 0; j < classes; ++j) {
      const double by_score = power[j] / sum - (j == label ? 1 : 0);
      const double* w = &x[weights2 + j * hidden];
      double* by_w = &out[weights2 + j * hidden];
      for (std::size_t i = 0; i < hidden; ++i) {
        by_w[i] = by_score * a[i];
        by_a[i] += by_score * w[i];
      }
      out[biases2 + j] = by_score;
    }
    for (std::size_t j = 0; j < hidden; ++j) {
      const double by_pa = by_a[j] * (1 - a[j] * a[j]);
      double* by_w = &out[j * pixels];
      for (std::size_t i = 0; i < pixels; ++i) by_w[i] = by_pa * image[i];
      out[biases1 + j] = by_pa;
    }
    return std::log(sum) + top - score[label];
  }

 private:
  template <class T, class X, std::size_t p>
  static T pre_activation(const T* w, const T& b, const std::array<X, p>& x) {
    T pa = b;
    for (std::size_t i = 0; i < p; ++i) pa += w[i] * x[i];
    return pa;
  }
};

}  // namespace tapegrad::bench
