// Three witnesses for the derivatives: the step's formulas for a single unit, finite differences,
// and backpropagation through time written by hand.
#include "tapegrad/nn/lstm.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/nn/layer.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"

using namespace tapegrad;
using Gate = LSTM::Gate;

namespace {

constexpr std::array<Gate, 4> gates{Gate::i, Gate::f, Gate::g, Gate::o};

std::vector<double> numbers(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> drawn(count);
  for (double& number : drawn) number = random.uniform(-1, 1);
  return drawn;
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// The squared distance of the outputs h from `targets`, summed over the steps of a sequence.
template <class T>
T sequence_loss(const LSTM& lstm, std::span<const T> parameters, std::span<const T> rows,
                std::span<const double> targets) {
  LSTMState<T> state = lstm.start<T>();
  T loss = 0;
  std::size_t k = 0;
  for (std::size_t begin = 0; begin < rows.size(); begin += lstm.inputs()) {
    state = lstm(parameters, rows.subspan(begin, lstm.inputs()), state);
    for (const T& h : state.h) {
      const T error = h - targets[k++];
      loss = loss + error * error;
    }
  }
  return loss;
}

/// The gradient of sequence_loss() by the parameters: backpropagation through time by hand, with
/// loops of its own over W, U and b.
class ByHand {
 public:
  ByHand(std::size_t p, std::size_t q, std::span<const double> parameters)
      : p_(p), q_(q), parameters_(parameters), gradient_(parameters.size()) {}

  const std::vector<double>& run(std::span<const double> rows, std::span<const double> targets) {
    const std::size_t steps = rows.size() / p_;
    std::vector<Step> trace{
        {.gate = {}, .h = std::vector<double>(q_), .c = std::vector<double>(q_)}};
    for (std::size_t t = 0; t < steps; ++t)
      trace.push_back(forward(rows.subspan(t * p_, p_), trace.back()));
    std::vector<double> by_h(q_), by_c(q_);
    for (std::size_t t = steps; t-- > 0;) {
      for (std::size_t j = 0; j < q_; ++j) by_h[j] += 2 * (trace[t + 1].h[j] - targets[t * q_ + j]);
      backward(rows.subspan(t * p_, p_), trace[t], trace[t + 1], by_h, by_c);
    }
    return gradient_;
  }

 private:
  struct Step {
    std::vector<double> gate;  // i, f, g, o: q of each
    std::vector<double> h, c;
  };

  Step forward(std::span<const double> x, const Step& before) const {
    Step after{.gate = std::vector<double>(4 * q_), .h = {}, .c = {}};
    for (std::size_t k = 0; k < 4 * q_; ++k) {
      double pa = parameters_[(p_ + q_) * 4 * q_ + k];
      for (std::size_t i = 0; i < p_; ++i) pa += x[i] * parameters_[i * 4 * q_ + k];
      for (std::size_t i = 0; i < q_; ++i) pa += before.h[i] * parameters_[(p_ + i) * 4 * q_ + k];
      after.gate[k] = k / q_ == 2 ? std::tanh(pa) : logistic(pa);
    }
    for (std::size_t j = 0; j < q_; ++j) {
      const double* gate = after.gate.data() + j;
      after.c.push_back(gate[q_] * before.c[j] + gate[0] * gate[2 * q_]);
      after.h.push_back(gate[3 * q_] * std::tanh(after.c[j]));
    }
    return after;
  }

  // Takes by_h and by_c, the adjoints of the state, from after the step to before it.
  void backward(std::span<const double> x, const Step& before, const Step& after,
                std::vector<double>& by_h, std::vector<double>& by_c) {
    std::vector<double> by_pa(4 * q_);
    for (std::size_t j = 0; j < q_; ++j) {
      const double i = after.gate[j], f = after.gate[q_ + j];
      const double g = after.gate[2 * q_ + j], o = after.gate[3 * q_ + j];
      const double squashed = std::tanh(after.c[j]);
      const double to_c = by_c[j] + by_h[j] * o * (1 - squashed * squashed);
      by_pa[j] = to_c * g * i * (1 - i);
      by_pa[q_ + j] = to_c * before.c[j] * f * (1 - f);
      by_pa[2 * q_ + j] = to_c * i * (1 - g * g);
      by_pa[3 * q_ + j] = by_h[j] * squashed * o * (1 - o);
      by_c[j] = to_c * f;
    }
    by_h.assign(q_, 0.0);
    for (std::size_t k = 0; k < 4 * q_; ++k) {
      for (std::size_t i = 0; i < p_; ++i) gradient_[i * 4 * q_ + k] += by_pa[k] * x[i];
      for (std::size_t i = 0; i < q_; ++i) {
        gradient_[(p_ + i) * 4 * q_ + k] += by_pa[k] * before.h[i];
        by_h[i] += by_pa[k] * parameters_[(p_ + i) * 4 * q_ + k];
      }
      gradient_[(p_ + q_) * 4 * q_ + k] += by_pa[k];
    }
  }

  std::size_t p_, q_;
  std::span<const double> parameters_;
  std::vector<double> gradient_;
};

}  // namespace

TEST_CASE("parameters stand as W, U, b, each row by row, with the gates i, f, g, o side by side") {
  const LSTM lstm(2, 3);
  CHECK(lstm.parameter_count() == (2 + 3 + 1) * 12);
  CHECK(lstm.input_weight_index(0, Gate::i, 0) == 0);
  CHECK(lstm.input_weight_index(1, Gate::g, 2) == 12 + 6 + 2);
  CHECK(lstm.hidden_weight_index(0, Gate::i, 0) == 24);
  CHECK(lstm.hidden_weight_index(2, Gate::o, 1) == 24 + 24 + 9 + 1);
  CHECK(lstm.bias_index(Gate::f, 1) == 60 + 3 + 1);
}

TEST_CASE("a step of one unit has the outputs and derivatives of the formulas") {
  const LSTM lstm(1, 1);
  const std::vector<double> numbers_of_w{0.7, -0.4, 0.9, 0.3}, of_u{-0.2, 0.8, 0.5, -0.6},
      of_b{0.1, 0.2, -0.3, 0.4};
  const double x = 0.6, h = -0.35, c = 1.2;
  std::vector<double> parameters = numbers_of_w;
  parameters.insert(parameters.end(), of_u.begin(), of_u.end());
  parameters.insert(parameters.end(), of_b.begin(), of_b.end());

  // By hand.
  const auto pa = [&](std::size_t k) { return numbers_of_w[k] * x + of_u[k] * h + of_b[k]; };
  const double i = logistic(pa(0)), f = logistic(pa(1)), g = std::tanh(pa(2)), o = logistic(pa(3));
  const double cell = f * c + i * g, squashed = std::tanh(cell), out = o * squashed;
  const double cell_by_pa[] = {g * i * (1 - i), c * f * (1 - f), i * (1 - g * g), 0};
  const double out_by_cell = o * (1 - squashed * squashed);

  Tape tape;
  const std::vector<Value> leaves = tape.variables(parameters);
  const Value x_leaf = tape.variable(x), h_leaf = tape.variable(h), c_leaf = tape.variable(c);
  const auto after = lstm(leaves, std::vector{x_leaf}, {.h = {h_leaf}, .c = {c_leaf}});
  CHECK(after.c[0].value() == doctest::Approx(cell).epsilon(1e-15));
  CHECK(after.h[0].value() == doctest::Approx(out).epsilon(1e-15));

  // A few roundings of numbers below 1.
  const auto agree = [](double one, double other) { return std::abs(one - other) < 1e-15; };
  for (const bool of_cell : {true, false}) {
    CAPTURE(of_cell);
    tape.backward(of_cell ? after.c[0] : after.h[0]);
    double by_x = 0, by_h = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      CAPTURE(k);
      double by_pa = of_cell ? cell_by_pa[k] : out_by_cell * cell_by_pa[k];
      if (!of_cell && k == 3) by_pa = squashed * o * (1 - o);
      by_x += by_pa * numbers_of_w[k];
      by_h += by_pa * of_u[k];
      CHECK(agree(leaves[lstm.input_weight_index(0, gates[k], 0)].grad(), by_pa * x));
      CHECK(agree(leaves[lstm.hidden_weight_index(0, gates[k], 0)].grad(), by_pa * h));
      CHECK(agree(leaves[lstm.bias_index(gates[k], 0)].grad(), by_pa));
    }
    CHECK(agree(x_leaf.grad(), by_x));
    CHECK(agree(h_leaf.grad(), by_h));
    CHECK(agree(c_leaf.grad(), of_cell ? f : out_by_cell * f));
  }
}

TEST_CASE("derivatives by parameters and inputs over a sequence agree with finite differences") {
  const LSTM lstm(2, 3);
  const std::size_t count = lstm.parameter_count();
  const std::vector<double> targets = numbers(4 * 3, 1);
  const auto loss = [&](std::span<const Value> v) {
    return sequence_loss<Value>(lstm, v.first(count), v.subspan(count), targets);
  };
  CHECK(check_gradient(loss, numbers(count + 4 * 2, 2)).agrees());
}

TEST_CASE("derivatives over a sequence are those of backpropagation through time by hand") {
  for (const std::size_t p : {1u, 2u, 4u}) {
    for (const std::size_t q : {1u, 3u}) {
      CAPTURE(p);
      CAPTURE(q);
      constexpr std::size_t steps = 6;
      const LSTM lstm(p, q);
      const std::vector<double> parameters = numbers(lstm.parameter_count(), p + 10 * q);
      const std::vector<double> rows = numbers(steps * p, 3), targets = numbers(steps * q, 4);
      ByHand by_hand(p, q, parameters);
      const std::vector<double>& expected = by_hand.run(rows, targets);

      Tape tape;
      const std::vector<Value> leaves = tape.variables(parameters);
      const std::vector<Value> x(rows.begin(), rows.end());
      tape.backward(sequence_loss<Value>(lstm, leaves, x, targets));
      for (std::size_t k = 0; k < parameters.size(); ++k) {
        CAPTURE(k);
        // Sums of some hundred numbers of about 1, in another order.
        CHECK(std::abs(leaves[k].grad() - expected[k]) < 1e-13);
      }
    }
  }
}

TEST_CASE("a step of doubles gives the recorded numbers to the last bit") {
  const LSTM lstm(3, 4);
  const std::vector<double> parameters = numbers(lstm.parameter_count(), 5);
  const std::vector<double> rows = numbers(5 * 3, 6), targets = numbers(5 * 4, 7);
  Tape tape;
  const std::vector<Value> leaves = tape.variables(parameters);
  const std::vector<Value> x(rows.begin(), rows.end());
  CHECK(sequence_loss<Value>(lstm, leaves, x, targets).value() ==
        sequence_loss<double>(lstm, parameters, rows, targets));
}

TEST_CASE("a sequence is compiled to a Program of loss and gradient, equal to the tape's") {
  const LSTM lstm(2, 2);
  const std::size_t count = lstm.parameter_count();
  const std::vector<double> targets = numbers(3 * 2, 8), at = numbers(count + 3 * 2, 9);
  const auto loss = [&](std::span<const Value> v) {
    return sequence_loss<Value>(lstm, v.first(count), v.subspan(count), targets);
  };
  const Program program = differentiate(compile(loss, numbers(at.size(), 10)));
  const std::vector<double> found = program.run(at);
  const auto expected = gradient(loss, at);
  CHECK(found[0] == expected.value);
  for (std::size_t k = 0; k < at.size(); ++k) CHECK(found[1 + k] == expected.gradient[k]);
}

TEST_CASE("with an open forget gate and a shut input gate the cell is kept for ever") {
  const LSTM lstm(1, 1);
  std::vector<double> parameters = numbers(lstm.parameter_count(), 11);
  parameters[lstm.bias_index(Gate::f, 0)] = 1000;
  parameters[lstm.bias_index(Gate::i, 0)] = -1000;
  LSTMState<double> state{.h = {0.5}, .c = {0.75}};
  for (int t = 0; t < 100; ++t) state = lstm(parameters, std::vector{std::cos(t)}, state);
  CHECK(state.c[0] == 0.75);
}

TEST_CASE("every node of a recorded step has its name") {
  Tape tape;
  const LSTM lstm(2, 1, 3);
  const std::vector<Value> leaves = tape.variables(numbers(lstm.parameter_count(), 12));
  tape.name_range(1, lstm.parameter_names());
  lstm(leaves, std::vector<Value>{1.0, 2.0}, lstm.start<Value>());
  std::string names;
  for (const Node node : tape.nodes()) names += node.name() + " ";
  std::string expected;
  for (const char* parameter : {"w1", "w2", "u1", "b"})
    for (const char* gate : {"i", "f", "g", "o"})
      expected += std::string("L3.n1.") + gate + "." + parameter + " ";
  for (const char* gate : {"i", "f", "g", "o"}) {
    const std::string prefix = std::string("L3.n1.") + gate;
    for (const char* node : {".w1*x1 ", ".w2*x2 ", ".sum2 ", ".u1*h1 ", ".sum3 ", ".pa ", " "})
      expected += prefix + node;
  }
  expected += "L3.n1.f*c L3.n1.i*g L3.n1.c L3.n1.tanh_c L3.n1.h ";
  CHECK(names == expected);
}

TEST_CASE("names say what the nodes are, for several inputs and units and in every step") {
  for (const std::size_t p : {1u, 3u}) {
    for (const std::size_t q : {1u, 4u}) {
      CAPTURE(p);
      CAPTURE(q);
      Tape tape;
      const LSTM lstm(p, q);
      const std::vector<Value> leaves = tape.variables(numbers(lstm.parameter_count(), 13));
      tape.name_range(1, lstm.parameter_names());
      LSTMState<Value> state = lstm.start<Value>();
      for (int t = 0; t < 2; ++t) state = lstm(leaves, std::vector<Value>(p, 0.5), state);
      CHECK(tape.find("L1.n1.h")->index() == state.h[0].node());  // of the last step
      for (std::size_t j = 0; j < q; ++j) {
        CHECK(tape.name(state.h[j]) == "L1.n" + std::to_string(j + 1) + ".h");
        CHECK(tape.name(state.c[j]) == "L1.n" + std::to_string(j + 1) + ".c");
      }
      for (const Node node : tape.nodes()) {
        const std::string name = node.name();
        CAPTURE(to_string(node));
        const auto operand = [&](std::size_t k) { return tape.name(node.operands()[k].node); };
        const auto has = [&](const char* text) { return name.find(text) != std::string::npos; };
        if (has("*x") || has("*h")) {
          CHECK(node.op() == Op::Mul);
          CHECK(name.starts_with(operand(0) + "*"));  // L1.n3.f.w2*x2 multiplies L1.n3.f.w2
        } else if (has(".sum")) {
          CHECK(node.op() == Op::Add);
        } else if (name.ends_with(".pa")) {
          CHECK(node.op() == Op::Add);
          CHECK(operand(1) == name.substr(0, name.size() - 2) + "b");
        } else if (has("*")) {
          CHECK(node.op() == Op::Mul);  // f*c, i*g
          CHECK(operand(0) == name.substr(0, name.size() - 2));
        } else if (name.ends_with(".c")) {
          CHECK(node.op() == Op::Add);
          CHECK(operand(0) == name.substr(0, name.size() - 1) + "f*c");
          CHECK(operand(1) == name.substr(0, name.size() - 1) + "i*g");
        } else if (name.ends_with(".tanh_c") || name.ends_with(".g")) {
          CHECK(node.op() == Op::Tanh);
        } else if (name.ends_with(".h")) {
          CHECK(node.op() == Op::Mul);
          CHECK(operand(0) == name.substr(0, name.size() - 1) + "o");
        } else if (name.ends_with(".i") || name.ends_with(".f") || name.ends_with(".o")) {
          CHECK(node.op() == Op::Sigmoid);
          CHECK(operand(0) == name + ".pa");
        } else {
          CHECK(node.op() == Op::Leaf);
          CHECK_FALSE(name.empty());
        }
      }
    }
  }
}

TEST_CASE("a step recorded with nothing but constants gets no wrong names") {
  Tape tape;
  const LSTM lstm(1, 1);
  const std::vector<Value> constants(lstm.parameter_count(), 0.5);
  lstm(constants, std::vector{tape.variable(1.0)}, lstm.start<Value>());
  for (const Node node : tape.nodes()) CHECK(node.name().empty());
}

TEST_CASE("initialize draws the weights and opens the forget gates") {
  const LSTM lstm(5, 4);
  std::vector<double> drawn(lstm.parameter_count(), -9.0);
  Random random(7);
  lstm.initialize(drawn, random);
  const double bound = std::sqrt(6.0 / (5 + 4 + 4));
  for (std::size_t k = 0; k < (5 + 4) * 16; ++k) CHECK(std::abs(drawn[k]) <= bound);
  for (std::size_t j = 0; j < 4; ++j)
    for (const Gate gate : gates)
      CHECK(drawn[lstm.bias_index(gate, j)] == (gate == Gate::f ? 1.0 : 0.0));
  lstm.initialize(drawn, random, 0);
  CHECK(drawn[lstm.bias_index(Gate::f, 3)] == 0);
  CHECK_THROWS_WITH_AS(lstm.initialize(drawn, random, std::numeric_limits<double>::infinity()),
                       "LSTM 1: the forget gates' bias is inf; pass a finite number",
                       ArgumentError);
  drawn.pop_back();
  CHECK_THROWS_AS(lstm.initialize(drawn, random), ShapeError);
}

TEST_CASE("an LSTM refuses wrong shapes, naming them") {
  CHECK_THROWS_WITH_AS(LSTM(0, 3, 2), "LSTM 2: 0 inputs and 3 units; it needs at least one of each",
                       ShapeError);
  CHECK_THROWS_AS(LSTM(3, 0), ShapeError);
  const std::size_t most = std::numeric_limits<std::size_t>::max();
  CHECK_THROWS_AS(LSTM(most, 1), ShapeError);
  CHECK_THROWS_AS(LSTM(1, most), ShapeError);
  CHECK_THROWS_AS(LSTM(most / 4 + 1, most / 4 + 1), ShapeError);
  CHECK_THROWS_AS(LSTM(Layer::max_parameters / 4, 1), ShapeError);
  CHECK(LSTM(Layer::max_parameters / 4 - 2, 1).parameter_count() <= Layer::max_parameters);

  const LSTM lstm(2, 1);
  const std::vector<double> parameters(16), x(2);
  CHECK_THROWS_WITH_AS(lstm(std::vector<double>(15), x, lstm.start<double>()),
                       "LSTM 1: 15 parameters for 2 inputs and 1 units; it needs 16", ShapeError);
  CHECK_THROWS_WITH_AS(lstm(parameters, std::vector<double>(3), lstm.start<double>()),
                       "LSTM 1: a row of 3, where it reads 2", ShapeError);
  CHECK_THROWS_WITH_AS(lstm(parameters, x, {.h = {1}, .c = {}}),
                       "LSTM 1: a state of 1 outputs and 0 cells for 1 units; begin with start()",
                       ShapeError);
  CHECK_THROWS_AS(lstm(parameters, x, {.h = {1, 2}, .c = {1}}), ShapeError);
}
