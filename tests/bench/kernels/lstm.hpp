// Lstm: the squared error of a layer of long short-term memory over a short sequence. Products of
// a matrix and a vector, and an exp or a tanh for each gate.
//
// Source: Hochreiter and Schmidhuber 1997; with the forget gate of Gers, Schmidhuber, Cummins 2000.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "numbers.hpp"

namespace tapegrad::bench {

struct Lstm {
  static constexpr const char* name = "LSTM, 32 hidden, 16 inputs, 4 steps";

  Lstm() : sequence_(steps * features), targets_(steps * hidden) {
    Numbers numbers(9);
    for (double& feature : sequence_) feature = numbers.between(-1, 1);
    for (double& target : targets_) target = numbers.between(-1, 1);
  }

  // The weights: a row of `gates` for the bias, for each feature, for each hidden number; so that
  // pre-activations are sums of rows. Then the state before the first step: hidden, cell.
  std::vector<double> inputs() const {
    Numbers numbers(10);
    std::vector<double> x(rows * gates + 2 * hidden);
    for (double& weight : x) weight = 0.3 * numbers.normal();
    return x;
  }

  template <class T> T operator()(std::span<const T> x) const {
    using std::tanh;
    std::array<T, gates> pa;
    std::array<T, hidden> h, cell;
    for (std::size_t i = 0; i < hidden; ++i) {
      h[i] = x[rows * gates + i];
      cell[i] = x[rows * gates + hidden + i];
    }
    T loss = 0.0;
    for (std::size_t step = 0; step < steps; ++step) {
      pre_activations<T>(x.data(), step, h, pa);
      for (std::size_t i = 0; i < hidden; ++i) {
        const T keep = sigmoid<T>(pa[i]), write = sigmoid<T>(pa[hidden + i]);
        const T read = sigmoid<T>(pa[2 * hidden + i]);
        cell[i] = keep * cell[i] + write * tanh(pa[3 * hidden + i]);
        h[i] = read * tanh(cell[i]);
        const T error = h[i] - targets_[step * hidden + i];
        loss += error * error;
      }
    }
    return loss;
  }

  double gradient(std::span<const double> x, std::span<double> out) const {
    std::array<State, steps + 1> states;  // the first holds only h and cell
    for (std::size_t i = 0; i < hidden; ++i) {
      states[0].h[i] = x[rows * gates + i];
      states[0].cell[i] = x[rows * gates + hidden + i];
    }
    double loss = 0;
    for (std::size_t step = 0; step < steps; ++step)
      loss += forward(x.data(), step, states[step], states[step + 1]);
    for (double& adjoint : out) adjoint = 0;
    std::array<double, hidden> by_h{}, by_cell{};
    for (std::size_t step = steps; step-- > 0;)
      backward(x.data(), step, states[step], states[step + 1], by_h, by_cell, out.data());
    for (std::size_t i = 0; i < hidden; ++i) {
      out[rows * gates + i] = by_h[i];
      out[rows * gates + hidden + i] = by_cell[i];
    }
    return loss;
  }

 private:
  static constexpr std::size_t hidden = 32, features = 16, steps = 4;
  static constexpr std::size_t gates = 4 * hidden;  // keep, write, read, candidate
  static constexpr std::size_t rows = 1 + features + hidden;

  template <class T> static T sigmoid(const T& x) {
    using std::exp;
    return 1.0 / (1.0 + exp(-x));
  }

  // The row is stepped on, not found from j: g++ 12 would exchange the loops and not vectorise.
  template <class T>
  void pre_activations(const T* row, std::size_t step, const std::array<T, hidden>& h,
                       std::array<T, gates>& pa) const {
    for (std::size_t i = 0; i < gates; ++i) pa[i] = row[i];
    for (std::size_t j = 0; j < features; ++j) {
      row += gates;
      for (std::size_t i = 0; i < gates; ++i) pa[i] += row[i] * sequence_[step * features + j];
    }
    for (std::size_t j = 0; j < hidden; ++j) {
      row += gates;
      for (std::size_t i = 0; i < gates; ++i) pa[i] += row[i] * h[j];
    }
  }

  // Of one step, what the way back needs.
  struct State {
    std::array<double, hidden> keep, write, read, candidate;
    std::array<double, hidden> cell, squashed, h;  // squashed: tanh cell
  };

  // From one state to the next; the squared error there.
  double forward(const double* weights, std::size_t step, const State& before, State& after) const {
    std::array<double, gates> pa;
    pre_activations<double>(weights, step, before.h, pa);
    double loss = 0;
    for (std::size_t i = 0; i < hidden; ++i) {
      after.keep[i] = sigmoid(pa[i]);
      after.write[i] = sigmoid(pa[hidden + i]);
      after.read[i] = sigmoid(pa[2 * hidden + i]);
      after.candidate[i] = std::tanh(pa[3 * hidden + i]);
      after.cell[i] = after.keep[i] * before.cell[i] + after.write[i] * after.candidate[i];
      after.squashed[i] = std::tanh(after.cell[i]);
      after.h[i] = after.read[i] * after.squashed[i];
      const double error = after.h[i] - targets_[step * hidden + i];
      loss += error * error;
    }
    return loss;
  }

  // Takes by_h and by_cell, the adjoints of the state, from after the step to before it, and adds
  // the step's share of the weights' gradient to by_weights. For a sigmoid y' = y (1 - y), for a
  // tanh y' = 1 - y².
  void backward(const double* weights, std::size_t step, const State& before, const State& after,
                std::array<double, hidden>& by_h, std::array<double, hidden>& by_cell,
                double* by_weights) const {
    std::array<double, gates> by_pa;
    for (std::size_t i = 0; i < hidden; ++i) {
      const double keep = after.keep[i], write = after.write[i], read = after.read[i];
      const double candidate = after.candidate[i], squashed = after.squashed[i];
      const double to_h = by_h[i] + 2 * (after.h[i] - targets_[step * hidden + i]);
      const double to_cell = by_cell[i] + to_h * read * (1 - squashed * squashed);
      by_pa[i] = to_cell * before.cell[i] * keep * (1 - keep);
      by_pa[hidden + i] = to_cell * candidate * write * (1 - write);
      by_pa[2 * hidden + i] = to_h * squashed * read * (1 - read);
      by_pa[3 * hidden + i] = to_cell * write * (1 - candidate * candidate);
      by_cell[i] = to_cell * keep;
    }
    for (std::size_t i = 0; i < gates; ++i) by_weights[i] += by_pa[i];
    for (std::size_t j = 0; j < features; ++j) {
      weights += gates;
      by_weights += gates;
      const double feature = sequence_[step * features + j];
      for (std::size_t i = 0; i < gates; ++i) by_weights[i] += feature * by_pa[i];
    }
    for (std::size_t j = 0; j < hidden; ++j) {
      weights += gates;
      by_weights += gates;
      for (std::size_t i = 0; i < gates; ++i) by_weights[i] += before.h[j] * by_pa[i];
      by_h[j] = dot(weights, by_pa);
    }
  }

  static double dot(const double* row, const std::array<double, gates>& by_pa) {
    std::array<double, 8> sums{};  // several, so that they can be vectorised
    for (std::size_t i = 0; i < gates; i += sums.size())
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += row[i + k] * by_pa[i + k];
    double sum = 0;
    for (double part : sums) sum += part;
    return sum;
  }

  std::vector<double> sequence_, targets_;  // a row of `features`, of `hidden`, for each step
};

}  // namespace tapegrad::bench
