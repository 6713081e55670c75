#include "tapegrad/nn/mlp.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/nn/loss.hpp"

using namespace tapegrad;

namespace {

const std::vector<double> inputs{0.3, -0.8, 0.5};

std::vector<Value> constants(const std::vector<double>& x) { return {x.begin(), x.end()}; }

// ∂f/∂parameter[k] by central differences; step cbrt(epsilon), error near 1e-10.
double difference(MLP& net, std::size_t k, const std::function<double()>& f) {
  const double at = net.parameters()[k];
  const double step = 6e-6;
  net.parameters()[k] = at + step;
  const double above = f();
  net.parameters()[k] = at - step;
  const double below = f();
  net.parameters()[k] = at;
  return (above - below) / (2 * step);
}

}  // namespace

TEST_CASE("inference and the recorded forward pass agree to the last bit") {
  for (const Activation hidden : {Activation::tanh, Activation::relu, Activation::gelu,
                                  Activation::silu, Activation::elu, Activation::sigmoid}) {
    for (const Activation output : {Activation::identity, Activation::softmax}) {
      CAPTURE(to_string(hidden));
      CAPTURE(to_string(output));
      MLP net({3, 5, 4, 2}, hidden, output, 1);
      const std::vector<double> plain = net(inputs);
      Tape tape;
      const std::vector<Value> recorded = net(constants(inputs));
      REQUIRE(recorded.size() == 2);
      CHECK(recorded[0].value() == plain[0]);
      CHECK(recorded[1].value() == plain[1]);
    }
  }
}

TEST_CASE("inputs may stand in braces: of numbers for inference, of Values to record") {
  MLP net({2, 3, 1}, Activation::tanh, Activation::identity, 1);
  Tape tape;
  const std::vector<double> plain = net({0.5, -2});
  CHECK(plain == net(std::vector{0.5, -2.0}));
  CHECK(tape.empty());
  const Value x = tape.variable(0.5);
  CHECK(net({x, -2})[0].value() == plain[0]);
  CHECK_FALSE(tape.empty());
}

TEST_CASE("every parameter's gradient agrees with finite differences") {
  MLP net({3, 4, 3}, Activation::tanh, Activation::identity, 5);
  Tape tape;
  tape.backward(softmax_cross_entropy(net(constants(inputs)), 2));
  const std::vector<double> gradient = net.gradient();
  REQUIRE(gradient.size() == net.parameters().size());
  for (std::size_t k = 0; k < gradient.size(); ++k) {
    CAPTURE(k);
    const double expected =
        difference(net, k, [&] { return softmax_cross_entropy(net(inputs), 2); });
    CHECK(gradient[k] == doctest::Approx(expected).epsilon(1e-7));
  }
}

TEST_CASE("gradients by inputs pass through the whole network") {
  MLP net({3, 4, 1}, Activation::sigmoid, Activation::identity, 5);
  Tape tape;
  const std::vector<Value> x = tape.variables(inputs);
  tape.backward(net(x)[0]);
  for (std::size_t i = 0; i < 3; ++i) {
    std::vector<double> above = inputs;
    std::vector<double> below = inputs;
    above[i] += 6e-6;
    below[i] -= 6e-6;
    CHECK(x[i].grad() == doctest::Approx((net(above)[0] - net(below)[0]) / 12e-6).epsilon(1e-7));
  }
}

TEST_CASE("parameters lie in one block, layer after layer, and are named on the tape") {
  MLP net({3, 4, 2}, Activation::tanh, Activation::identity, 1);
  CHECK(net.parameters().size() == 3 * 4 + 4 + 4 * 2 + 2);
  CHECK(net.parameters(1).data() == net.parameters().data() + 16);
  CHECK(net.parameters(1).size() == 10);
  CHECK_THROWS_WITH_AS(net.parameters(2), "MLP: there is no layer 2 among 2", ArgumentError);
  Tape tape;
  const std::vector<Value> leaves = net.variables(tape);
  CHECK(tape.name(leaves[0].node()) == "L1.n1.w1");
  CHECK(tape.name(leaves[15].node()) == "L1.n4.b");
  CHECK(tape.name(leaves[16].node()) == "L2.n1.w1");
  CHECK(tape.name(leaves[25].node()) == "L2.n2.b");
}

TEST_CASE("the same seed gives the same network, another seed another") {
  const MLP a({3, 4, 2}, Activation::relu, Activation::identity, 9);
  const MLP b({3, 4, 2}, Activation::relu, Activation::identity, 9);
  const MLP c({3, 4, 2}, Activation::relu, Activation::identity, 10);
  CHECK(std::ranges::equal(a.parameters(), b.parameters()));
  CHECK_FALSE(std::ranges::equal(a.parameters(), c.parameters()));
}

TEST_CASE("the leaves are kept while they are current") {
  MLP net({3, 2, 1}, Activation::tanh, Activation::identity, 1);
  Tape tape;
  net(constants(inputs));
  const std::size_t first = tape.size();
  const std::size_t leaves = net.parameters().size();
  net(constants(inputs));
  CHECK(tape.size() == 2 * first - leaves);

  SUBCASE("a changed parameter beside leaves of the old one is refused") {
    const std::size_t before = tape.size();
    net.parameters()[0] += 1.0;
    CHECK_THROWS_WITH_AS(net(constants(inputs)),
                         "MLP: the parameters have changed since the tape recorded them; clear() "
                         "or rewind() the tape before the next forward pass",
                         UnsupportedError);
    CHECK(tape.size() == before);
    tape.clear();
    CHECK(net(constants(inputs))[0].value() == net(inputs)[0]);
    CHECK(tape.size() == first);
  }
  SUBCASE("a parameter that is NaN and stays so has not changed") {
    tape.clear();
    net.parameters()[0] = std::numeric_limits<double>::quiet_NaN();
    net(constants(inputs));
    CHECK_NOTHROW(net(constants(inputs)));
  }
  SUBCASE("clear() makes new leaves") {
    tape.clear();
    net(constants(inputs));
    CHECK(tape.size() == first);
  }
  SUBCASE("another tape gets leaves of its own") {
    Tape other;
    net(constants(inputs));
    CHECK(other.size() == first);
  }
}

TEST_CASE("a rewind before the change takes the old leaves back") {
  MLP net({3, 2, 1}, Activation::tanh, Activation::identity, 1);
  Tape tape;
  Mark mark = tape.mark();
  net(constants(inputs));
  tape.rewind(mark);
  net.parameters()[0] += 1.0;
  CHECK(net(constants(inputs))[0].value() == net(inputs)[0]);
}

TEST_CASE("a copied network has gradients of its own") {
  Tape tape;
  MLP a({3, 2, 1}, Activation::tanh, Activation::identity, 1);
  MLP b({1, 1}, Activation::tanh, Activation::identity, 2);
  b(constants({0.5}));
  SUBCASE("copied while it has leaves") {
    a(constants(inputs));
    b = a;
  }
  SUBCASE("copied before") { b = a; }
  SUBCASE("constructed as a copy") {
    a(constants(inputs));
    MLP copy = a;
    CHECK_THROWS_AS(copy.gradient(), NoAdjointError);
    b = std::move(copy);
  }
  const std::size_t last_bias = a.parameters().size() - 1;
  tape.backward(3 * a(constants(inputs))[0] - b(constants(inputs))[0]);
  CHECK(a.gradient()[last_bias] == 3.0);
  CHECK(b.gradient()[last_bias] == -1.0);
}

TEST_CASE("a moved network takes its forward pass along, and survives being copied to itself") {
  Tape tape;
  MLP net({3, 2, 1}, Activation::tanh, Activation::identity, 1);
  tape.backward(net(constants(inputs))[0]);
  const std::vector<double> expected = net.gradient();
  MLP moved = std::move(net);
  CHECK(moved.gradient() == expected);
  const MLP& same = moved;
  moved = same;
  CHECK(moved.gradient() == expected);
}

TEST_CASE("forward takes a row of numbers as constants") {
  const MLP net({3, 4, 2}, Activation::tanh, Activation::identity, 3);
  Tape tape;
  const std::vector<Value> leaves = net.variables(tape);
  const std::vector<Value> by_values = net.forward(leaves, constants(inputs));
  const std::size_t nodes = tape.size();
  const std::vector<Value> by_numbers = net.forward(leaves, inputs);
  CHECK(tape.size() - nodes == nodes - leaves.size());
  REQUIRE(by_numbers.size() == 2);
  CHECK(by_numbers[1].value() == by_values[1].value());
  CHECK(tape.name(by_numbers[1].node()) == "L2.n2.pa");
  CHECK_THROWS_AS(net.forward(leaves, std::vector{1.0}), ShapeError);
  CHECK_THROWS_WITH_AS(net.forward(std::vector<Value>(3), inputs),
                       "MLP: 3 parameters for a network of 26", ShapeError);
}

TEST_CASE("a batch accumulates at the leaves while each sample is rewound") {
  MLP net({3, 4, 2}, Activation::tanh, Activation::identity, 3);
  const std::vector<std::vector<double>> batch{{0.1, 0.2, 0.3}, {-0.5, 0.4, 0.9}, {1, -1, 0}};
  Tape tape;
  const std::vector<Value> leaves = net.variables(tape);
  for (const auto& x : batch) {
    const Mark mark = tape.mark();
    tape.accumulate(softmax_cross_entropy(net.forward(leaves, constants(x)), 1), 1.0 / 3);
  }
  CHECK(tape.size() == leaves.size());
  for (std::size_t k = 0; k < leaves.size(); ++k) {
    CAPTURE(k);
    const double expected = difference(net, k, [&] {
      double mean = 0;
      for (const auto& x : batch) mean += softmax_cross_entropy(net(x), 1) / 3;
      return mean;
    });
    CHECK(leaves[k].grad() == doctest::Approx(expected).epsilon(1e-7));
  }
}

TEST_CASE("bad networks and inputs are named") {
  using enum Activation;
  CHECK_THROWS_AS(MLP({}, tanh, identity, 1), ShapeError);
  CHECK_THROWS_WITH_AS(MLP({3}, tanh, identity, 1),
                       "MLP: 1 sizes; it needs the number of inputs and of the neurons of at "
                       "least one layer",
                       ShapeError);
  CHECK_THROWS_AS(MLP({3, 0, 2}, tanh, identity, 1), ShapeError);
  CHECK_THROWS_AS(MLP({0, 2}, tanh, identity, 1), ShapeError);
  CHECK_THROWS_AS(MLP({3, 4, 2}, softmax, identity, 1), UnsupportedError);
  CHECK_THROWS_AS(MLP({Layer::max_parameters, 2}, tanh, identity, 1), ShapeError);
  // Each layer has 3/4 of what can be addressed; together they are too large.
  const std::size_t large = Layer::max_parameters / 4 * 3 - 1;
  CHECK_THROWS_WITH_AS(MLP({large, 1, large / 2}, tanh, identity, 1),
                       fmt::format("MLP: sizes {}, 1, {} are too large; no memory holds the "
                                   "parameters",
                                   large, large / 2)
                           .c_str(),
                       ShapeError);
  MLP net({3, 4, 2}, tanh, identity, 1);
  CHECK_THROWS_WITH_AS(net({1.0}), "MLP: 1 inputs for a network that takes 3", ShapeError);
  CHECK_THROWS_AS(net(constants(inputs)), NoActiveTapeError);
  CHECK_THROWS_AS(net.gradient(), NoAdjointError);
  Tape tape;
  net(constants(inputs));
  CHECK_THROWS_AS(net.gradient(), NoAdjointError);  // recorded, not swept
  CHECK_THROWS_AS(net.forward(std::vector<Value>(3), constants(inputs)), ShapeError);
  tape.backward(net(constants(inputs))[0]);
  std::vector<double> room(5);
  CHECK_THROWS_AS(net.gradient(room), ShapeError);
  tape.clear();
  CHECK_THROWS_AS(net.gradient(), StaleValueError);
}

TEST_CASE("within NoGrad a network takes Values for their numbers, and records nothing") {
  MLP net({3, 4, 2}, Activation::tanh, Activation::softmax, 1);
  Tape tape;
  const std::vector<Value> x = tape.variables(std::vector{0.1, 0.2, 0.3});
  const std::vector<double> expected = net(std::vector{0.1, 0.2, 0.3});
  const NoGrad no_grad;
  const std::vector<Value> y = net(x);
  REQUIRE(y.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(y[k].is_constant());
    CHECK(y[k].value() == expected[k]);
  }
  CHECK(tape.size() == 3);
}
