// article/03_network: what does a network compute?
//
// You learn that a network is nothing but layers, one after the other. The first is given the
// sample x, each other the activations of the one before; what the last one answers is the
// prediction. To compute it is called inference. We go through layer by layer with all numbers,
// then let the library do it in one call, and see what it records when the network is to be
// trained.
//
// Run:     samples/run article/03_network    (all ten, as a page: samples/run article)
// Prints:  each neuron's sum and activation; the prediction three times; what is on the tape.
// Next:    04_loss, how wrong the prediction is
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "chapter.hpp"

using namespace tapegrad;

/// One layer: prints the sum of each neuron. @return the activations
std::vector<double> print_layer(const MLP& net, std::size_t l, std::span<const double> x) {
  const Layer& layer = net.layers()[l];
  fmt::print("Layer ({}): {} inputs, {} neurons with {} parameters\n", l + 1, layer.inputs(),
             layer.neurons(), layer.parameter_count());
  std::vector<double> a;
  for (std::size_t j = 0; j < layer.neurons(); ++j) {
    const Neuron<double> neuron = layer.neuron(net.parameters(l), j);
    a.push_back(neuron(x));
    fmt::print("  neuron {}: pa = {}\n            = {:.6g}, a = {:.6g}\n", j + 1,
               chapter::sum_text(neuron, x), neuron.pre_activation(x), a.back());
  }
  return a;
}

std::vector<double> infer(const MLP& net) {
  std::vector<double> a(chapter::x.begin(), chapter::x.end());
  for (std::size_t l = 0; l < net.layers().size(); ++l) a = print_layer(net, l, a);
  return a;
}

void print_witnesses(std::span<const double> by_hand, std::span<const double> plain,
                     std::span<const Value> recorded) {
  fmt::print("output  layer by layer     net(x)   recorded\n");
  for (std::size_t k = 0; k < by_hand.size(); ++k) {
    const bool equal = by_hand[k] == plain[k] && plain[k] == recorded[k].value();
    fmt::print("{:6}  {:14.6g}  {:9.6g}  {:9.6g}  {}\n", k + 1, by_hand[k], plain[k],
               recorded[k].value(), equal ? "equal" : "DIFFERENT");
  }
}

/// How many nodes of each operation there are.
void print_nodes_by_kind(const Tape& tape) {
  std::map<std::string, std::size_t> counts;
  for (const Node node : tape.nodes()) ++counts[std::string(node.operation())];
  for (const auto& [operation, count] : counts) fmt::print("  {:3}  {}\n", count, operation);
}

void tell() {
  MLP net = chapter::network();
  fmt::print(
      "3. A network\n\n"
      "Two layers, one behind the other: the activations of the first are the inputs of the\n"
      "second. The sample x = ({}) goes in, and every neuron computes w·x + b and its sigmoid:\n\n",
      fmt::join(chapter::x, ", "));
  const std::vector<double> prediction = infer(net);
  chapter::picture(
      "03_network", "The forward pass: activations in the discs, weights as lines",
      [&](const auto& svg, Theme theme) {
        return draw(NetworkDiagram{.network = net, .x = chapter::x, .output_names = {"a1", "a2"}},
                    svg, {.theme = theme});
      });

  Tape tape;
  const std::vector<Value> inputs{tape.variable(chapter::x[0], "x1"),
                                  tape.variable(chapter::x[1], "x2")};
  const std::vector<Value> recorded = net(inputs);
  fmt::print(
      "Layer (1) is a hidden layer: only layer (2) gets to see what it answers. By the sizes of\n"
      "its layers, inputs first, such a network is called {0}-{1}-{2}.\n\n"
      "What comes out is the prediction. The library has it by net(x): of plain numbers, and of\n"
      "Values, which are recorded on the way.\n\n",
      net.inputs(), net.layers()[0].neurons(), net.outputs());
  print_witnesses(prediction, net(chapter::x), recorded);
  fmt::print(
      "\nWith plain numbers it is inference. The parameters are settled, a sample goes in, a\n"
      "prediction comes out, and nothing else remains: it is fast, and all that a finished\n"
      "network has to do.\n\n"
      "With Values it is how training begins. Nobody chooses {0} parameters by hand: they are to\n"
      "be learnt, from samples whose right answer is known. The forward pass is the same, but a\n"
      "tape keeps what was computed from what, here {1} nodes:\n\n",
      net.parameters().size(), tape.size());
  print_nodes_by_kind(tape);
  fmt::print(
      "\nAbove output 1 stand all three hidden neurons. The number on an edge is a partial\n"
      "derivative: of a neuron's sum by one of its inputs, and that is the weight.\n");
  chapter::picture("03_graph", "What output 1 was computed from, each neuron folded into a box",
                   [&](const auto& svg, Theme theme) {
                     return draw(tape.node(recorded[0]), svg,
                                 {.theme = theme, .fold = Fold::neurons});
                   });
  fmt::print(
      "Then a loss says how wrong the prediction is (chapter 4), its derivative by each parameter\n"
      "is computed backwards along the tape (5 to 9), each parameter takes a small step to where\n"
      "the loss is less (10), and all begins anew.\n");
}

int main() { return run_sample("03_network", tell); }
