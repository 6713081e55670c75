// What the chapters share: the network that they speak of, and how a picture gets into the text.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "../output.hpp"
#include "../run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

namespace chapter {

/// Two inputs, a hidden layer of three neurons, an output layer of two; with weights that can be
/// followed by hand.
inline tapegrad::MLP network() {
  tapegrad::MLP net({2, 3, 2}, tapegrad::Activation::sigmoid, tapegrad::Activation::sigmoid, 1);
  constexpr std::array<double, 17> parameters = {
      0.5,  -1.0, 0.8,                  // W(1), row 1: from x1 to the three neurons
      1.5,  0.4,  -0.6,                 // row 2: from x2
      0.1,  -0.2, 0.3,                  // b(1)
      1.2,  -0.7, -0.9, 0.6, 0.4, 1.1,  // W(2): three rows, two columns
      -0.3, 0.2,                        // b(2)
  };
  std::copy(parameters.begin(), parameters.end(), net.parameters().begin());
  return net;
}

inline constexpr std::array x = {1.0, -0.5};  // a sample
inline constexpr std::array y = {1.0, 0.0};   // its ground truth

/// Where pictures go: a folder in the current one, so that every chapter may be run by itself.
inline std::filesystem::path output() { return output_folder("output/article"); }

/// Draws a picture in both themes, neuron.svg and neuron.dark.svg for the name "neuron", and says
/// so by a line that the gallery puts the picture in the place of.
/// @param draw  writes the picture to a path
inline void picture(
    std::string_view name, std::string_view caption,
    const std::function<tapegrad::Picture(const std::filesystem::path&, tapegrad::Theme)>& draw) {
  const std::filesystem::path folder = output();
  draw(folder / fmt::format("{}.dark.svg", name), tapegrad::Theme::dark);
  const std::filesystem::path file = folder / fmt::format("{}.svg", name);
  const tapegrad::Picture result = draw(file, tapegrad::Theme::light);
  fmt::print("\n→ {}: {}\n\n", file.string(), caption);
  if (!result.hint.empty()) fmt::print("  {}\n\n", result.hint);
}

/// A neuron's pre-activation as one writes it: 1·0.5 + (-0.5)·1.5 + 0.1.
inline std::string sum_text(const tapegrad::Neuron<double>& neuron,
                            std::span<const double> inputs) {
  const auto factor = [](double f) {
    return f < 0 ? fmt::format("({:.6g})", f) : fmt::format("{:.6g}", f);
  };
  std::string text;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    text += factor(inputs[i]) + "·" + factor(neuron.w(i)) + " + ";
  return text + factor(neuron.b());
}

}  // namespace chapter
