// A layer of long short-term memory: it reads a sequence, a row of numbers at a time, and keeps a
// state from step to step.
//
//   i = σ(Wi'x + Ui'h + bi)      the input gate: how much is written
//   f = σ(Wf'x + Uf'h + bf)      the forget gate: how much of the cell is kept
//   g = tanh(Wg'x + Ug'h + bg)   what is to be written
//   o = σ(Wo'x + Uo'h + bo)      the output gate: how much of the cell is shown
//   c ← f·c + i·g                the cell
//   h ← o·tanh(c)                the output of the step
//
// Like a Layer it is the function, not the numbers: parameters are handed to it, and the state too.
// A sequence is a loop over steps, and its derivatives are those of the loop (backpropagation
// through time) without a formula here.
//
// Source: Hochreiter & Schmidhuber 1997, "Long Short-Term Memory"; the forget gate: Gers,
// Schmidhuber & Cummins 2000, "Learning to Forget: Continual Prediction with LSTM".
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tapegrad/core/names.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/random.hpp"

namespace tapegrad {

/// What goes from step to step, a number for each unit: outputs h, cells c.
template <class T> struct LSTMState {
  std::vector<T> h;
  std::vector<T> c;
};

/// A layer of long short-term memory cells: from an input and a state to the next state.
class TAPEGRAD_API LSTM {
 public:
  /// In the order in which they stand among the parameters.
  enum class Gate { i, f, g, o };

  /// @param inputs  p, numbers in a row x
  /// @param hidden  q, units: numbers in h, and in c
  /// @param number  counts the layers of a network from 1; stands in the names of nodes
  /// @throws ShapeError if there are no inputs or no units, or more parameters than
  ///         Layer::max_parameters
  LSTM(std::size_t inputs, std::size_t hidden, std::size_t number = 1);

  std::size_t inputs() const { return inputs_; }
  std::size_t hidden() const { return hidden_; }

  /// (p + q + 1)·4q: W row by row, then U row by row, then b. W has p rows, one for each input; U
  /// has q, one for each number in h; a row has q columns for gate i, then q for f, for g, for o.
  std::size_t parameter_count() const { return (inputs_ + hidden_ + 1) * 4 * hidden_; }
  /// Where W[row] (an input), U[row] (a number in h) and b for that gate of unit j stand among the
  /// parameters.
  std::size_t input_weight_index(std::size_t row, Gate gate, std::size_t j) const {
    return row * 4 * hidden_ + column(gate, j);
  }
  std::size_t hidden_weight_index(std::size_t row, Gate gate, std::size_t j) const {
    return input_weight_index(inputs_ + row, gate, j);
  }
  std::size_t bias_index(Gate gate, std::size_t j) const {
    return input_weight_index(inputs_ + hidden_, gate, j);
  }

  /// Draws the weights by xavier_uniform, each gate as a layer of p + q inputs and q neurons, and
  /// sets the biases to 0, but those of the forget gates to `forget_bias`. With 1 the cells keep
  /// at first most of what they hold, and gradients reach back over many steps.
  /// @throws ShapeError if there are not parameter_count() parameters; ArgumentError unless
  ///         forget_bias is finite
  /// Source: Jozefowicz, Zaremba & Sutskever 2015, "An Empirical Exploration of Recurrent Network
  /// Architectures".
  void initialize(std::span<double> parameters, Random& random, double forget_bias = 1) const;

  /// The state before the first step: all 0, constants.
  template <class T> LSTMState<T> start() const {
    return {std::vector<T>(hidden_), std::vector<T>(hidden_)};
  }

  /// One step: the state after the row x.
  /// @throws ShapeError if x, the state or the parameters have the wrong length
  LSTMState<double> operator()(std::span<const double> parameters, std::span<const double> x,
                               const LSTMState<double>& state) const;

  /// The same on the active tape, each multiplication, addition and activation a node of its own.
  /// Node names, alike in each step: for a gate of unit 3 L1.n3.f.w2*x2, L1.n3.f.u2*h2,
  /// L1.n3.f.sum2 (the sum up to the second product, those by x before those by h), L1.n3.f.pa, and
  /// L1.n3.f; then L1.n3.f*c, L1.n3.i*g, L1.n3.c, L1.n3.tanh_c, L1.n3.h.
  /// @throws ShapeError; StaleValueError
  LSTMState<Value> operator()(std::span<const Value> parameters, std::span<const Value> x,
                              const LSTMState<Value>& state) const;

  /// Names of the parameters as nodes that stand in their order: L1.n3.f.w2, L1.n3.f.u2, L1.n3.f.b.
  std::shared_ptr<const NameScheme> parameter_names() const;

 private:
  std::size_t column(Gate gate, std::size_t j) const {
    return static_cast<std::size_t>(gate) * hidden_ + j;
  }
  void check_parameters(std::size_t count) const;
  template <class T>
  LSTMState<T> step(std::span<const T> parameters, std::span<const T> x,
                    const LSTMState<T>& state) const;

  std::size_t inputs_;
  std::size_t hidden_;
  std::size_t number_;
  std::shared_ptr<const NameScheme> node_names_;
};

}  // namespace tapegrad
