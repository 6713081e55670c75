#include "coloring.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace tapegrad {
namespace {

std::span<const std::size_t> entries_of(const SparsityPattern& pattern, std::size_t i) {
  return std::span(pattern.column_indices)
      .subspan(pattern.row_starts[i], pattern.row_starts[i + 1] - pattern.row_starts[i]);
}

// The largest first; among equals the order stays, which suits bands.
std::vector<std::size_t> by_size(const std::vector<std::size_t>& sizes) {
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  return order;
}

// Colours that one vertex may not have. forget() is for the next vertex.
class Forbidden {
 public:
  void add(std::uint32_t color) {
    if (color == no_color) return;
    if (color >= marks_.size()) marks_.resize(color + std::size_t{1});
    marks_[color] = round_;
  }
  std::uint32_t first_allowed() const {
    std::uint32_t color = 0;
    while (color < marks_.size() && marks_[color] == round_) ++color;
    return color;
  }
  void forget() { ++round_; }

 private:
  std::vector<std::size_t> marks_;
  std::size_t round_ = 1;
};

// What a star colouring has done so far. The vertices of any two colours form stars: a hub of one
// colour, spokes of the other. A colour that would make two of them meet is forbidden. To know
// them, and not to look through the neighbours' neighbours, keeps a vertex with many neighbours
// from costing their square.
// Source: Gebremedhin, Tarafdar, Manne & Pothen 2007, "New acyclic and star coloring algorithms
// with application to computing Hessians".
class Stars {
 public:
  explicit Stars(const SparsityPattern& graph)
      : graph_(graph), near_(graph.rows), hubs_(graph.rows) {
    coloring_.of.assign(graph.rows, no_color);
    first_near_.reserve(graph.non_zeros());
  }

  void color(std::size_t v) {
    forbid_around(v);
    const std::uint32_t color = forbidden_.first_allowed();
    coloring_.of[v] = color;
    coloring_.count = std::max(coloring_.count, color + 1);
    for (const std::size_t w : entries_of(graph_, v)) {
      if (w == v || coloring_.of[w] == no_color) continue;
      meet(v, w);
      meet(w, v);
    }
  }

  Coloring result() && { return std::move(coloring_); }

 private:
  // v's neighbours of the same colour make v a hub, of which they are spokes.
  void forbid_around(std::size_t v) {
    forbidden_.forget();
    seen_.forget();
    for (const std::size_t w : entries_of(graph_, v)) {
      const std::uint32_t color = coloring_.of[w];
      if (w == v || color == no_color) continue;
      forbidden_.add(color);
      for (const std::uint32_t hub : hubs_[w]) forbidden_.add(hub);  // v, w, hub, another spoke
      if (const std::size_t earlier = seen_.at(color); earlier == none) {
        seen_.set(color, w);
      } else {  // a neighbour of either, either, v, the other
        for (const std::uint32_t near : near_[w]) forbidden_.add(near);
        for (const std::uint32_t near : near_[earlier]) forbidden_.add(near);
      }
    }
  }

  // v has got its neighbour w: with another one of w's colour it is a hub.
  void meet(std::size_t v, std::size_t w) {
    const std::uint32_t hub_color = coloring_.of[v], spoke_color = coloring_.of[w];
    const auto [place, is_first] =
        first_near_.try_emplace(v * graph_.rows + spoke_color, Near{w, false});
    if (is_first) {
      near_[v].push_back(spoke_color);
      return;
    }
    Near& near = place->second;
    if (!near.is_star) hubs_[near.first].push_back(hub_color);
    near.is_star = true;
    hubs_[w].push_back(hub_color);
  }

  struct Near {
    std::size_t first;
    bool is_star;
  };
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  // A neighbour of each colour around one vertex.
  class Seen {
   public:
    std::size_t at(std::uint32_t color) const {
      return color < of_.size() && of_[color].round == round_ ? of_[color].vertex : none;
    }
    void set(std::uint32_t color, std::size_t vertex) {
      if (color >= of_.size()) of_.resize(color + std::size_t{1});
      of_[color] = {round_, vertex};
    }
    void forget() { ++round_; }

   private:
    struct Vertex {
      std::size_t round = 0;
      std::size_t vertex = 0;
    };
    std::vector<Vertex> of_;
    std::size_t round_ = 0;
  };

  const SparsityPattern& graph_;
  Coloring coloring_;
  std::vector<std::vector<std::uint32_t>> near_;  // colours of each vertex's neighbours, once each
  std::vector<std::vector<std::uint32_t>> hubs_;  // colours of the hubs that it is a spoke of
  std::unordered_map<std::size_t, Near> first_near_;  // by vertex · rows + colour
  Forbidden forbidden_;
  Seen seen_;
};

}  // namespace

SparsityPattern transposed(const SparsityPattern& pattern) {
  SparsityPattern result;
  result.rows = pattern.columns;
  result.columns = pattern.rows;
  result.row_starts.assign(result.rows + 1, 0);
  for (const std::size_t j : pattern.column_indices) ++result.row_starts[j + 1];
  std::partial_sum(result.row_starts.begin(), result.row_starts.end(), result.row_starts.begin());
  result.column_indices.resize(pattern.non_zeros());
  std::vector<std::size_t> next(result.row_starts.begin(), result.row_starts.end() - 1);
  for (std::size_t i = 0; i < pattern.rows; ++i)
    for (const std::size_t j : entries_of(pattern, i)) result.column_indices[next[j]++] = i;
  return result;
}

std::size_t fewest_column_colors(const SparsityPattern& pattern) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < pattern.rows; ++i)
    most = std::max(most, entries_of(pattern, i).size());
  return most;
}

Coloring color_columns(const SparsityPattern& pattern) {
  const SparsityPattern by_column = transposed(pattern);
  // How many others a column meets, those met twice counted twice.
  std::vector<std::size_t> meets(pattern.columns);
  for (std::size_t i = 0; i < pattern.rows; ++i)
    for (const std::size_t j : entries_of(pattern, i)) meets[j] += entries_of(pattern, i).size();

  Coloring coloring;
  coloring.of.assign(pattern.columns, no_color);
  Forbidden forbidden;
  for (const std::size_t j : by_size(meets)) {
    if (meets[j] == 0) continue;
    forbidden.forget();
    for (const std::size_t i : entries_of(by_column, j))
      for (const std::size_t other : entries_of(pattern, i)) forbidden.add(coloring.of[other]);
    coloring.of[j] = forbidden.first_allowed();
    coloring.count = std::max(coloring.count, coloring.of[j] + 1);
  }
  return coloring;
}

Coloring star_coloring(const SparsityPattern& pattern) {
  std::vector<std::size_t> degrees;
  for (std::size_t i = 0; i < pattern.rows; ++i) degrees.push_back(entries_of(pattern, i).size());
  Stars stars(pattern);
  for (const std::size_t v : by_size(degrees))
    if (degrees[v] != 0) stars.color(v);
  return std::move(stars).result();
}

}  // namespace tapegrad
