// The chain rule as a sum over paths.
//
//   Between        the graph between x and y (between.hpp)
//   derivative_of  the reverse sweep over it
//   sums_up        a number for each node from those of its operands: counts and sums of paths
//   Ranking        for each node the k largest products of partials from it down to x (ranking.hpp)
//   rest_of        the sum of all paths that were not chosen
//
// All go over the nodes in the order of recording, or against it. An edge of partial 0 carries
// nothing, unless the adjoint that comes there is infinite: then the sweep makes NaN of it, and so
// it is here.

#include "tapegrad/inspect/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "between.hpp"
#include "operand_nodes.hpp"
#include "ranking.hpp"
#include "scaled.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

// The sweep's own steps in its own order, for the same bits.
double derivative_of(const Between& graph) {
  std::vector<double> adjoints(graph.size(), 0);
  adjoints.back() = 1;
  for (std::size_t i = graph.size(); i-- > 0;) {
    if (adjoints[i] == 0) continue;
    for (const auto& edge : graph.edges(i))
      adjoints[edge.operand] += rule::Chain::value(adjoints[i], edge.partial);
  }
  return adjoints.front();
}

/// A number for each node: `at_x` for x, and for any other the sum of step(partial, number of the
/// operand) over its operands.
template <class Number, class Step>
std::vector<Number> sums_up(const Between& graph, Number at_x, Step&& step) {
  std::vector<Number> numbers(graph.size());
  numbers.front() = at_x;
  for (std::size_t i = 1; i < graph.size(); ++i)
    for (const auto& edge : graph.edges(i)) numbers[i] += step(edge.partial, numbers[edge.operand]);
  return numbers;
}

// Paths that carry something, and those that would if an infinite adjoint came.
struct PathCount {
  Scaled live;
  Scaled idle;
  PathCount& operator+=(const PathCount& other) {
    live += other.live;
    idle += other.idle;
    return *this;
  }
};

Scaled count_paths(const Between& graph) {
  const PathCount one{Scaled(1), Scaled(0)};
  const auto counts = sums_up(graph, one, [](double partial, const PathCount& below) -> PathCount {
    if (partial == 0) return {Scaled(0), below.live + below.idle};
    if (!std::isfinite(partial)) return {below.live + below.idle, Scaled(0)};
    return below;
  });
  return counts.back().live;
}

// Of the paths whose partials are all finite.
Scaled sum_of_sizes(const Between& graph) {
  return sums_up(graph, Scaled(1),
                 [](double partial, const Scaled& below) {
                   return std::isfinite(partial) ? Scaled(std::abs(partial)) * below : Scaled(0);
                 })
      .back();
}

struct RankedPath {
  Path path;
  Scaled contribution;
};

RankedPath path_of(const Between& graph, const Ranking& ranking, std::size_t rank) {
  RankedPath found{{}, Scaled(1)};
  std::size_t i = graph.last();
  found.path.nodes.push_back(graph.node(i));
  while (i > 0) {
    const Ranking::Entry& entry = ranking.of(i)[rank];
    const Between::Edge& edge = graph.edges(i)[entry.edge];
    found.contribution = step_down(found.contribution, edge.partial);
    found.path.partials.push_back(edge.partial);
    found.path.nodes.push_back(graph.node(edge.operand));
    i = edge.operand;
    rank = entry.rank;
  }
  return found;
}

/// The sum over all paths but the first `chosen` of the ranking: it follows these down together,
/// and wherever another path branches off takes the sum of all that lies there.
Scaled rest_of(const Between& graph, const Ranking& ranking, std::size_t chosen) {
  const std::vector<Scaled> sums = sums_up(graph, Scaled(1), step_up);
  if (chosen == 0) return sums.back();
  struct Group {  // paths that came the same way
    std::size_t node;
    Scaled adjoint;
    std::vector<std::uint32_t> ranks;
  };
  std::vector<Group> waiting{{graph.last(), Scaled(1), {}}};
  for (std::uint32_t rank = 0; rank < chosen; ++rank) waiting[0].ranks.push_back(rank);
  Scaled rest;
  while (!waiting.empty()) {
    const Group group = std::move(waiting.back());
    waiting.pop_back();
    const auto edges = graph.edges(group.node);
    const auto entries = ranking.of(group.node);
    for (std::uint32_t e = 0; e < edges.size(); ++e) {
      Group next{edges[e].operand, step_down(group.adjoint, edges[e].partial), {}};
      for (const std::uint32_t rank : group.ranks)
        if (entries[rank].edge == e) next.ranks.push_back(entries[rank].rank);
      if (!next.ranks.empty()) {
        waiting.push_back(std::move(next));
      } else if (!next.adjoint.is_zero()) {
        rest += next.adjoint * sums[next.node];
      }
    }
  }
  return rest;
}

// The first partials of 0 that an adjoint of y meets on its way to x.
std::vector<Cut> cuts_of(const Recording& recording, std::size_t y, const Between& graph) {
  std::vector<bool> is_between(y + 1), is_reached(y + 1);
  for (std::size_t i = 0; i < graph.size(); ++i) is_between[graph.node(i)] = true;
  is_reached[y] = true;
  std::vector<Cut> cuts;
  for (std::size_t i = graph.size(); i-- > 1;) {
    const std::size_t node = graph.node(i);
    if (!is_reached[node]) continue;
    for (std::size_t k = 0; k < recording.operand_count(node); ++k) {
      const Operand operand = recording.operand(node, k);
      if (!is_between[operand.node]) continue;
      if (operand.partial == 0) cuts.push_back({node, k, operand.node});
      if (operand.partial != 0) is_reached[operand.node] = true;
    }
  }
  return cuts;
}

void explain_paths(const Between& graph, std::size_t paths, Explanation& found) {
  const Scaled count = count_paths(graph);
  const Scaled all = sum_of_sizes(graph);
  found.path_count = count.to_double();
  found.log10_path_count = count.log10_size();

  const Ranking ranking(graph, paths);
  std::vector<RankedPath> ranked;
  for (std::size_t rank = 0; rank < ranking.of(graph.last()).size(); ++rank) {
    if (ranking.of(graph.last())[rank].product.is_zero()) break;
    ranked.push_back(path_of(graph, ranking, rank));
  }
  const Scaled rest = rest_of(graph, ranking, ranked.size());
  found.rest = rest.to_double();
  found.log10_rest = rest.log10_size();
  // The ranking multiplies from x up, the sweep from y down: rounding may have turned two around.
  std::ranges::stable_sort(ranked, [](const RankedPath& a, const RankedPath& b) {
    return is_larger(a.contribution, b.contribution);
  });
  for (RankedPath& one : ranked) {
    Path& path = found.largest.emplace_back(std::move(one.path));
    path.contribution = one.contribution.to_double();
    path.log10_size = one.contribution.log10_size();
    path.share = (one.contribution / all).to_double();
    path.share = path.is_finite() ? std::abs(path.share) : std::nan("");
  }
}

}  // namespace

bool Path::is_finite() const {
  return std::ranges::all_of(partials, [](double partial) { return std::isfinite(partial); });
}

Explanation explain(const Node& y, const Node& x, std::size_t paths) {
  if (&y.tape() != &x.tape())
    throw ArgumentError(
        fmt::format("explain: {} and {} are of different tapes; pass two nodes of one recording",
                    label(y), label(x)));
  check_node("explain", y);
  check_node("explain", x);
  Explanation found{.output = y, .input = x};
  const Between graph(y.tape().recording(), y.index(), x.index());
  if (graph.empty()) return found;
  found.reaches = true;
  found.derivative = derivative_of(graph);
  explain_paths(graph, paths, found);
  if (found.path_count == 0) found.cuts = cuts_of(y.tape().recording(), y.index(), graph);
  return found;
}

}  // namespace tapegrad
