// article/09_back: how does a gradient get through a layer?
//
// You learn what makes a network of layers learn. An activation of layer (1) goes into every neuron
// of layer (2), and so it has an influence on the loss by as many paths: its adjoint is the sum
// over them. Once it is there, all goes on as in the last layer, by the same formulas, and it would
// go on so through a hundred layers. That is backpropagation.
//
// Run:     samples/run article/09_back    (all ten, as a page: samples/run article)
// Prints:  the sweep at some of its nodes, what comes in there and from where; each derivative of
//          layer (1) by hand and by the tape; the paths from the loss to one weight; and whether
//          nudges agree with all of it. The gradient, on the network and as matrices, is drawn to
//          output/article.
// Next:    10_update, what a gradient is good for
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chapter.hpp"
#include "recorded.hpp"
#include "tapegrad/inspect/explain.hpp"
#include "tapegrad/inspect/stepper.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

/// Steps through the sweep, and shows what comes in at a few nodes.
void walk(const Node& loss) {
  constexpr std::array<std::string_view, 5> stations = {"L2.n1.a", "L2.n1.pa", "L1.n1.a",
                                                        "L1.n1.pa", "L1.n1.w1"};
  fmt::print("  at        from           adjoint ·   partial = comes in     adjoint\n");
  Stepper stepper(loss);
  while (stepper.next()) {
    for (const Contribution& each : stepper.contributions()) {
      if (std::ranges::find(stations, each.to.name()) != stations.end())
        fmt::print("  {:8}  {:11}  {:9.6f} · {:9.6f} = {:9.6f}   {:9.6f}\n", each.to.name(),
                   each.from.name(), each.adjoint, each.partial, each.contribution, each.sum_after);
    }
  }
}

/// ∂L/∂(inputs of a layer) = W · ∂L/∂pa: for each input the sum over the neurons that it goes into.
std::vector<double> sum_over_neurons(std::span<const double> parameters,
                                     std::span<const double> d_pa, std::size_t inputs) {
  std::vector<double> sums(inputs);
  for (std::size_t i = 0; i < inputs; ++i)
    for (std::size_t k = 0; k < d_pa.size(); ++k)
      sums[i] += parameters[i * d_pa.size() + k] * d_pa[k];
  return sums;
}

/// "L ← L2.n1.a ← L2.n1.pa ← L1.n1.a": a path by its ends and the activations between.
std::string stations_of(const Path& path, const Tape& tape) {
  std::string text;
  for (const std::size_t node : path.nodes) {
    const std::string name = tape.name(node);
    const bool is_end = node == path.nodes.front() || node == path.nodes.back();
    if (is_end || name.ends_with("a")) text += (text.empty() ? "" : " ← ") + name;
  }
  return text;
}

void print_paths(const Node& loss, const Node& weight) {
  const Explanation explanation = explain(loss, weight);
  fmt::print(
      "Multiplied out, a derivative is a sum over all paths from the loss to the weight; each\n"
      "adds the product of the partial derivatives along it. To {} there are {}, as e² = e · e\n"
      "takes each way twice:\n\n",
      weight.name(), explanation.path_count);
  for (const Path& path : explanation.largest)
    fmt::print("  {:10.6f}  {}\n", path.contribution, stations_of(path, loss.tape()));
  fmt::print("  {:10.6f}  in all\n", explanation.derivative);
}

/// The largest difference between the gradient and what nudges of each parameter say.
double largest_difference(const chapter::Recorded& recorded) {
  const auto loss_beside = [&](std::size_t parameter, double nudge) {
    MLP net = recorded.net;
    net.parameters()[parameter] += nudge;
    return squared_error(net(chapter::x), chapter::y);  // plain numbers: nothing is recorded
  };
  const std::vector<double> gradient = recorded.net.gradient();
  const double h = 1e-5;
  double largest = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double by_nudges = (loss_beside(i, h) - loss_beside(i, -h)) / (2 * h);
    largest = std::max(largest, std::abs(gradient[i] - by_nudges));
  }
  return largest;
}

void draw_gradient(const chapter::Recorded& recorded) {
  const std::vector<double> gradient = recorded.net.gradient();
  const std::vector<double> d_x{recorded.x[0].grad(), recorded.x[1].grad()};
  chapter::picture("09_network", "The gradient on the network; b is ∂L/∂b, which is ∂L/∂pa",
                   [&](const auto& file, Theme theme) {
                     const NetworkDiagram diagram{
                         .network = recorded.net,
                         .title = "Backpropagation",
                         .lines = gradient,
                         .discs = {d_x, recorded.adjoints(1, "a"), recorded.adjoints(2, "a")},
                         .line_label = "∂L/∂w",
                         .disc_label = "∂L/∂x, ∂L/∂a"};
                     return draw(diagram, file, {.theme = theme});
                   });
  chapter::picture("09_gradient", "The gradient of both layers",
                   [&](const auto& file, Theme theme) {
                     return draw({chapter::heat_map("∂L/∂W(1), ∂L/∂b(1)", recorded.gradient(1), 3),
                                  chapter::heat_map("∂L/∂W(2), ∂L/∂b(2)", recorded.gradient(2), 2)},
                                 file, {.theme = theme});
                   });
}

void tell() {
  chapter::Recorded recorded;
  recorded.tape.backward(recorded.loss);
  const Node loss = recorded.loss;
  fmt::print(
      "9. Back through the layers\n\n"
      "A Stepper walks through the sweep, node by node. This is what comes in at some nodes\n"
      "between the loss and the weight L1.n1.w1, and what their adjoint is from there on:\n\n");
  walk(loss);
  fmt::print(
      "\nTwice something comes in at L1.n1.a, as both neurons of layer (2) use it. Adjoints add\n"
      "up: that is the chain rule's sum over the paths, ∂L/∂a(1) = ∂L/∂pa(2) · W(2)ᵀ. With\n"
      "∂L/∂pa(2) of the last chapter, all three by hand:\n\n");

  const std::vector<double> a = recorded.values(1, "a");
  const std::vector<double> d_a =
      sum_over_neurons(recorded.net.parameters(1), recorded.adjoints(2, "pa"), a.size());
  std::vector<double> d_pa;
  for (std::size_t j = 0; j < a.size(); ++j) d_pa.push_back(d_a[j] * a[j] * (1 - a[j]));
  recorded.print_beside(1, "a", d_a);
  fmt::print("\nFrom here on it is as in the last layer, ∂L/∂pa = ∂L/∂a · a · (1 - a):\n\n");
  recorded.print_beside(1, "pa", d_pa);
  fmt::print(
      "\nAnd ∂L/∂W = xᵀ · ∂L/∂pa with ∂L/∂b = ∂L/∂pa, as the inputs of layer (1) are x:\n\n");
  chapter::print_beside(chapter::gradient_by_hand(chapter::x, d_pa), recorded.gradient(1), 3);

  draw_gradient(recorded);
  print_paths(loss, recorded.tape.find("L1.n1.w1").value());
  fmt::print(
      "\nOne sweep has found all {} derivatives. Nudges need the loss {} times for them, and {}.\n",
      recorded.net.parameters().size(), 2 * recorded.net.parameters().size(),
      largest_difference(recorded) < 1e-9 ? "agree" : "DISAGREE");
}

int main() { return run_sample("09_back", tell); }
