// Patterns of zeros, by the nodes of one recording.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tapegrad/core/recording.hpp"
#include "tapegrad/derivatives/sparse.hpp"

namespace tapegrad {

/// The place of a derivative in a recording: nodes of y (0 for a constant) and of x.
struct RecordedPlace {
  const Recording& recording;
  std::vector<std::uint32_t> outputs;
  std::vector<std::uint32_t> inputs;
  std::size_t last = 0;  // the last output's node
};

/// @param x  at least one
/// @throws StaleValueError, NoAdjointError as jacobian_pattern(), naming the function
RecordedPlace find_place(std::span<const Value> y, std::span<const Value> x, const char* function);

SparsityPattern sparsity_of_jacobian(const RecordedPlace& place);

/// Of the one output.
SparsityPattern sparsity_of_hessian(const RecordedPlace& place);

/// A pattern from each row's columns, which rise.
SparsityPattern make_pattern(const std::vector<std::vector<std::size_t>>& rows,
                             std::size_t columns);

/// What the pattern of zeros follows from, in one number: two places with the same number have the
/// same pattern (or one in 2⁶⁴ odds against). Cost: a few ns a node.
std::uint64_t fingerprint(const RecordedPlace& place);

}  // namespace tapegrad
