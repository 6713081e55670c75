// neuron: where does the gradient of one neuron come from?
//
// You learn what a tape is. A neuron adds its weighted inputs up to the pre-activation pa, and its
// activation is a = tanh(pa); the loss L says how far a is from the answer y that we want. We
// record that, sweep it, and look at every node: its value, its partial derivatives by its operands
// (known while it is recorded), and its adjoint, the derivative of L by the node (known after the
// sweep). Then we multiply the chain rule out by hand, and ask finite differences who is right.
//
// Run:     samples/run neuron
// Prints:  the nodes as a table, the chain rule with its numbers, and the check. All of it is read
//          from the recording: change the formula, and it tells the new story.
// Next:    himmelblau, where gradients lead downhill
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>

#include "neuron_report.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

template <class T> struct Steps { T p1, p2, sum, pa, a, e, L; };

/// The neuron and its loss, for plain numbers and for Values alike.
template <class T> Steps<T> neuron(const std::array<T, 5>& inputs, double y) {
  using std::tanh;
  const auto [w1, w2, b, x1, x2] = inputs;
  Steps<T> step;
  step.p1 = w1 * x1;
  step.p2 = w2 * x2;
  step.sum = step.p1 + step.p2;
  step.pa = step.sum + b;
  step.a = tanh(step.pa);
  step.e = step.a - y;
  step.L = step.e * step.e;
  return step;
}

int main() {
  const std::array<const char*, 5> names{"w1", "w2", "b", "x1", "x2"};
  const std::array point{0.5, 1.5, 0.25, 2.0, -1.0};
  const double y = 1;

  Tape tape;
  std::array<Value, 5> leaves;
  for (std::size_t i = 0; i < 5; ++i) leaves[i] = tape.variable(point[i], names[i]);
  const Steps<Value> step = neuron(leaves, y);
  tape.name(step.p1, "p1");
  tape.name(step.p2, "p2");
  tape.name(step.sum, "sum");
  tape.name(step.pa, "pa");
  tape.name(step.a, "a");
  tape.name(step.e, "e");
  tape.name(step.L, "L");

  tape.backward(step.L);
  fmt::print(
      "A neuron, a = tanh(w1·x1 + w2·x2 + b), and its loss L = (a - y)² for y = {}.\n"
      "Recorded from top to bottom; the adjoints, ∂L/∂node, came from bottom to top.\n\n",
      y);
  print_nodes(tape);

  fmt::print("\nThe chain rule, by hand:\n\n");
  for (Value leaf : leaves) print_chain_rule(tape.node(step.L), tape.node(leaf));

  const auto loss_beside = [&](std::size_t i, double by) {
    std::array inputs = point;  // plain numbers: nothing is recorded
    inputs[i] += by;
    return neuron(inputs, y).L;
  };
  fmt::print(
      "\nWho is right? (L(x + h) - L(x - h)) / 2h knows no chain rule:\n\n"
      "         tape  differences\n");
  const double h = 1e-5;
  for (std::size_t i = 0; i < 5; ++i) {
    const double difference = (loss_beside(i, h) - loss_beside(i, -h)) / (2 * h);
    const bool agree = std::abs(difference - leaves[i].grad()) < 1e-8;
    fmt::print("{:4}{:9.6g}  {:11.6g}  {}\n", names[i], leaves[i].grad(), difference,
               agree ? "agree" : "DISAGREE");
  }
}
