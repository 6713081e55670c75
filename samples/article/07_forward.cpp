// article/07_forward: in which order is a loss computed?
//
// You learn what the forward pass leaves on the tape: each multiplication, addition and activation
// of the network, and each operation of the loss, as a node with its operands and its value. They
// stand in the order in which they were computed, and nothing can be computed before its operands.
// So the order of recording is a topological order of the graph, for free, and the way back, the
// sweep, has only to walk it from the end.
//
// Run:     samples/run article/07_forward    (all ten, as a page: samples/run article)
// Prints:  all nodes of the loss of the 2-3-2 network, neuron by neuron; the outputs, beside those
//          of a forward pass with plain numbers; and what has to hold for the order. The graph, and
//          a page to step through it, go to output/article.
// Next:    08_last_layer, where the sweep begins
#include <fmt/format.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "../formulas.hpp"
#include "chapter.hpp"
#include "recorded.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

/// "L2.n1" of "L2.n1.pa"; nothing of "e1": where the node belongs.
std::string neuron_of(const std::string& name) {
  const std::size_t dot = name.rfind('.', name.find('*'));
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

/// A line for the inputs, and for each row of a W, and each b.
void print_leaves(const Tape& tape) {
  std::string row;
  for (const Node node : tape.nodes()) {
    if (!node.is_leaf()) continue;
    const std::string name = node.name();
    const std::string of = name.starts_with('x') ? "x" : name.substr(0, 2) + name.substr(5);
    if (of != row) fmt::print("\n  #{:<3}", node.index());
    row = of;
    fmt::print("{:>17}", fmt::format("{} = {:.6g}", name, node.value()));
  }
  fmt::print("\n");
}

void print_operations(const Tape& tape) {
  std::string neuron;
  for (const Node node : tape.nodes()) {
    if (node.is_leaf()) continue;
    if (const std::string of = neuron_of(node.name()); of != neuron || node.name() == "e1") {
      neuron = of;
      fmt::print("\n{}\n", neuron.empty() ? "Loss" : "Neuron " + neuron);
    }
    fmt::print("  #{:<3} {:12} {:9.6g}  {}\n", node.index(), node.name(), node.value(),
               value_text(node));
  }
}

void check_order(const Tape& tape) {
  std::size_t edges = 0, forward = 0;
  for (const Node node : tape.nodes()) {
    for (const Operand operand : node.operands()) {
      if (operand.node == 0) continue;  // a constant stands nowhere
      edges += 1;
      forward += operand.node < node.index() ? 1 : 0;
    }
  }
  fmt::print(
      "Of the {} edges from an operand to what was made of it, {} lead forward: to a higher\n"
      "number. That is a topological order, and nobody had to sort anything. Read from the end,\n"
      "it has each node behind all of its users:\n\n",
      edges, forward);
  for (const char* name : {"L1.n1.a", "L2.n1.a", "e2"}) {
    const Node node = tape.find(name).value();
    std::string text;
    for (const std::size_t user : users(node)) text += "  " + label(tape.node(user));
    fmt::print("  {:12} is used in{}\n", label(node), text);
  }
  fmt::print(
      "\nSo when the sweep comes to a node, all who have something to say about it have spoken.\n");
}

void tell() {
  const chapter::Recorded recorded;
  const Tape& tape = recorded.tape;
  fmt::print(
      "7. The forward pass, in order\n\n"
      "The loss L = (a1 - y1)² + (a2 - y2)² of the 2-3-2 network for the sample x and the\n"
      "ground truth y = ({}, {}), as the tape has it: {} nodes. First the leaves, for which\n"
      "nothing has to be computed: inputs and parameters. Before each row stands the number of\n"
      "its first node.\n",
      chapter::y[0], chapter::y[1], tape.size());
  print_leaves(tape);
  fmt::print(
      "\nThe others, neuron by neuron, layer by layer. The inputs x1, x2, x3 of layer (2) are the\n"
      "activations of layer (1).\n");
  print_operations(tape);

  const std::vector<double> a = recorded.net(chapter::x);  // plain numbers: no tape
  fmt::print(
      "\nThe same network with plain numbers, without any tape:\n\n"
      "  a = ({:.6g}, {:.6g}), L = {:.6g}\n\n",
      a[0], a[1], squared_error(a, chapter::y));
  check_order(tape);

  chapter::picture("07_graph", "The forward pass from the left to the right, its neurons as frames",
                   [&](const auto& file, Theme theme) {
                     return draw(tape.node(recorded.loss), file, {.theme = theme});
                   });
  const std::filesystem::path html = chapter::output() / "07_forward.html";
  page(tape, recorded.loss, html,
       {.title = "The loss of a 2-3-2 network, step by step", .inputs = recorded.x});
  fmt::print("→ {}: Step through it, forward and back\n", html.string());
}

int main() { return run_sample("07_forward", tell); }
