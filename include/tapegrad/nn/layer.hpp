// A layer: q neurons side by side, each fed by the same p inputs.
//
// A Layer is the function, not the numbers: its parameters are handed to it, as doubles or as
// Values, in one block: W row by row (p rows, one for each input; q columns, one for each neuron),
// then the q biases b. So the same layer runs plain, records, and shares its parameters' memory
// with optimisers and files.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "tapegrad/core/names.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/activation.hpp"
#include "tapegrad/nn/initializer.hpp"
#include "tapegrad/nn/neuron.hpp"

namespace tapegrad {

/// q neurons that are fed by the same p inputs.
class TAPEGRAD_API Layer {
 public:
  /// Parameters of a layer or network, as Values, that one machine can address.
  static constexpr std::size_t max_parameters =
      std::numeric_limits<std::ptrdiff_t>::max() / sizeof(Value);

  /// @param inputs   p, rows of W
  /// @param neurons  q, columns of W
  /// @param number   counts the layers of a network from 1; stands in the names of nodes
  /// @throws ShapeError if there are no inputs or no neurons, or more parameters than
  ///         max_parameters
  Layer(std::size_t inputs, std::size_t neurons, Activation activation, std::size_t number = 1);

  std::size_t inputs() const { return inputs_; }
  std::size_t neurons() const { return neurons_; }
  Activation activation() const { return activation_; }

  /// p·q + q.
  std::size_t parameter_count() const { return inputs_ * neurons_ + neurons_; }
  /// Where W[i][j] (input i, neuron j) and b[j] stand among the parameters.
  std::size_t weight_index(std::size_t i, std::size_t j) const { return i * neurons_ + j; }
  std::size_t bias_index(std::size_t j) const { return inputs_ * neurons_ + j; }

  /// Draws the weights, and sets the biases to 0.
  /// @throws ShapeError if there are not parameter_count() parameters
  void initialize(std::span<double> parameters, Initializer initializer, Random& random) const;

  /// Neuron j, j from 0. @throws ShapeError; ArgumentError if there is no neuron j
  template <class T> Neuron<T> neuron(std::span<const T> parameters, std::size_t j) const {
    check(parameters.size(), j);
    return {parameters.data() + j, inputs_, neurons_, parameters[bias_index(j)], activation_};
  }

  /// The q activations a for the p inputs x.
  /// @throws ShapeError if x or the parameters have the wrong length
  std::vector<double> operator()(std::span<const double> parameters,
                                 std::span<const double> x) const;

  /// The same on the active tape. Node names: L1.n3.w2*x2, L1.n3.sum2 (the sum up to that
  /// product), L1.n3.pa, L1.n3.a; a softmax records L1.log_sum_exp and, per neuron, L1.n3.log_a
  /// before L1.n3.a.
  std::vector<Value> operator()(std::span<const Value> parameters, std::span<const Value> x) const;

  /// Names of the parameters as nodes that stand in their order: L1.n3.w2, L1.n3.b.
  std::shared_ptr<const NameScheme> parameter_names() const;

 private:
  void check(std::size_t parameters, std::size_t j) const;
  template <class T>
  std::vector<T> activations(std::span<const T> parameters, std::span<const T> x) const;

  std::size_t inputs_;
  std::size_t neurons_;
  Activation activation_;
  std::size_t number_;
  std::shared_ptr<const NameScheme> node_names_;
};

}  // namespace tapegrad
