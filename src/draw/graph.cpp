// Graphviz as a function from its language to SVG.

#include "tapegrad/draw/graph.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

#include "gnuplot.hpp"
#include "process.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

SvgResult run_graphviz(const std::string& dot, const GraphOptions& options) {
  return svg_by(options.graphviz, {"-Tsvg"}, dot,
                "install Graphviz (Debian: graphviz) and run this again");
}

}  // namespace

std::string graph_svg(const Node& y, const GraphOptions& options) {
  SvgResult result = run_graphviz(graph_dot(y, options), options);
  if (!result.problem.empty())
    throw UnsupportedError(
        fmt::format("graph_svg: there is no picture: {}; graph_dot() and tree() work without it",
                    result.problem));
  return std::move(result.svg);
}

Picture draw(const Node& y, const std::filesystem::path& svg, const GraphOptions& options) {
  gnuplot::check_name(svg);
  const std::string dot = graph_dot(y, options);
  Picture picture;
  const auto text = std::filesystem::path(svg).replace_extension(".dot");
  gnuplot::write_file(text, dot);
  picture.files.push_back(text);
  const SvgResult result = run_graphviz(dot, options);
  if (result.problem.empty()) {
    gnuplot::write_file(svg, result.svg);
    picture.files.push_back(svg);
  } else {
    picture.hint = fmt::format("{} was not drawn: {}; what Graphviz is told is in {}", svg.string(),
                               result.problem, text.string());
  }
  return picture;
}

}  // namespace tapegrad
