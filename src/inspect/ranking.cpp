#include "ranking.hpp"

#include <algorithm>

namespace tapegrad {

Ranking::Ranking(const Between& graph, std::size_t k) : starts_{0, std::min<std::size_t>(k, 1)} {
  for (std::size_t i = 1; i < graph.size(); ++i) {
    std::size_t paths = 0;
    for (const Between::Edge& edge : graph.edges(i)) {
      const std::size_t below = starts_[edge.operand + 1] - starts_[edge.operand];
      paths = std::min(k, paths + below);
    }
    starts_.push_back(starts_.back() + paths);
  }
  entries_.resize(starts_.back());
  if (k > 0) entries_[0] = {Scaled(1), 0, 0};
  for (std::size_t i = 1; i < graph.size(); ++i)
    rank(graph.edges(i), std::span(entries_).subspan(starts_[i], starts_[i + 1] - starts_[i]));
}

void Ranking::rank(std::span<const Between::Edge> edges, std::span<Entry> best) const {
  std::size_t found = 0;
  for (std::uint32_t e = 0; e < edges.size(); ++e) {
    const std::span<const Entry> below = of(edges[e].operand);
    for (std::uint32_t r = 0; r < below.size(); ++r) {
      const Scaled product = step_up(edges[e].partial, below[r].product);
      const bool is_full = found == best.size();
      // Those behind it are no larger.
      if (is_full && !is_larger(product, best[found - 1].product)) break;
      if (!is_full) ++found;
      std::size_t at = found - 1;
      for (; at > 0 && is_larger(product, best[at - 1].product); --at) best[at] = best[at - 1];
      best[at] = {product, e, r};
    }
  }
}

}  // namespace tapegrad
