// What an optimiser, a generator, a training remembers, as named numbers: to be written to a file,
// and to be put back when the training goes on.
//
// Whoever remembers has two functions: `SavedState state() const`, and `restore(state)`, which
// checks all of it before it changes anything. The parts of a training go into one state under
// names of their own:
//   SavedState all;
//   add_part(all, "optimizer", optimizer.state());  // optimizer.step, optimizer.velocity
//   add_part(all, "random", random.state());        // random.words
//   ...
//   optimizer.restore(part_of(all, "optimizer"));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// A list of numbers under a name. Both kinds are to be kept bit for bit: as tensors of one
/// dimension, of type F64 and U64. (Counters and words of 64 bits do not fit into a double.)
struct NamedNumbers {
  std::string name;
  std::variant<std::vector<double>, std::vector<std::uint64_t>> numbers;

  bool operator==(const NamedNumbers&) const = default;
};

/// In any order; no name twice.
using SavedState = std::vector<NamedNumbers>;

/// Adds the numbers of `part` to `state`, each named "prefix.name".
/// @throws ArgumentError if `state` has such a name already; `state` is as it was then
TAPEGRAD_API void add_part(SavedState& state, std::string_view prefix, SavedState part);

/// The numbers that add_part() put there, by the names they had; empty if there are none.
TAPEGRAD_API SavedState part_of(const SavedState& state, std::string_view prefix);

/// For a restore(): are these names there, each once, and no others?
/// @param who  stands at the beginning of the message: "Optimizer::restore"
/// @throws ArgumentError listing both lists of names
TAPEGRAD_API void check_names(std::string_view who, const SavedState& state,
                              const std::vector<std::string>& names);

/// For a restore(): the numbers of that name.
/// @throws ArgumentError if there are none, or they are of the other kind
TAPEGRAD_API const std::vector<double>& doubles_of(std::string_view who, const SavedState& state,
                                                   std::string_view name);
TAPEGRAD_API const std::vector<std::uint64_t>& words_of(std::string_view who,
                                                        const SavedState& state,
                                                        std::string_view name);

/// For a restore(): the one number of that name.
/// @throws ArgumentError as above; ShapeError if it is not one number
TAPEGRAD_API double double_of(std::string_view who, const SavedState& state, std::string_view name);
TAPEGRAD_API std::uint64_t word_of(std::string_view who, const SavedState& state,
                                   std::string_view name);

}  // namespace tapegrad
