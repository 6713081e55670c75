#include "tape_of.hpp"

#include <fmt/format.h>

#include "core/registry.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

Tape& tape_of(std::span<const Value> x, const char* function) {
  const Value first = x.front();
  if (first.is_constant())
    throw NoAdjointError(
        fmt::format("{}: an input, of value {}, is a constant; make it with variable()", function,
                    first.value()));
  if (Tape* const tape = TapeRegistry::holder(first)) return *tape;
  throw StaleValueError(fmt::format(
      "{}: no tape that is active on this thread holds the input {} (node {}): its tape is gone, "
      "was cleared or rewound, or belongs to another thread",
      function, first.value(), first.node()));
}

Tape& tape_of(std::span<const Value> y, std::span<const Value> x, const char* function) {
  Tape& tape = tape_of(x, function);
  for (const std::span<const Value> values : {y, x})
    for (const Value& one : values)
      if (!one.is_constant()) tape.recording().require(one, function);
  return tape;
}

void check_length(const char* function, const char* name, std::size_t length, const char* of,
                  std::size_t needed) {
  if (length != needed)
    throw ShapeError(fmt::format("{}: {} has {} numbers for {} {}; pass one for each", function,
                                 name, length, needed, of));
}

std::vector<double> unit_directions(std::size_t n) {
  std::vector<double> numbers(n * n);
  for (std::size_t i = 0; i < n; ++i) numbers[i * n + i] = 1;
  return numbers;
}

}  // namespace tapegrad
