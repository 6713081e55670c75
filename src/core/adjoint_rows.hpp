// Where the adjoints of several directions are while they are swept.
//
// A node needs a row of them only from the first of its users on until it is visited itself. Most
// have one user, soon after: their rows go round, few enough to stay in the fastest memory, and no
// row has to be set to 0 beforehand. Leaves keep theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

class AdjointRows {
 public:
  static constexpr std::uint32_t none = 0;

  /// The memory that is left does not hold all rows that are needed at once.
  struct Full {};

  /// None of the nodes has a row. The memory of the sweep before is used again.
  /// @param lanes       numbers in a row
  /// @param most_bytes  that all of it may take
  /// @throws Full
  void start(std::size_t nodes, std::size_t lanes, std::size_t most_bytes);

  /// That the memory takes.
  std::size_t bytes() const;

  /// The node's row, or `none`, which is there too, and all 0.
  std::uint32_t row_of(std::size_t node) const { return row_of_[node]; }
  double* row(std::uint32_t row, std::size_t lanes) const { return numbers_ + row * lanes; }

  /// Where the list of free rows ends. A sweep has it in a register, for the two functions below.
  std::uint32_t* free_end() const { return free_end_; }
  void set_free_end(std::uint32_t* end) { free_end_ = end; }
  /// The node's row, or one for a node that has none: of any numbers.
  TAPEGRAD_INLINE std::uint32_t take(std::size_t node, std::uint32_t*& end) {
    const std::uint32_t row = row_of_[node];
    if (row != none) return row;
    return row_of_[node] = *--end;
  }
  /// Makes sure that so many can be taken, 1 or 2. Rows may move. @throws Full
  TAPEGRAD_INLINE void make_room(std::ptrdiff_t count, std::uint32_t*& end) {
    if (end - free_ < count) [[unlikely]]
      end = grow(end);
  }

  /// The node's numbers; all 0 if it has no row.
  const double* find(std::size_t node) const { return row(row_of(node), lanes_); }
  /// A row of zeros is taken, if it has none. Rows may move. @throws Full
  double* find_or_take(std::size_t node);
  /// The results behind the node of a user's operation need theirs no more.
  /// @return the end of the list of free rows
  std::uint32_t* give_back_results(std::size_t node, std::size_t results);

 private:
  TAPEGRAD_COLD std::uint32_t* grow(std::uint32_t* free_end);
  void set_rows(std::size_t rows);
  std::size_t most_rows() const;

  std::uint32_t* row_of_ = nullptr;
  double* numbers_ = nullptr;  // from a multiple of 64 bytes on
  std::uint32_t* free_ = nullptr;
  std::uint32_t* free_end_ = nullptr;
  std::size_t rows_ = 0;  // `none` included
  std::size_t nodes_ = 0;
  std::size_t lanes_ = 0;
  std::size_t most_bytes_ = 0;

  std::vector<std::uint32_t> row_of_memory_;
  std::vector<double> numbers_memory_;
  std::vector<std::uint32_t> free_memory_;
};

}  // namespace tapegrad
