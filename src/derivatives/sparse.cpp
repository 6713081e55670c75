#include "tapegrad/derivatives/sparse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sparsity.hpp"
#include "tape_of.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

std::span<const std::size_t> SparsityPattern::row(std::size_t i) const {
  if (i >= rows)
    throw ShapeError(fmt::format("sparse matrix: no row {} in {} x {}", i, rows, columns));
  return std::span(column_indices).subspan(row_starts[i], row_starts[i + 1] - row_starts[i]);
}

bool SparsityPattern::covers(const SparsityPattern& other) const {
  if (rows != other.rows || columns != other.columns) return false;
  for (std::size_t i = 0; i < rows; ++i)
    if (!std::ranges::includes(row(i), other.row(i))) return false;
  return true;
}

double SparseMatrix::operator()(std::size_t i, std::size_t j) const {
  if (j >= columns)
    throw ShapeError(fmt::format("sparse matrix: no column {} in {} x {}", j, rows, columns));
  const std::span<const std::size_t> entries = row(i);
  const auto place = std::ranges::lower_bound(entries, j);
  if (place == entries.end() || *place != j) return 0;
  return numbers[row_starts[i] + static_cast<std::size_t>(place - entries.begin())];
}

std::vector<Triplet> SparseMatrix::triplets() const {
  std::vector<Triplet> result;
  result.reserve(non_zeros());
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t entry = row_starts[i]; entry < row_starts[i + 1]; ++entry)
      result.push_back({i, column_indices[entry], numbers[entry]});
  return result;
}

Matrix SparseMatrix::to_dense() const {
  Matrix dense(rows, columns);
  for (const Triplet& entry : triplets()) dense(entry.row, entry.column) = entry.number;
  return dense;
}

SparsityPattern make_pattern(const std::vector<std::vector<std::size_t>>& rows,
                             std::size_t columns) {
  SparsityPattern pattern;
  pattern.rows = rows.size();
  pattern.columns = columns;
  for (const std::vector<std::size_t>& row : rows) {
    pattern.column_indices.insert(pattern.column_indices.end(), row.begin(), row.end());
    pattern.row_starts.push_back(pattern.column_indices.size());
  }
  return pattern;
}

RecordedPlace find_place(std::span<const Value> y, std::span<const Value> x, const char* function) {
  const Recording& recording = tape_of(x, function).recording();
  RecordedPlace place{recording, {}, {}, 0};
  for (const Value& one : y) {
    if (!one.is_constant()) recording.require(one, function);
    place.outputs.push_back(one.node());
    place.last = std::max<std::size_t>(place.last, one.node());
  }
  for (const Value& one : x) {
    if (one.is_constant())
      throw NoAdjointError(fmt::format("{}: the input {} is a constant; make it with variable()",
                                       function, one.value()));
    recording.require(one, function);
    place.inputs.push_back(one.node());
  }
  return place;
}

SparsityPattern jacobian_pattern(std::span<const Value> y, std::span<const Value> x) {
  if (x.empty()) return make_pattern(std::vector<std::vector<std::size_t>>(y.size()), 0);
  return sparsity_of_jacobian(find_place(y, x, "jacobian_pattern"));
}

SparsityPattern hessian_pattern(Value y, std::span<const Value> x) {
  if (x.empty()) return {};
  return sparsity_of_hessian(find_place(std::span(&y, 1), x, "hessian_pattern"));
}

}  // namespace tapegrad
