// article/08_last_layer: how does a gradient get into the last layer?
//
// You learn the chain rule where it is shortest. The loss is made of the activations a(2), these of
// the pre-activations pa(2), and those of the weights W(2) and the biases b(2). So the way back has
// three steps, and each has a formula that can be written down: multiply by the slope of the loss,
// by the slope of the activation, and by what each weight was multiplied by.
//
// Run:     samples/run article/08_last_layer    (all ten, as a page: samples/run article)
// Prints:  each of the steps by its formula, beside the adjoints that the tape's sweep has left at
//          the same nodes; at the end the gradient of W(2) and b(2). The graph of the last layer,
//          and the parameters beside their gradient, are drawn to output/article.
// Next:    09_back, through this layer into the one before
#include <fmt/format.h>

#include <cstddef>
#include <vector>

#include "chapter.hpp"
#include "recorded.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

void tell() {
  chapter::Recorded recorded;
  recorded.tape.backward(recorded.loss);
  const std::vector<double> before = recorded.values(1, "a");  // the inputs of the last layer
  const std::vector<double> a = recorded.values(2, "a");
  std::vector<double> d_a, d_pa;  // by hand
  for (std::size_t k = 0; k < a.size(); ++k) {
    d_a.push_back(2 * (a[k] - chapter::y[k]));
    d_pa.push_back(d_a[k] * a[k] * (1 - a[k]));
  }

  fmt::print(
      "8. The chain rule at the last layer\n\n"
      "The adjoint of a node is ∂L/∂node: by how much the loss changes for each unit of it. The\n"
      "sweep starts at the loss L with the adjoint ∂L/∂L = 1 and walks the tape from the end.\n"
      "Each node hands its adjoint to its operands, times the partial derivative: that is the\n"
      "chain rule. To do so for all nodes, from the last to the first, is backpropagation.\n\n"
      "Layer by layer that comes to formulas which one can write down. Here\n"
      "a(2) = ({:.6g}, {:.6g}) and y = ({}, {}).\n\n"
      "From the loss to the activations: L = (a1 - y1)² + (a2 - y2)² has the slopes\n"
      "∂L/∂a = 2 · (a - y).\n\n",
      a[0], a[1], chapter::y[0], chapter::y[1]);
  recorded.print_beside(2, "a", d_a);
  fmt::print(
      "\nTo the pre-activations: a = sigmoid(pa) has the slope a · (1 - a), and so\n"
      "∂L/∂pa = ∂L/∂a · a · (1 - a).\n\n");
  recorded.print_beside(2, "pa", d_pa);
  fmt::print(
      "\nTo the weights: pa = a(1) · W + b. In both pre-activations, w1 is multiplied by a1 of\n"
      "layer (1), {:.6g}, and that is its slope. So each weight gets the activation before it\n"
      "times ∂L/∂pa behind it, ∂L/∂W = a(1)ᵀ · ∂L/∂pa, where ᵀ makes rows columns: a column of\n"
      "activations times a row of derivatives is a matrix like W. A bias, multiplied by 1, gets\n"
      "∂L/∂b = ∂L/∂pa.\n\n",
      before[0]);
  const std::vector<double> gradient = recorded.gradient(2);
  chapter::print_beside(chapter::gradient_by_hand(before, d_pa), gradient, a.size());

  chapter::picture("08_graph", "The last layer after the sweep: colour is the adjoint",
                   [&](const auto& file, Theme theme) {
                     return draw(recorded.loss, file, {.theme = theme, .folded = {"L1"}});
                   });
  chapter::picture(
      "08_gradient", "W(2) and b(2), and the gradient by them", [&](const auto& file, Theme theme) {
        return draw({chapter::heat_map("W(2), b(2)", recorded.net.parameters(1), a.size()),
                     chapter::heat_map("∂L/∂W(2), ∂L/∂b(2)", gradient, a.size())},
                    file, {.theme = theme});
      });
  fmt::print(
      "Where an activation before is small, its weights learn little; where a neuron is sure of\n"
      "itself (a near 0 or 1), a · (1 - a) is small, and all of its weights learn little.\n");
}

int main() { return run_sample("08_last_layer", tell); }
