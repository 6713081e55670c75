// The entries of a sparse matrix in products with few directions.
//
// A direction has a 1 for each column (or row, or vertex) of one colour. The product holds sums of
// entries; those sums that are of a single entry are read, each entry once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coloring.hpp"

namespace tapegrad {

/// The entry is what its colour's product has at the place.
struct Reading {
  std::size_t entry;
  std::size_t place;
};

class TAPEGRAD_API Compression {
 public:
  Compression() = default;
  static Compression by_columns(const SparsityPattern& pattern, Coloring columns);
  static Compression by_rows(const SparsityPattern& pattern, Coloring rows);
  /// By a star colouring: an entry is read at (i, colour of j) or at (j, colour of i), wherever it
  /// is alone; an entry and its mirror image at the same place.
  static Compression symmetric(const SparsityPattern& pattern, Coloring vertices);

  std::size_t colors() const { return coloring_.count; }
  std::span<const Reading> readings(std::size_t color) const;

  /// The directions of `count` colours from `first` on, one after the other.
  std::vector<double> directions(std::size_t first, std::size_t count) const;

 private:
  struct Found {
    std::uint32_t color;
    Reading reading;
  };
  Compression(Coloring coloring, const std::vector<Found>& found);

  Coloring coloring_;
  std::vector<std::size_t> starts_;  // of each colour's readings
  std::vector<Reading> readings_;
};

}  // namespace tapegrad
