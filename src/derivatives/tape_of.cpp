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

}  // namespace tapegrad
