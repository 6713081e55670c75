// What a network's picture shows, checked; network_svg.cpp writes it.

#include "tapegrad/draw/network.hpp"

#include <fmt/format.h>

#include <string_view>

#include "draw/picture_file.hpp"
#include "draw/process.hpp"
#include "network_svg.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

void check_length(std::string_view what, std::size_t length, std::size_t needed) {
  if (length != needed)
    throw ShapeError(fmt::format("draw: {} {} for a network with {}; pass one for each, or none",
                                 length, what, needed));
}

void check(const NetworkDiagram& diagram) {
  const MLP& net = diagram.network;
  if (net.layers().empty())
    throw ShapeError("draw: the network has no layers: it was moved from; pass the one it is in");
  if (diagram.most_neurons < 2)
    throw ArgumentError(
        fmt::format("draw: most_neurons is {}; pass at least 2: the first neuron "
                    "of a layer and the last are shown",
                    diagram.most_neurons));
  if (!diagram.x.empty()) check_length("inputs x", diagram.x.size(), net.inputs());
  if (!diagram.lines.empty())
    check_length("numbers for the lines and biases", diagram.lines.size(), net.parameters().size());
  if (!diagram.input_names.empty())
    check_length("names of inputs", diagram.input_names.size(), net.inputs());
  if (!diagram.output_names.empty())
    check_length("names of outputs", diagram.output_names.size(), net.outputs());
  if (diagram.discs.empty()) return;
  const std::vector<std::size_t> sizes = column_sizes(net);
  check_length("columns of discs", diagram.discs.size(), sizes.size());
  for (std::size_t c = 0; c < sizes.size(); ++c)
    check_length(fmt::format("numbers for the discs of column {}", c), diagram.discs[c].size(),
                 sizes[c]);
}

// Activations column by column, x first.
std::vector<std::vector<double>> forward_pass(const MLP& network, std::span<const double> x) {
  std::vector<std::vector<double>> columns{{x.begin(), x.end()}};
  for (std::size_t l = 0; l < network.layers().size(); ++l)
    columns.push_back(network.layers()[l](network.parameters(l), columns.back()));
  return columns;
}

std::vector<std::vector<double>> discs_of(const NetworkDiagram& diagram) {
  if (!diagram.discs.empty()) return diagram.discs;
  if (diagram.x.empty()) return {};
  return forward_pass(diagram.network, diagram.x);
}

// With twice as many pixels as the SVG has, as other pictures.
PictureResult png_of(std::string_view svg) {
  return run({.program = "rsvg-convert",
              .arguments = {"--zoom=2"},
              .format = PictureFormat::png,
              .install = "install rsvg-convert (Debian: librsvg2-bin), or pass a name that ends "
                         "in .svg, which needs no other program"},
             svg);
}

}  // namespace

Picture draw(const NetworkDiagram& diagram, const std::filesystem::path& file,
             const PictureOptions& options) {
  const PictureFormat format = format_of(file);
  check(diagram);
  PictureResult result{.picture = network_svg(diagram, discs_of(diagram), options), .problem = {}};
  if (format == PictureFormat::png) result = png_of(result.picture);
  if (!result.problem.empty())
    return {.files = {},
            .hint = fmt::format("{} was not drawn: {}", file.string(), result.problem)};
  write_file(file, result.picture);
  return {.files = {file}, .hint = {}};
}

}  // namespace tapegrad
