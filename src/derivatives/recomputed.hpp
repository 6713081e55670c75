// What is checked of a user's function that runs again in each sweep: that it computes from its
// inputs alone, and the same each time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"

namespace tapegrad {

/// Which function it is, for messages: "checkpoint", "checkpoint 'name'", "checkpointed_loop: step
/// 7".
struct Recomputed {
  std::string_view kind;
  std::string_view name;  // shown if it is not that of the kind
  std::optional<std::size_t> step = std::nullopt;
};
std::string to_string(const Recomputed& function);

/// The inputs as they are recorded: constants within NoGrad.
/// @throws StaleValueError, NoActiveTapeError naming the operation
std::vector<Value> recorded_inputs(std::span<const Value> inputs, std::string_view operation);

/// What was thrown because the function computed with a Value that is not on the scratch tape.
[[noreturn]] TAPEGRAD_COLD void throw_captured(const Recomputed& function,
                                               const StaleValueError& error);

/// @throws StaleValueError naming the first result that is on a tape other than `scratch`
void check_results(const Recomputed& function, std::span<const Value> results, const Tape& scratch);

/// @throws UnsupportedError unless the results are those of before, to the bit; any NaN is as good
///         as any other
void check_repeated(const Recomputed& function, std::span<const Value> results,
                    std::span<const double> before);

}  // namespace tapegrad
