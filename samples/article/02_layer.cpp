// article/02_layer: what does a layer compute?
//
// You learn to read a weight matrix. A layer is q neurons that look at the same p inputs. Their
// weights make a matrix W of p rows and q columns, a row for each input, a column for each neuron;
// then the pre-activations of all are one row of numbers, pa = x W + b, and the activations are
// a = sigmoid(pa), one by one. We multiply the matrix by hand, and ask the library's Layer.
//
// Run:     samples/run article/02_layer    (all ten, as a page: samples/run article)
// Prints:  the matrix with its indices, the sums with their numbers, and both results.
// Next:    03_network, where the activations of one layer are the inputs of the next
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "chapter.hpp"

using namespace tapegrad;

/// W out of the layer's parameters, which hold it row by row.
Matrix weights(const Layer& layer, std::span<const double> parameters) {
  Matrix W(layer.inputs(), layer.neurons());
  for (std::size_t i = 0; i < W.rows; ++i)
    for (std::size_t j = 0; j < W.columns; ++j) W(i, j) = parameters[layer.weight_index(i, j)];
  return W;
}

std::span<const double> biases(const Layer& layer, std::span<const double> parameters) {
  return parameters.subspan(layer.bias_index(0));
}

/// x W + b: for each column of W its product with x, and the column's bias.
std::vector<double> pre_activations(std::span<const double> x, const Matrix& W,
                                    std::span<const double> b) {
  std::vector<double> pa(W.columns);
  for (std::size_t j = 0; j < W.columns; ++j) {
    for (std::size_t i = 0; i < W.rows; ++i) pa[j] += x[i] * W(i, j);
    pa[j] += b[j];
  }
  return pa;
}

void print_table(const Matrix& W, std::span<const double> b) {
  fmt::print("           neuron 1  neuron 2  neuron 3\n");
  for (std::size_t i = 0; i < W.rows; ++i)
    fmt::print("input {}  {:10.6g}\n", i + 1, fmt::join(W.row(i), ""));
  fmt::print("bias     {:10.6g}\n", fmt::join(b, ""));
}

void draw_parameters(const Matrix& W, std::span<const double> b) {
  const HeatMap weight_map{.title = "weights W",
                           .rows = W.rows,
                           .columns = W.columns,
                           .values = W.numbers,
                           .row_label = "input",
                           .column_label = "neuron"};
  const HeatMap bias_map{.title = "biases b",
                         .rows = 1,
                         .columns = b.size(),
                         .values = {b.begin(), b.end()},
                         .column_label = "neuron",
                         .row_names = {"b"}};
  chapter::picture("02_weights", "The weights W and biases b as colours",
                   [&](const auto& svg, Theme theme) {
                     return draw({weight_map, bias_map}, svg, {.theme = theme});
                   });
}

/// In which order the parameters lie in memory, and how the library calls them.
void print_memory(const Layer& layer, std::span<const double> parameters) {
  for (std::size_t k = 0; k < parameters.size(); ++k)
    fmt::print("  [{}] {:8} {:5.6g}{}", k, layer.parameter_names()->name(k), parameters[k],
               (k + 1) % layer.neurons() == 0 ? "\n" : "");
}

/// The layer as a network of its own, which can be recorded and drawn.
MLP network_of(const Layer& layer, std::span<const double> parameters) {
  MLP net({layer.inputs(), layer.neurons()}, layer.activation(), layer.activation(), 1);
  std::ranges::copy(parameters, net.parameters().begin());
  return net;
}

/// Three ways to the same numbers: by hand, recorded on the tape, and by Layer with plain numbers.
void print_witnesses(std::span<const double> pa, MLP& net) {
  Tape tape;
  const std::vector<Value> inputs = tape.variables(chapter::x);
  const std::vector<Value> a = net(inputs);
  const std::vector<double> plain = net.layers()[0](net.parameters(), chapter::x);
  fmt::print(
      "             pa                            a\n"
      "neuron  by hand  recorded    by hand  recorded     Layer\n");
  for (std::size_t j = 0; j < pa.size(); ++j) {
    const double recorded = tape.find(fmt::format("L1.n{}.pa", j + 1)).value().value();
    const double by_hand = 1 / (1 + std::exp(-pa[j]));
    const bool equal = std::abs(recorded - pa[j]) < 1e-15 && std::abs(by_hand - plain[j]) < 1e-15 &&
                       a[j].value() == plain[j];
    fmt::print("{:6}{:9.6g}{:10.6g}{:11.6g}{:10.6g}{:10.6g}  {}\n", j + 1, pa[j], recorded, by_hand,
               a[j].value(), plain[j], equal ? "equal" : "DIFFERENT");
  }
}

void tell() {
  const MLP whole = chapter::network();
  const Layer& layer = whole.layers()[0];
  MLP net = network_of(layer, whole.parameters(0));
  const std::span<const double> parameters = net.parameters();
  const Matrix W = weights(layer, parameters);
  const std::span<const double> b = biases(layer, parameters);

  fmt::print(
      "2. A layer\n\n"
      "A layer is q neurons that are given the same p inputs. This one has p = {} and q = {}, and\n"
      "its parameters are the weights W, p rows by q columns, and q biases b:\n\n",
      layer.inputs(), layer.neurons());
  print_table(W, b);
  draw_parameters(W, b);
  fmt::print(
      "In this and all such pictures blue is negative and orange positive. Colours go by the\n"
      "square root, or one would see the largest numbers only: a quarter of the largest has half\n"
      "of its colour.\n\n"
      "In a terminal heat_map() shows W by shades, and puts a minus before negative numbers:\n\n{}",
      heat_map(W.numbers, W.rows, W.columns, {.colors = Colors::never}));
  fmt::print(
      "\nW(i, j) is the weight from input i to neuron j. Row i is all that input i does, column j\n"
      "is the weights of neuron j. In memory W lies row by row, then b. The library calls\n"
      "W(2, 3) {}: weight 2 of neuron 3 in layer 1.\n\n",
      layer.parameter_names()->name(layer.weight_index(1, 2)));
  print_memory(layer, parameters);

  const std::vector<double> pa = pre_activations(chapter::x, W, b);
  fmt::print(
      "\nThe inputs x = ({}) are one row as well. Row times matrix, pa = x W + b: for each\n"
      "neuron the products of x with its column are added up, and its bias:\n\n",
      fmt::join(chapter::x, ", "));
  for (std::size_t j = 0; j < W.columns; ++j)
    fmt::print("pa{} = {} = {:.6g}\n", j + 1,
               chapter::sum_text(layer.neuron(parameters, j), chapter::x), pa[j]);
  fmt::print(
      "\nThe activation function is applied to each by itself. By hand, on a tape, and by the\n"
      "library's Layer with plain numbers:\n\n");
  print_witnesses(pa, net);
  chapter::picture("02_layer", "A line for each weight, a disc for each input and neuron",
                   [&](const auto& svg, Theme theme) {
                     return draw(NetworkDiagram{.network = net, .x = chapter::x}, svg,
                                 {.theme = theme});
                   });
}

int main() { return run_sample("02_layer", tell); }
