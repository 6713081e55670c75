// What to_string() says of an Explanation.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "../core/number.hpp"
#include "../core/same_number.hpp"
#include "../core/shown.hpp"
#include "cause.hpp"
#include "operand_nodes.hpp"
#include "scaled.hpp"
#include "tapegrad/inspect/dump.hpp"
#include "tapegrad/inspect/explain.hpp"
#include "wording.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t longest_chain = 12;  // nodes
constexpr std::size_t most_cuts = 10;

// A number of which a double may hold only 0 or infinity: 1.5e-400 from -399.82.
std::string wide_number(double x, double log10_size) {
  const bool is_lost = (x == 0 || std::isinf(x)) && std::isfinite(log10_size);
  if (!is_lost) return number(x);
  const double power = std::floor(log10_size);
  return fmt::format("{}{:.3g}e{:+.0f}", std::signbit(x) ? "-" : "",
                     std::pow(10, log10_size - power), power);
}

std::string wide_number(const Scaled& x) { return wide_number(x.to_double(), x.log10_size()); }

// "#7 y tanh"
std::string describe(const Node& node) {
  if (node.is_leaf() && !node.name().empty()) return label(node);
  return fmt::format("{} {}", label(node), shown(node.operation()));
}

// ---- Paths ----

// The node, and the partial to the next.
std::string link(const Tape& tape, const Path& path, std::size_t i) {
  const Node node(tape, path.nodes[i]);
  if (i == path.partials.size()) return describe(node);
  if (has_unknown_partials(node.op())) return describe(node) + ": unknown";
  return fmt::format("{}: {}", describe(node), number(path.partials[i]));
}

std::string chain(const Tape& tape, const Path& path) {
  const std::size_t n = path.nodes.size();
  const bool is_long = n > longest_chain + 1;
  const std::size_t head = is_long ? longest_chain / 2 : n;
  std::string text;
  for (std::size_t i = 0; i < head; ++i) text += (i == 0 ? "" : " <- ") + link(tape, path, i);
  if (!is_long) return text;
  const std::size_t tail = n - longest_chain / 2;
  Scaled between(1);
  for (std::size_t i = head; i < tail; ++i) between = between * Scaled(path.partials[i]);
  text += fmt::format(" <- ({} nodes: {})", tail - head, wide_number(between));
  for (std::size_t i = tail; i < n; ++i) text += " <- " + link(tape, path, i);
  return text;
}

// What makes the contribution infinite, NaN or unknown: of several the one that was recorded first,
// since the others may be its victims.
std::string mark(const Tape& tape, const Path& path) {
  for (std::size_t i = path.partials.size(); i-- > 0;) {
    const Node node(tape, path.nodes[i]);
    if (node.op() == Op::External)
      return fmt::format("  through {} (unknown)", shown(node.operation()));
    if (!std::isfinite(path.partials[i]) && node.op() != Op::Result)
      return fmt::format("  not finite: {}{}", describe(node), place_text(node));
  }
  return "";
}

// Would the two be the same line? Those by either operand of x · x are.
bool reads_alike(const Path& a, const Path& b) {
  return is_same(a.contribution, b.contribution) && a.nodes == b.nodes &&
         std::ranges::equal(a.partials, b.partials, is_same);
}

// A path, and how many there are of it.
struct PathLine {
  const Path* path;
  std::size_t count;
};

std::vector<PathLine> lines_of(const std::vector<Path>& paths) {
  std::vector<PathLine> lines;
  for (const Path& path : paths) {
    const auto same = std::ranges::find_if(
        lines, [&](const PathLine& line) { return reads_alike(*line.path, path); });
    if (same == lines.end())
      lines.push_back({&path, 1});
    else
      ++same->count;
  }
  return lines;
}

std::string paths_of(const Explanation& explanation) {
  const Tape& tape = explanation.output.tape();
  const std::vector<PathLine> lines = lines_of(explanation.largest);
  std::vector<std::string> contributions;
  std::size_t widest = 0;
  for (const auto& [path, count] : lines) {
    const std::string one = wide_number(path->contribution, path->log10_size);
    contributions.push_back(count == 1 ? one : fmt::format("{} × {}", count, one));
    widest = std::max(widest, width(contributions.back()));
  }
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& [path, count] = lines[i];
    const std::string share =
        std::isnan(path->share)
            ? "-"
            : fmt::format("{:.1f} %", 100 * static_cast<double>(count) * path->share);
    text += fmt::format("  {:>{}}  {:>7}  {}{}\n", contributions[i], widest, share,
                        chain(tape, *path), mark(tape, *path));
  }
  return text;
}

// ---- Nothing arrives ----

std::string cuts_of(const Explanation& explanation) {
  std::string text;
  for (const Cut& cut : explanation.cuts) {
    const std::size_t shown = static_cast<std::size_t>(&cut - explanation.cuts.data());
    if (shown == most_cuts) {
      text += fmt::format("  ... and {} more\n", explanation.cuts.size() - shown);
      break;
    }
    const Node node(explanation.output.tape(), cut.node);
    const Node operand(explanation.output.tape(), cut.operand);
    const std::string_view cause = cause_of_zero(node.op(), cut.place);
    text += fmt::format("  {} = {}: partial 0 to {} = {}{}{}\n", describe(node),
                        number(node.value()), label(operand), number(operand.value()),
                        cause.empty() ? "" : fmt::format(" ({})", cause), place_text(node));
  }
  return text;
}

std::string no_way(const Explanation& explanation) {
  const Node& x = explanation.input;
  const Node& y = explanation.output;
  if (x.index() > y.index()) return fmt::format("{} was recorded after {}", label(x), label(y));
  const std::vector<std::size_t> nodes = users(x);
  if (nodes.empty()) return fmt::format("nothing uses {}", label(x));
  return fmt::format("{} does not reach {}; its first use is {}", label(x), label(y),
                     label(x.tape().node(nodes.front())));
}

}  // namespace

std::string to_string(const Explanation& explanation) {
  const std::string derivative =
      fmt::format("d({})/d({}) = {}", label(explanation.output), label(explanation.input),
                  number(explanation.derivative));
  if (explanation.output == explanation.input) return derivative + ": the same node\n";
  if (!explanation.reaches) return fmt::format("{}: {}\n", derivative, no_way(explanation));
  if (explanation.path_count == 0)
    return derivative + ": every path is cut off by a partial of 0\n" + cuts_of(explanation);
  const std::string paths = wide_number(explanation.path_count, explanation.log10_path_count);
  std::string text = fmt::format("{}, the sum over {} {}\n", derivative, paths,
                                 explanation.path_count == 1 ? "path" : "paths");
  text += paths_of(explanation);
  const double more = explanation.path_count - static_cast<double>(explanation.largest.size());
  if (more > 0)
    text += fmt::format("  and {} more {}: {}\n", std::isinf(more) ? paths : number(more),
                        more == 1 ? "path" : "paths",
                        wide_number(explanation.rest, explanation.log10_rest));
  return text;
}

}  // namespace tapegrad
