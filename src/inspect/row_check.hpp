// Do rows that come from a file make a recording?
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tape_format.hpp"
#include "tapegrad/core/recording.hpp"

namespace tapegrad {

/// Looks at one node after the other, so that each may rely on those before it.
class RowCheck {
 public:
  RowCheck(const Recording& recording, std::size_t externals)
      : recording_(recording), externals_(externals) {}

  /// What is wrong with the next node; empty if nothing is.
  std::string next();

 private:
  std::string operand_error(std::uint32_t operand) const;
  std::string side_error(const Row& row, std::size_t count_needed);
  std::string external_error(const Row& row) const;
  std::string result_error(const Row& row) const;

  const Recording& recording_;
  std::size_t externals_;
  std::size_t node_ = 0;
  std::size_t side_end_ = 0;  // of the nodes so far
};

}  // namespace tapegrad
