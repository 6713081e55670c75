// What the chapters 7 to 9 share: the loss of the sample as it is recorded, and how the numbers of
// a layer's parameters are shown.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chapter.hpp"
#include "tapegrad/tapegrad.hpp"

namespace chapter {

/// The forward pass of the sample, and its loss L = (a1 - y1)² + (a2 - y2)², on a tape. All nodes
/// have names.
struct Recorded {
  tapegrad::Tape tape;
  tapegrad::MLP net = network();
  std::vector<tapegrad::Value> x = {tape.variable(chapter::x[0], "x1"),
                                    tape.variable(chapter::x[1], "x2")};
  std::vector<tapegrad::Value> a = net(x);
  tapegrad::Value loss = tapegrad::squared_error(a, y);

  Recorded() {
    std::size_t node = loss.node() - 4;
    for (const char* name : {"e1", "e1²", "e2", "e2²", "L"}) tape.name(tape.value(node++), name);
  }

  /// What the neurons of a layer, counted from 1, have at a node: "pa" or "a".
  std::vector<double> values(std::size_t layer, std::string_view node) const {
    return numbers(layer, node, [](const tapegrad::Node& it) { return it.value(); });
  }
  /// Their adjoints, after a sweep.
  std::vector<double> adjoints(std::size_t layer, std::string_view node) const {
    return numbers(layer, node, [](const tapegrad::Node& it) { return it.adjoint().value(); });
  }
  /// The gradient by the parameters of a layer, after a sweep.
  std::vector<double> gradient(std::size_t layer) const {
    const std::vector<double> all = net.gradient();
    const auto begin = all.begin() + (net.parameters(layer - 1).data() - net.parameters().data());
    return {begin, begin + static_cast<std::ptrdiff_t>(net.parameters(layer - 1).size())};
  }
  /// The adjoints by hand and by the tape: a line for each neuron of the layer.
  void print_beside(std::size_t layer, std::string_view node,
                    std::span<const double> by_hand) const {
    const std::vector<double> by_tape = adjoints(layer, node);
    fmt::print("  layer ({})  by hand       tape\n", layer);
    for (std::size_t j = 0; j < by_tape.size(); ++j)
      fmt::print("  {:7} {:10.6f} {:10.6f}\n", fmt::format("∂L/∂{}{}", node, j + 1), by_hand[j],
                 by_tape[j]);
  }

 private:
  template <class Number>
  std::vector<double> numbers(std::size_t layer, std::string_view node, Number number) const {
    std::vector<double> result;
    for (std::size_t j = 1; j <= net.layers()[layer - 1].neurons(); ++j)
      result.push_back(number(tape.find(fmt::format("L{}.n{}.{}", layer, j, node)).value()));
    return result;
  }
};

/// A layer's gradient by the chain rule: ∂L/∂W = inputsᵀ · ∂L/∂pa, row by row, then ∂L/∂b = ∂L/∂pa.
inline std::vector<double> gradient_by_hand(std::span<const double> inputs,
                                            std::span<const double> d_pa) {
  std::vector<double> result;
  for (const double input : inputs)
    for (const double d : d_pa) result.push_back(input * d);
  result.insert(result.end(), d_pa.begin(), d_pa.end());
  return result;
}

/// The gradient by a layer's parameters, by hand and by the tape, as two matrices side by
/// side: a row for each weight of a neuron and one for the biases, a column for each neuron.
inline void print_beside(std::span<const double> by_hand, std::span<const double> by_tape,
                         std::size_t neurons) {
  const auto row = [&](std::span<const double> numbers, std::size_t i) {
    std::string text;
    for (const double number : numbers.subspan(i * neurons, neurons))
      text += fmt::format("{:11.6f}", number);
    return text;
  };
  std::string columns;
  for (std::size_t j = 1; j <= neurons; ++j)
    columns += fmt::format("{:>11}", fmt::format("neuron {}", j));
  fmt::print("     {:>{}}   {:>{}}\n", "by hand", columns.size(), "tape", columns.size());
  fmt::print("     {}   {}\n", columns, columns);
  const std::size_t rows = by_tape.size() / neurons;
  for (std::size_t i = 0; i < rows; ++i)
    fmt::print("  {:3}{}   {}\n", i + 1 < rows ? fmt::format("w{}", i + 1) : "b", row(by_hand, i),
               row(by_tape, i));
}

/// The same numbers as a picture.
inline tapegrad::HeatMap heat_map(std::string_view title, std::span<const double> numbers,
                                  std::size_t neurons) {
  tapegrad::HeatMap map{.title = std::string(title),
                        .rows = numbers.size() / neurons,
                        .columns = neurons,
                        .values = {numbers.begin(), numbers.end()},
                        .column_label = "neuron"};
  for (std::size_t i = 1; i < map.rows; ++i) map.row_names.push_back(fmt::format("w{}", i));
  map.row_names.push_back("b");
  for (std::size_t j = 1; j <= neurons; ++j) map.column_names.push_back(fmt::format("{}", j));
  return map;
}

}  // namespace chapter
