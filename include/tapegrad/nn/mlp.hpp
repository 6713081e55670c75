// A multi-layer perceptron: layers one after the other, and the parameters of all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/layer.hpp"

namespace tapegrad {

/// MLP net({64, 32, 10}, Activation::tanh, Activation::identity, seed) has 64 inputs, a hidden
/// layer of 32 neurons and an output layer of 10.
///
/// Inference takes doubles and needs no tape. For training, net(x) with Values records the forward
/// pass on the active tape; after a sweep, gradient() is the gradient by all parameters. Both give
/// the same outputs to the last bit. For several threads, each with a tape of its own: variables()
/// and forward(), which leave the network untouched.
///
/// A copy has the parameters, but no forward pass: gradient() of each network is its own.
class TAPEGRAD_API MLP {
 public:
  /// Weights are drawn by the seed, for each layer by what its activation asks for: he_uniform for
  /// relu and its relatives, xavier_uniform else. Biases are 0.
  /// @param sizes  inputs, then the neurons of each layer
  /// @throws ShapeError for fewer than two sizes, or a size of 0
  /// @throws UnsupportedError for a softmax in a hidden layer
  MLP(std::span<const std::size_t> sizes, Activation hidden, Activation output, std::uint64_t seed);
  MLP(std::initializer_list<std::size_t> sizes, Activation hidden, Activation output,
      std::uint64_t seed)
      : MLP(std::span(sizes.begin(), sizes.size()), hidden, output, seed) {}

  const std::vector<Layer>& layers() const { return layers_; }
  std::size_t inputs() const { return layers_.front().inputs(); }
  std::size_t outputs() const { return layers_.back().neurons(); }

  /// All parameters in one block, layer after layer; within a layer W row by row, then b.
  std::span<double> parameters() { return parameters_; }
  std::span<const double> parameters() const { return parameters_; }
  /// Those of one layer, counted from 0. @throws ArgumentError if there is no such layer
  std::span<double> parameters(std::size_t layer);
  std::span<const double> parameters(std::size_t layer) const;

  /// Inference. @throws ShapeError if x.size() != inputs()
  std::vector<double> operator()(std::span<const double> x) const;
  std::vector<double> operator()(std::initializer_list<double> x) const {
    return (*this)(std::span<const double>(x.begin(), x.size()));
  }
  // A network that is not const would else have to choose between this one and Values.
  std::vector<double> operator()(std::initializer_list<double> x) {
    return std::as_const(*this)(x);
  }

  /// The forward pass, recorded on the active tape. Its leaves are the parameters: made at the
  /// first call, and made again when the active tape is another one or has taken them back.
  /// gradient() is by the latest leaves.
  /// @throws ShapeError; NoActiveTapeError; StaleValueError if an x is stale
  /// @throws UnsupportedError if parameters have changed while the tape still holds leaves made
  ///         from the old ones: with two sets of leaves the gradient would fall in two
  std::vector<Value> operator()(std::span<const Value> x);
  std::vector<Value> operator()(std::initializer_list<Value> x);

  /// Adjoints of the parameters after a sweep, in the order of parameters().
  /// @throws NoAdjointError if no sweep has covered a forward pass of this network
  /// @throws StaleValueError if the tape has taken it back
  std::vector<double> gradient() const;
  /// The same into `out`, without allocating. @throws ShapeError also if `out` has another length
  void gradient(std::span<double> out) const;

  /// The parameters as new leaves of a tape, named.
  std::vector<Value> variables(Tape& tape) const;

  /// The forward pass with parameters that the caller made by variables().
  /// @throws ShapeError; StaleValueError
  std::vector<Value> forward(std::span<const Value> parameters, std::span<const Value> x) const;
  /// The same with inputs that are constants: a row of a Dataset.
  std::vector<Value> forward(std::span<const Value> parameters, std::span<const double> x) const;

 private:
  // Leaves belong to one network: a copy that shared them would add its adjoints to theirs.
  struct Leaves {
    Leaves() = default;
    Leaves(const Leaves&) {}
    Leaves(Leaves&&) = default;
    Leaves& operator=(const Leaves& other) {
      if (this != &other) values.clear();
      return *this;
    }
    Leaves& operator=(Leaves&&) = default;

    std::vector<Value> values;
  };

  template <class T, class X>
  std::vector<T> run(std::span<const T> parameters, std::span<const X> x) const;
  void check_parameters(std::size_t count) const;

  std::vector<Layer> layers_;
  std::vector<std::size_t> offsets_;  // where each layer's parameters begin, and where they end
  std::vector<double> parameters_;
  Leaves leaves_;
};

}  // namespace tapegrad
