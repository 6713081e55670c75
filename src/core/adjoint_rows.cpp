#include "adjoint_rows.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "lanes.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t rows_at_first = 64;

}  // namespace

void AdjointRows::start(std::size_t nodes, std::size_t lanes, std::size_t most_bytes) {
  nodes_ = nodes;
  lanes_ = lanes;
  most_bytes_ = most_bytes;
  rows_ = 0;
  free_end_ = free_;
  if ((nodes + 1) * sizeof(std::uint32_t) > most_bytes) throw Full();
  if (numbers_memory_.size() * sizeof(double) > most_bytes) release(numbers_memory_);
  try {
    row_of_memory_.assign(nodes + 1, none);
  } catch (const std::bad_alloc&) {
    throw Full();
  }
  row_of_ = row_of_memory_.data();
  set_rows(std::min(rows_at_first, most_rows()));
  std::fill_n(numbers_, lanes, 0.0);
}

std::size_t AdjointRows::bytes() const {
  return numbers_memory_.capacity() * sizeof(double) +
         (row_of_memory_.capacity() + free_memory_.capacity()) * sizeof(std::uint32_t);
}

std::uint32_t* AdjointRows::grow(std::uint32_t* free_end) {
  free_end_ = free_end;
  if (rows_ == most_rows()) throw Full();
  set_rows(std::min(2 * rows_, most_rows()));
  return free_end_;
}

// More rows than now, which keep their numbers.
void AdjointRows::set_rows(std::size_t rows) {
  const std::size_t numbers = rows * lanes_ + numbers_in_line;
  const bool moves = numbers > numbers_memory_.size();
  const std::size_t at_once = numbers_memory_.size() + (moves ? numbers : 0);
  if (at_once * sizeof(double) + (nodes_ + rows) * sizeof(std::uint32_t) > most_bytes_)
    throw Full();
  const std::ptrdiff_t free = free_end_ - free_;
  try {
    if (moves) {
      std::vector<double> memory(numbers);
      std::copy_n(numbers_, rows_ * lanes_, first_of_line(memory));
      numbers_memory_ = std::move(memory);
    }
    free_memory_.resize(std::max(rows, free_memory_.size()));
  } catch (const std::bad_alloc&) {
    throw Full();
  }
  numbers_ = first_of_line(numbers_memory_);
  free_ = free_memory_.data();
  free_end_ = free_ + free;
  const std::size_t first = std::max<std::size_t>(rows_, none + 1);
  for (std::size_t row = rows; row-- > first;) *free_end_++ = static_cast<std::uint32_t>(row);
  rows_ = rows;
}

// Each node has one; so that two can be taken, two more, and `none`.
std::size_t AdjointRows::most_rows() const {
  return std::min<std::size_t>(nodes_ + 3, std::numeric_limits<std::uint32_t>::max());
}

double* AdjointRows::find_or_take(std::size_t node) {
  make_room(1, free_end_);
  const bool had_none = row_of(node) == none;
  double* const numbers = row(take(node, free_end_), lanes_);
  if (had_none) std::fill_n(numbers, lanes_, 0.0);
  return numbers;
}

std::uint32_t* AdjointRows::give_back_results(std::size_t node, std::size_t results) {
  for (std::size_t j = 1; j <= results; ++j)
    if (const std::uint32_t row = row_of(node + j); row != none) *free_end_++ = row;
  return free_end_;
}

}  // namespace tapegrad
