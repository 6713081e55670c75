// Graphviz as a function from its language to a picture.

#include "tapegrad/draw/graph.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "draw/picture_file.hpp"
#include "draw/process.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

PictureResult run_graphviz(const std::string& dot, const GraphOptions& options,
                           PictureFormat format) {
  std::vector<std::string> arguments{"-Tsvg"};
  // An inch of an SVG is 96 pixels on screens: twice as many.
  if (format == PictureFormat::png) arguments = {"-Tpng", "-Gdpi=192"};
  return run({.program = options.graphviz,
              .arguments = std::move(arguments),
              .format = format,
              .install = "install Graphviz (Debian: graphviz) and run this again"},
             dot);
}

}  // namespace

std::string graph_svg(const Node& y, const GraphOptions& options) {
  PictureResult result = run_graphviz(graph_dot(y, options), options, PictureFormat::svg);
  if (!result.problem.empty())
    throw UnsupportedError(
        fmt::format("graph_svg: there is no picture: {}; graph_dot() and tree() work without it",
                    result.problem));
  return std::move(result.picture);
}

Picture draw(const Node& y, const std::filesystem::path& file, const GraphOptions& options) {
  const PictureFormat format = format_of(file);
  const std::string dot = graph_dot(y, options);
  Picture picture;
  write_beside(file, ".dot", dot, picture);
  const PictureResult result = run_graphviz(dot, options, format);
  if (result.problem.empty()) {
    write_file(file, result.picture);
    picture.files.push_back(file);
  } else {
    picture.hint = fmt::format("{} was not drawn: {}; what Graphviz is told is in {}",
                               file.string(), result.problem, picture.files.front().string());
  }
  return picture;
}

}  // namespace tapegrad
