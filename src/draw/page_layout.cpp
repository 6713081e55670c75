#include "page_layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

namespace tapegrad {
namespace {

// A node, or what its trunk takes of a column: `left` and `right` are its neighbours in the columns
// beside its own.
struct LayoutItem {
  double height;
  std::vector<std::size_t> left = {};
  std::vector<std::size_t> right = {};
  std::size_t rank = 0;  // in its column, from above
  double y = 0;
};

// Inversions of the sequence, by merge sort.
std::uint64_t inversions(std::vector<std::size_t>& sequence, std::size_t begin, std::size_t end) {
  if (end - begin < 2) return 0;
  const std::size_t middle = begin + (end - begin) / 2;
  std::uint64_t count = inversions(sequence, begin, middle) + inversions(sequence, middle, end);
  std::vector<std::size_t> merged;
  merged.reserve(end - begin);
  for (std::size_t i = begin, j = middle; i < middle || j < end;) {
    if (j == end || (i < middle && sequence[i] <= sequence[j])) {
      merged.push_back(sequence[i++]);
    } else {
      count += middle - i;
      merged.push_back(sequence[j++]);
    }
  }
  std::ranges::copy(merged, sequence.begin() + static_cast<std::ptrdiff_t>(begin));
  return count;
}

class ColumnLayout {
 public:
  ColumnLayout(const std::vector<std::vector<std::size_t>>& operands, const LayoutSize& size)
      : operands_(operands), size_(size) {
    find_columns();
    add_items();
  }

  PageLayout result() {
    untangle();
    straighten();
    PageLayout layout;
    layout.columns = columns_.size();
    double top = items_[0].y;
    for (const LayoutItem& item : items_) top = std::min(top, item.y - item.height / 2);
    for (LayoutItem& item : items_) {
      item.y = std::round(item.y - top);
      layout.height = std::max(layout.height, item.y + item.height / 2);
    }
    for (std::size_t node = 0; node < operands_.size(); ++node) {
      NodePlace place{column_[node], items_[node].y, {}};
      for (const std::size_t item : trunks_[node]) place.trunk.push_back(items_[item].y);
      layout.places.push_back(std::move(place));
    }
    return layout;
  }

 private:
  void find_columns() {
    const std::size_t n = operands_.size();
    column_.assign(n, 0);  // at first the distance from the output
    for (std::size_t node = n; node-- > 0;)
      for (const std::size_t operand : operands_[node])
        column_[operand] = std::max(column_[operand], column_[node] + 1);
    const std::size_t depth = *std::ranges::max_element(column_);
    for (std::size_t& column : column_) column = depth - column;
    columns_.resize(depth + 1);
  }

  // From the output down, operands in their order: a tree comes out without a crossing.
  void add_items() {
    const std::size_t n = operands_.size();
    items_.assign(n, {.height = size_.node_height});
    trunks_.resize(n);
    std::vector<std::size_t> last_user(n, 0);
    for (std::size_t node = 0; node < n; ++node)
      for (const std::size_t operand : operands_[node])
        last_user[operand] = std::max(last_user[operand], column_[node]);
    std::vector<bool> seen(n, false);
    for (std::vector<std::size_t> open{n - 1}; !open.empty();) {
      const std::size_t node = open.back();
      open.pop_back();
      if (seen[node]) continue;
      seen[node] = true;
      append(node, column_[node]);
      for (std::size_t column = column_[node] + 1; column < last_user[node]; ++column) {
        trunks_[node].push_back(items_.size());
        items_.push_back({.height = size_.trunk_width});
        append(items_.size() - 1, column);
      }
      open.insert(open.end(), operands_[node].rbegin(), operands_[node].rend());
    }
    for (std::size_t node = 0; node < n; ++node) {
      for (std::size_t k = 0; k < trunks_[node].size(); ++k)
        join(k == 0 ? node : trunks_[node][k - 1], trunks_[node][k]);
      for (const std::size_t operand : operands_[node]) {
        const std::size_t distance = column_[node] - column_[operand];
        join(distance == 1 ? operand : trunks_[operand][distance - 2], node);
      }
    }
  }

  void append(std::size_t item, std::size_t column) {
    items_[item].rank = columns_[column].size();
    columns_[column].push_back(item);
  }

  void join(std::size_t left, std::size_t right) {
    items_[left].right.push_back(right);
    items_[right].left.push_back(left);
  }

  std::uint64_t crossings() const {
    std::uint64_t count = 0;
    for (const std::vector<std::size_t>& column : columns_) {
      std::vector<std::size_t> ends;
      for (const std::size_t item : column) {
        const std::size_t begin = ends.size();
        for (const std::size_t right : items_[item].right) ends.push_back(items_[right].rank);
        std::sort(ends.begin() + static_cast<std::ptrdiff_t>(begin), ends.end());
      }
      count += inversions(ends, 0, ends.size());
    }
    return count;
  }

  // Orders each column by the mean place of the neighbours, first on one side, then on the other,
  // and keeps the best that it comes by.
  void untangle() {
    std::vector<std::vector<std::size_t>> best = columns_;
    std::uint64_t fewest = crossings();
    for (int turn = 0; turn < 16 && fewest > 0; ++turn) {
      const bool by_left = turn % 2 == 1;
      for (std::size_t c = 0; c < columns_.size(); ++c)
        sort_column(columns_[by_left ? c : columns_.size() - 1 - c], by_left);
      const std::uint64_t count = crossings();
      if (count >= fewest) continue;
      fewest = count;
      best = columns_;
    }
    columns_ = best;
  }

  void sort_column(std::vector<std::size_t>& column, bool by_left) {
    std::vector<std::pair<double, std::size_t>> keys;
    for (const std::size_t item : column) {
      const auto& neighbours = by_left ? items_[item].left : items_[item].right;
      double sum = 0;
      for (const std::size_t each : neighbours) sum += static_cast<double>(items_[each].rank);
      keys.emplace_back(neighbours.empty() ? static_cast<double>(items_[item].rank)
                                           : sum / static_cast<double>(neighbours.size()),
                        item);
    }
    std::ranges::stable_sort(keys, {}, &std::pair<double, std::size_t>::first);
    for (std::size_t rank = 0; rank < column.size(); ++rank) {
      column[rank] = keys[rank].second;
      items_[column[rank]].rank = rank;
    }
  }

  // Moves each item towards the mean of its neighbours, as far as the order allows.
  void straighten() {
    for (const std::vector<std::size_t>& column : columns_) {
      double y = 0;
      for (const std::size_t item : column) {
        items_[item].y = y + items_[item].height / 2;
        y += items_[item].height + size_.gap;
      }
      for (const std::size_t item : column) items_[item].y -= (y - size_.gap) / 2;
    }
    for (int turn = 0; turn < 24; ++turn)
      for (std::size_t c = 0; c < columns_.size(); ++c)
        place_column(columns_[turn % 2 == 0 ? c : columns_.size() - 1 - c]);
  }

  // The places that are nearest to the wanted ones, in the sense of least squares, and keep order
  // and distance: what is too close is merged to a block around its mean, from above.
  void place_column(const std::vector<std::size_t>& column) {
    struct CloseItems {
      double sum;
      double count;
      double mean() const { return sum / count; }
    };
    std::vector<CloseItems> blocks;
    std::vector<double> offsets;  // of each item from the first, where all stand close
    for (std::size_t k = 0; k < column.size(); ++k) {
      const LayoutItem& item = items_[column[k]];
      offsets.push_back(k == 0 ? 0
                               : offsets.back() + size_.gap +
                                     (items_[column[k - 1]].height + item.height) / 2);
      blocks.push_back({wanted(item) - offsets.back(), 1});
      while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
        blocks[blocks.size() - 2].sum += blocks.back().sum;
        blocks[blocks.size() - 2].count += blocks.back().count;
        blocks.pop_back();
      }
    }
    std::size_t k = 0;
    for (const CloseItems& block : blocks)
      for (double left = block.count; left > 0; --left, ++k)
        items_[column[k]].y = block.mean() + offsets[k];
  }

  double wanted(const LayoutItem& item) const {
    double sum = 0;
    for (const std::size_t each : item.left) sum += items_[each].y;
    for (const std::size_t each : item.right) sum += items_[each].y;
    const std::size_t count = item.left.size() + item.right.size();
    return count == 0 ? item.y : sum / static_cast<double>(count);
  }

  const std::vector<std::vector<std::size_t>>& operands_;
  LayoutSize size_;
  std::vector<std::size_t> column_;                // of each node
  std::vector<std::vector<std::size_t>> trunks_;   // of each node: items
  std::vector<LayoutItem> items_;                  // nodes, then trunks
  std::vector<std::vector<std::size_t>> columns_;  // items, from above
};

}  // namespace

PageLayout lay_out(const std::vector<std::vector<std::size_t>>& operands, const LayoutSize& size) {
  return ColumnLayout(operands, size).result();
}

}  // namespace tapegrad
