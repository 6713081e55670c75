#include "tapegrad/nn/neuron.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/nn/activation.hpp"

using namespace tapegrad;

namespace {

constexpr Activation of_one_neuron[] = {
    Activation::identity, Activation::sigmoid,    Activation::tanh,
    Activation::relu,     Activation::leaky_relu, Activation::elu,
    Activation::softplus, Activation::gelu,       Activation::silu};

}  // namespace

TEST_CASE("a neuron records every multiplication, addition and the activation as a node") {
  Tape tape;
  const std::vector<Value> w{tape.variable(2.0), tape.variable(-1.0)};
  const Value b = tape.variable(0.5);
  const Value x[] = {0.25, 0.75};
  const Neuron<Value> neuron(w, b, Activation::tanh);
  const Value a = neuron(x);
  std::vector<Op> ops;
  for (const Node node : tape.nodes()) ops.push_back(node.op());
  CHECK(ops ==
        std::vector{Op::Leaf, Op::Leaf, Op::Leaf, Op::Mul, Op::Mul, Op::Add, Op::Add, Op::Tanh});
  CHECK(a.value() == std::tanh(0.25));  // 2·0.25 - 0.75 + 0.5
}

TEST_CASE("a neuron's derivatives are those of the article: da/dw = a'(pa)·x, da/db = a'(pa)") {
  Tape tape;
  const std::vector<Value> w{tape.variable(0.5), tape.variable(-0.25)};
  const std::vector<Value> x{tape.variable(1.5), tape.variable(2.0)};
  const Value b = tape.variable(0.125);
  const Value a = Neuron<Value>(w, b, Activation::sigmoid)(x);
  tape.backward(a);
  const double slope = a.value() * (1 - a.value());
  CHECK(b.grad() == slope);
  for (std::size_t i = 0; i < 2; ++i) {
    CAPTURE(i);
    CHECK(w[i].grad() == slope * x[i].value());
    CHECK(x[i].grad() == slope * w[i].value());
  }
}

TEST_CASE("a neuron of doubles gives the recorded value to the last bit, for every activation") {
  const std::vector<double> w{0.3, -1.7, 0.9};
  const std::vector<double> x{1.1, 0.2, -0.6};
  for (const Activation activation : of_one_neuron) {
    CAPTURE(to_string(activation));
    Tape tape;
    const std::vector<Value> leaves = tape.variables(w);
    const std::vector<Value> inputs(x.begin(), x.end());
    const Value recorded = Neuron<Value>(leaves, 0.1, activation)(inputs);
    const double plain = Neuron<double>(w, 0.1, activation)(x);
    CHECK(recorded.value() == plain);
  }
}

TEST_CASE("identity gives the pre-activation itself and records no node for it") {
  Tape tape;
  const std::vector<Value> w{tape.variable(2.0)};
  const Value x[] = {3.0};
  const Neuron<Value> neuron(w, 1.0, Activation::identity);
  const Value a = neuron(x);
  CHECK(a.value() == 7.0);
  CHECK(tape.size() == 3);  // the weight, the product, the sum
}

TEST_CASE("a neuron can be a column of a matrix") {
  const std::vector<double> rows{1, 10, 2, 20, 3, 30};  // 3 rows, 2 columns
  const std::vector<double> x{1, 1, 1};
  CHECK(Neuron<double>(rows.data() + 1, 3, 2, 0.0, Activation::identity)(x) == 60.0);
}

TEST_CASE("a neuron without weights, and inputs of another length, are ShapeErrors") {
  const std::vector<double> w{1.0, 2.0};
  const std::vector<double> none;
  CHECK_THROWS_AS(Neuron<double>(none, 0.0, Activation::tanh), ShapeError);
  CHECK_THROWS_WITH_AS(Neuron<double>(w, 0.0, Activation::tanh)(std::vector{1.0}),
                       "Neuron: 1 inputs for 2 weights a neuron; pass one input per weight",
                       ShapeError);
}

TEST_CASE("softmax of a single neuron is an UnsupportedError") {
  const std::vector<double> w{1.0};
  CHECK_THROWS_AS(Neuron<double>(w, 0.0, Activation::softmax)(w), UnsupportedError);
}

TEST_CASE("activations have names, and names give activations") {
  for (const Activation activation : of_one_neuron)
    CHECK(parse_activation(to_string(activation)) == activation);
  CHECK(parse_activation("softmax") == Activation::softmax);
  CHECK_THROWS_WITH_AS(parse_activation("step"),
                       "there is no activation 'step'; there are identity, sigmoid, tanh, relu, "
                       "leaky_relu, elu, softplus, gelu, silu, softmax",
                       ArgumentError);
  CHECK_THROWS_AS(to_string(static_cast<Activation>(99)), ArgumentError);
}
