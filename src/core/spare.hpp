// The memory of a tape that is gone, kept for the next tape of its thread.
//
// Most of what a tape's first nodes cost is that the system finds pages for them. With the pages of
// the tape before, a new one that records and sweeps 1,000 to a million nodes takes 1.9 to 3.2 ns a
// node in place of 15 to 45 (Zen 5).
#pragma once

#include <cstddef>

#include "tapegrad/core/recording.hpp"

namespace tapegrad {

class Recording::Spare {
 public:
  /// @param rows  as many are committed, and of the side `side` cells
  /// @return false if it is not worth keeping, or there is one: it stays the caller's
  static bool keep(const Block& block, std::size_t rows, std::size_t side);

  /// A block as large as `wanted`, now the caller's, with so many rows and side cells committed; no
  /// block if there is none. One of another size is released: the limits are not what they were.
  static Block take(const Block& wanted, std::size_t rows, std::size_t side);

 private:
  struct Kept {
    Block block;
    std::size_t rows = 0, side = 0;  // committed, so that nobody has to ask the system again
  };
  struct Closer {
    ~Closer();
  };

  // Without destructors, so that they are good to the end: a static tape goes after them.
  static constinit thread_local Kept kept_;
  static constinit thread_local bool is_closed_;
};

}  // namespace tapegrad
