#include "compression.hpp"

#include <algorithm>
#include <numeric>

namespace tapegrad {

Compression::Compression(Coloring coloring, const std::vector<Found>& found)
    : coloring_(std::move(coloring)), starts_(coloring_.count + std::size_t{1}) {
  for (const Found& one : found) ++starts_[one.color + std::size_t{1}];
  std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
  std::vector<std::size_t> next = starts_;
  readings_.resize(found.size());
  for (const Found& one : found) readings_[next[one.color]++] = one.reading;
}

Compression Compression::by_columns(const SparsityPattern& pattern, Coloring columns) {
  std::vector<Found> found;
  for (std::size_t i = 0; i < pattern.rows; ++i)
    for (std::size_t entry = pattern.row_starts[i]; entry < pattern.row_starts[i + 1]; ++entry)
      found.push_back({columns.of[pattern.column_indices[entry]], {entry, i}});
  return {std::move(columns), found};
}

Compression Compression::by_rows(const SparsityPattern& pattern, Coloring rows) {
  std::vector<Found> found;
  for (std::size_t i = 0; i < pattern.rows; ++i)
    for (std::size_t entry = pattern.row_starts[i]; entry < pattern.row_starts[i + 1]; ++entry)
      found.push_back({rows.of[i], {entry, pattern.column_indices[entry]}});
  return {std::move(rows), found};
}

Compression Compression::symmetric(const SparsityPattern& pattern, Coloring vertices) {
  // For each entry (i, j): is it the only one of row i whose column has j's colour?
  std::vector<bool> is_alone(pattern.non_zeros());
  std::vector<std::size_t> of_color(vertices.count);
  for (std::size_t i = 0; i < pattern.rows; ++i) {
    for (const std::size_t j : pattern.row(i)) ++of_color[vertices.of[j]];
    for (std::size_t entry = pattern.row_starts[i]; entry < pattern.row_starts[i + 1]; ++entry)
      is_alone[entry] = of_color[vertices.of[pattern.column_indices[entry]]] == 1;
    for (const std::size_t j : pattern.row(i)) of_color[vertices.of[j]] = 0;
  }
  std::vector<Found> found;
  // Rows rise, so each row's entries left of the diagonal are met as mirror images in order.
  std::vector<std::size_t> mirror(pattern.row_starts.begin(), pattern.row_starts.end() - 1);
  for (std::size_t i = 0; i < pattern.rows; ++i) {
    for (std::size_t entry = pattern.row_starts[i]; entry < pattern.row_starts[i + 1]; ++entry) {
      const std::size_t j = pattern.column_indices[entry];
      if (j < i) continue;
      const Found place =
          is_alone[entry] ? Found{vertices.of[j], {entry, i}} : Found{vertices.of[i], {entry, j}};
      found.push_back(place);
      if (j != i) found.push_back({place.color, {mirror[j]++, place.reading.place}});
    }
  }
  return {std::move(vertices), found};
}

std::span<const Reading> Compression::readings(std::size_t color) const {
  return std::span(readings_).subspan(starts_[color], starts_[color + 1] - starts_[color]);
}

std::vector<double> Compression::directions(std::size_t first, std::size_t count) const {
  const std::size_t n = coloring_.of.size();
  std::vector<double> ones(count * n);
  for (std::size_t i = 0; i < n; ++i)
    if (coloring_.of[i] >= first && coloring_.of[i] < first + count)
      ones[(coloring_.of[i] - first) * n + i] = 1;
  return ones;
}

}  // namespace tapegrad
