// Which registers the lanes of a block go through.
#pragma once

#include <cstdint>
#include <string>

#include "tapegrad/export.hpp"

namespace tapegrad {

/// What the steps of a block are compiled for, narrowest first.
enum class InstructionSet : std::uint8_t { baseline, avx2, avx512 };

TAPEGRAD_API std::string to_string(InstructionSet set);

/// The widest that this processor has.
TAPEGRAD_API InstructionSet widest_instruction_set();

/// The one that is used: the widest, unless somebody has set a limit.
TAPEGRAD_API InstructionSet instruction_set();

/// As long as it lives no wider registers than these are used, by no thread: so that a test sees
/// all there are on one processor. One at a time.
class TAPEGRAD_API InstructionSetLimit {
 public:
  explicit InstructionSetLimit(InstructionSet widest);
  ~InstructionSetLimit();
  InstructionSetLimit(const InstructionSetLimit&) = delete;
  InstructionSetLimit& operator=(const InstructionSetLimit&) = delete;
};

}  // namespace tapegrad
