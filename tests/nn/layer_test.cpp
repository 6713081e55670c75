#include "tapegrad/nn/layer.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

// W (2 inputs by 3 neurons) row by row, then b.
const std::vector<double> parameters{1, 2, 3, 4, 5, 6, 0.1, 0.2, 0.3};

}  // namespace

TEST_CASE("a layer computes a = f(W'x + b) with W of p rows and q columns") {
  const Layer layer(2, 3, Activation::identity);
  CHECK(layer.parameter_count() == 9);
  CHECK(parameters[layer.weight_index(1, 2)] == 6);
  CHECK(parameters[layer.bias_index(1)] == 0.2);
  const std::vector<double> a = layer(parameters, std::vector{1.0, 10.0});
  REQUIRE(a.size() == 3);
  CHECK(a[0] == 1.0 + 40.0 + 0.1);
  CHECK(a[1] == 2.0 + 50.0 + 0.2);
  CHECK(a[2] == 3.0 + 60.0 + 0.3);
}

TEST_CASE("a layer's neurons are its columns") {
  const Layer layer(2, 3, Activation::tanh);
  const std::vector<double> x{0.5, -0.25};
  const std::vector<double> a = layer(parameters, x);
  for (std::size_t j = 0; j < 3; ++j) {
    CAPTURE(j);
    const Neuron<double> neuron = layer.neuron(std::span<const double>(parameters), j);
    CHECK(neuron.w(1) == parameters[layer.weight_index(1, j)]);
    CHECK(neuron(x) == a[j]);
  }
}

TEST_CASE("every node of a recorded layer has its name") {
  Tape tape;
  const Layer layer(3, 2, Activation::relu, 4);
  const std::vector<double> numbers(layer.parameter_count(), 0.5);
  const std::vector<Value> leaves = tape.variables(numbers);
  tape.name_range(1, layer.parameter_names());
  const std::vector<Value> x{1.0, 2.0, 3.0};
  const std::vector<Value> a = layer(leaves, x);
  std::string names;
  for (const Node node : tape.nodes()) names += node.name() + " ";
  CHECK(names ==
        "L4.n1.w1 L4.n2.w1 L4.n1.w2 L4.n2.w2 L4.n1.w3 L4.n2.w3 L4.n1.b L4.n2.b "
        "L4.n1.w1*x1 L4.n1.w2*x2 L4.n1.sum2 L4.n1.w3*x3 L4.n1.sum3 L4.n1.pa L4.n1.a "
        "L4.n2.w1*x1 L4.n2.w2*x2 L4.n2.sum2 L4.n2.w3*x3 L4.n2.sum3 L4.n2.pa L4.n2.a ");
  CHECK(tape.find("L4.n2.pa")->index() == a[1].node() - 1);
}

TEST_CASE("names say what the nodes are: products, sums, bias, activation") {
  Tape tape;
  const Layer layer(5, 4, Activation::softmax, 2);
  std::vector<double> numbers(layer.parameter_count());
  Random random(3);
  layer.initialize(numbers, Initializer::xavier_normal, random);
  const std::vector<Value> leaves = tape.variables(numbers);
  tape.name_range(1, layer.parameter_names());
  layer(leaves, tape.variables(std::vector<double>(5, 0.5)));
  for (const Node node : tape.nodes()) {
    const std::string name = node.name();
    CAPTURE(to_string(node));
    const auto ends = [&](const char* end) { return name.ends_with(end); };
    if (name.find("*x") != std::string::npos) {
      CHECK(node.op() == Op::Mul);
      // L2.n3.w4*x4 multiplies L2.n3.w4
      CHECK(name.starts_with(tape.name(node.operands()[0].node)));
    } else if (ends(".pa")) {
      CHECK(node.op() == Op::Add);
      CHECK(tape.name(node.operands()[1].node) == name.substr(0, name.size() - 2) + "b");
    } else if (name.find(".sum") != std::string::npos) {
      CHECK(node.op() == Op::Add);
    } else if (ends(".log_sum_exp")) {
      CHECK(node.op() == Op::LogSumExp);
    } else if (ends(".log_a")) {
      CHECK(node.op() == Op::Sub);
      CHECK(tape.name(node.operands()[0].node) == name.substr(0, name.size() - 5) + "pa");
    } else if (ends(".a")) {
      CHECK(node.op() == Op::Exp);
    } else {
      CHECK(node.op() == Op::Leaf);
    }
  }
}

TEST_CASE("a layer recorded with nothing but constants gets no wrong names") {
  Tape tape;
  const Layer layer(2, 3, Activation::tanh);
  const std::vector<Value> constants(parameters.begin(), parameters.end());
  const std::vector<Value> x{tape.variable(0.0), 1.0};
  layer(constants, x);
  for (const Node node : tape.nodes()) CHECK(node.name().empty());
}

TEST_CASE("softmax activations are probabilities, the same for doubles and Values") {
  const Layer layer(2, 3, Activation::softmax);
  const std::vector<double> x{100.0, -3.0};
  const std::vector<double> plain = layer(parameters, x);
  CHECK(plain[0] + plain[1] + plain[2] == doctest::Approx(1.0).epsilon(1e-14));
  Tape tape;
  const std::vector<Value> recorded =
      layer(tape.variables(parameters), std::vector<Value>(x.begin(), x.end()));
  for (std::size_t j = 0; j < 3; ++j) CHECK(recorded[j].value() == plain[j]);
}

TEST_CASE("initialize draws the weights and zeroes the biases") {
  const Layer layer(30, 20, Activation::relu);
  std::vector<double> drawn(layer.parameter_count(), -1.0);
  Random random(7);
  layer.initialize(drawn, Initializer::he_uniform, random);
  const double bound = std::sqrt(6.0 / 30);
  for (std::size_t k = 0; k < 600; ++k) CHECK(std::abs(drawn[k]) <= bound);
  for (std::size_t j = 0; j < 20; ++j) CHECK(drawn[layer.bias_index(j)] == 0.0);
}

TEST_CASE("a layer refuses wrong shapes, naming them") {
  CHECK_THROWS_WITH_AS(Layer(0, 3, Activation::tanh, 2),
                       "Layer 2: 0 inputs and 3 neurons; it needs at least one of each",
                       ShapeError);
  CHECK_THROWS_AS(Layer(3, 0, Activation::tanh), ShapeError);
  const std::size_t half = std::numeric_limits<std::size_t>::max() / 2 + 1;
  CHECK_THROWS_WITH_AS(
      Layer(half, 2, Activation::tanh, 3),  // half * 2 + 2 would be 2
      fmt::format("Layer 3: {} inputs and 2 neurons are too large; no memory holds the parameters",
                  half)
          .c_str(),
      ShapeError);
  CHECK_THROWS_AS(Layer(2 * half - 1, 1, Activation::tanh), ShapeError);
  CHECK_THROWS_AS(Layer(1, 2 * half - 1, Activation::tanh), ShapeError);
  CHECK_THROWS_AS(Layer(Layer::max_parameters, 1, Activation::tanh), ShapeError);
  CHECK(Layer(Layer::max_parameters - 1, 1, Activation::tanh).parameter_count() ==
        Layer::max_parameters);
  const Layer layer(2, 3, Activation::tanh);
  CHECK_THROWS_WITH_AS(layer(std::vector<double>(8), std::vector<double>(2)),
                       "Layer 1: 8 parameters for 2 inputs and 3 neurons; it needs 9", ShapeError);
  CHECK_THROWS_AS(layer(parameters, std::vector<double>(3)), ShapeError);
  CHECK_THROWS_WITH_AS(layer.neuron(std::span<const double>(parameters), 3),
                       "Layer 1: there is no neuron 3 among 3", ArgumentError);
}
