// A network as it is drawn on blackboards: a column of discs for each layer, a line for each
// weight.
//
//   draw(NetworkDiagram{.network = net, .x = x}, "network.svg")
//
// Lines show the weights, discs the activations of the forward pass from x: blue is negative,
// orange positive, and the larger, the stronger; 0 is a dashed line, and what is not finite purple.
// Under each disc stands the neuron's bias. Other numbers of the same shape, as the gradient for
// the lines and adjoints for the discs, are shown alike. In a browser each line and disc tells its
// name and number under the pointer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/draw/picture.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/mlp.hpp"

namespace tapegrad {

struct NetworkDiagram {
  const MLP& network;
  std::string title = {};
  /// inputs() numbers, for the discs to show the forward pass; empty: discs have no numbers.
  std::span<const double> x = {};
  /// A number for each parameter, in the order of network.parameters(); empty: the parameters.
  /// Colours and widths are on one scale for all weights, also those that are not shown.
  std::span<const double> lines = {};
  /// A number for each disc, column by column, the inputs' first, on one scale; empty: the forward
  /// pass.
  std::vector<std::vector<double>> discs = {};
  /// What lines and discs show, for the legend.
  std::string line_label = "weight";
  std::string disc_label = "activation";
  /// Beside the first and the last column; empty: x1, x2, ..., and nothing. Of long names the
  /// middle is left out.
  std::vector<std::string> input_names = {};
  std::vector<std::string> output_names = {};
  /// Most discs in a column, at least 2; of larger layers the first and the last are shown, with
  /// dots between.
  std::size_t most_neurons = 12;
};

/// Draws the network. An SVG needs no other program, a PNG rsvg-convert. `options.width` and
/// `height` scale the picture; a PNG has twice as many pixels.
/// @param file  where to: a name that ends in .svg or .png, in a folder that exists
/// @throws ShapeError if x, lines, discs or names have another length than the network says;
///         ArgumentError if most_neurons < 2 or the file has another ending;
///         FileError if the file cannot be written
TAPEGRAD_API Picture draw(const NetworkDiagram& diagram, const std::filesystem::path& file,
                          const PictureOptions& options = {});

}  // namespace tapegrad
