// Who reads the numbers of a program.
#pragma once

#include <cstdint>
#include <vector>

#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// How often each input and result is read, and which of them all points share.
struct ProgramReading {
  ProgramReading(const Program& program, const std::vector<bool>& is_uniform)
      : readers(program.input_count() + program.instructions().size()), is_shared(is_uniform) {
    is_shared.resize(readers.size());
    std::size_t result = program.input_count();
    for (const Instruction& instruction : program.instructions()) {
      bool all_shared = true;
      for (const Ref operand : program.operands(instruction)) {
        count(operand);
        all_shared = all_shared && (operand.is_constant() || is_shared[operand.index()]);
      }
      is_shared[result++] = all_shared;
    }
    for (const Ref output : program.outputs()) count(output);
    for (const Guard& guard : program.guards()) count(guard.condition);
  }

  void count(Ref ref) {
    if (!ref.is_constant()) ++readers[ref.index()];
  }

  std::vector<std::uint32_t> readers;
  std::vector<bool> is_shared;
};

}  // namespace tapegrad
