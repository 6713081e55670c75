// article/01_neuron: what does a neuron compute?
//
// You learn the smallest part of a network. Each input x is multiplied by a weight w; the products
// are added up, and a bias b is added to them: that is the pre-activation pa. The activation
// function makes the activation a of it, what the neuron answers. We record the computation on a
// tape and read off every step; plain numbers, which know no tape, have to come to the same.
//
// Run:     samples/run article/01_neuron    (all ten, as a page: samples/run article)
// Prints:  the recorded nodes as a table, the same by plain numbers, and what the activation
//          functions sigmoid and ReLU make of some pre-activations.
// Next:    02_layer, three neurons that look at the same inputs
#include <string>
#include <string_view>
#include <utility>

#include "../formulas.hpp"
#include "chapter.hpp"

using namespace tapegrad;

/// Gives a node its name, and hands it on.
Value named(Tape& tape, std::string_view name, Value x) {
  tape.name(x, name);
  return x;
}

/// The neuron's computation, a node for each step.
Value record(Tape& tape, const Neuron<double>& neuron) {
  const Value w1 = tape.variable(neuron.w(0), "w1");
  const Value w2 = tape.variable(neuron.w(1), "w2");
  const Value b = tape.variable(neuron.b(), "b");
  const Value x1 = tape.variable(chapter::x[0], "x1");
  const Value x2 = tape.variable(chapter::x[1], "x2");
  const Value p1 = named(tape, "p1", w1 * x1);
  const Value p2 = named(tape, "p2", w2 * x2);
  const Value sum = named(tape, "sum", p1 + p2);
  const Value pa = named(tape, "pa", sum + b);
  return named(tape, "a", sigmoid(pa));
}

void print_recording(const Tape& tape) {
  fmt::print("node  formula                 value\n");
  for (const Node node : tape.nodes())
    fmt::print("{:4}  {:18}  {:9.6g}\n", node.name(), value_text(node), node.value());
}

void print_witness(const Tape& tape, const Neuron<double>& neuron) {
  const double pa = neuron.pre_activation(chapter::x);
  const auto line = [&](const char* name, double plain) {
    const double recorded = tape.find(name).value().value();
    fmt::print("{:4}  {:9.6g}  {:9.6g}  {}\n", name, recorded, plain,
               recorded == plain ? "equal" : "DIFFERENT");
  };
  fmt::print("node   recorded      plain\n");
  line("pa", pa);
  line("a", neuron(chapter::x));
  fmt::print("\nWith ReLU, max(pa, 0), in the place of sigmoid it would have answered {:.6g}.\n",
             activate(Activation::relu, pa));
}

struct Point {
  double value;
  double slope;
};

/// What the activation function makes of a pre-activation, and how steep it is there.
Point at(Activation activation, double pa) {
  const auto [value, grad] = gradient([=](Value z) { return activate(activation, z); }, pa);
  return {value, grad[0]};
}

void print_activations(double pa) {
  fmt::print("       pa     sigmoid       slope        ReLU       slope\n");
  for (const double z : {-6.0, -2.0, pa, 0.0, 2.0, 6.0}) {
    const Point s = at(Activation::sigmoid, z), r = at(Activation::relu, z);
    fmt::print("{:9.6g}  {:10.6g}  {:10.6g}  {:10.6g}  {:10.6g}{}\n", z, s.value, s.slope, r.value,
               r.slope, z == pa ? "  <- our neuron" : "");
  }
}

/// The activation function and its derivative, and where our neuron stands on both.
Plot activation_plot(std::string title, Activation activation, double pa) {
  const auto value = [=](double z) { return at(activation, z).value; };
  const auto slope = [=](double z) { return at(activation, z).slope; };
  return {.title = std::move(title),
          .x_label = "pre-activation pa",
          .y_label = "",
          .series = {sample_curve("activation a", value, {-6, 6}),
                     sample_curve("derivative ∂a/∂pa", slope, {-6, 6}),
                     {.name = "our neuron",
                      .x = {pa, pa},
                      .y = {value(pa), slope(pa)},
                      .marks = Marks::rings}},
          .y_scale = Scale::linear};
}

void tell() {
  const MLP net = chapter::network();
  const Neuron<double> neuron = net.layers()[0].neuron(net.parameters(0), 0);
  Tape tape;
  const Value a = record(tape, neuron);
  const double pa = tape.find("pa").value().value();
  fmt::print(
      "1. A neuron\n\n"
      "A neuron multiplies each input x by a weight w, adds the products up, and adds a bias b.\n"
      "That is its pre-activation, pa = w·x + b. Its answer is the activation, a = sigmoid(pa).\n"
      "Written as arithmetic on Values, each step became a node of the tape:\n\n");
  print_recording(tape);
  fmt::print(
      "\nIn the picture an edge leads from each operand to what was made of it. The number on it\n"
      "is a partial derivative: by how much the node changes for each unit of that operand, while\n"
      "its other operands stay as they are (chapter 5). Adjoints come in chapter 8.\n");
  chapter::picture(
      "01_neuron", "The neuron as recorded; on its edges, partial derivatives",
      [&](const auto& svg, Theme theme) { return draw(tape.node(a), svg, {.theme = theme}); });
  fmt::print("The same neuron computed with plain numbers, which are not recorded:\n\n");
  print_witness(tape, neuron);
  fmt::print(
      "\nThe activation function bends the straight line: without it, a network of any depth\n"
      "would be one weighted sum. Sigmoid squeezes every pa in between 0 and 1, and is steepest\n"
      "at 0. ReLU lets pass what is positive, with slope 1, and has slope 0 elsewhere:\n\n");
  print_activations(pa);
  chapter::picture("01_activations", "Sigmoid and ReLU with their derivatives",
                   [&](const auto& svg, Theme theme) {
                     return draw({activation_plot("sigmoid", Activation::sigmoid, pa),
                                  activation_plot("ReLU", Activation::relu, pa)},
                                 svg, {.width = 1000, .theme = theme});
                   });
}

int main() { return run_sample("01_neuron", tell); }
