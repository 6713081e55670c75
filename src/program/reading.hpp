// Who reads the numbers of a program, and what is read on the way to some of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "builder.hpp"
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

/// For each instruction: does one of these numbers depend on it, or is it one itself?
inline std::vector<bool> needed_for(const Program& program, std::span<const Ref> numbers) {
  const Program::Data& data = ProgramBuilder::data(program);
  std::vector<bool> needed(data.instructions.size());
  const auto need = [&](Ref ref) {
    if (const auto instruction = data.instruction_of(ref)) needed[*instruction] = true;
  };
  for (const Ref number : numbers) need(number);
  for (std::size_t k = needed.size(); k-- > 0;)
    if (needed[k])
      for (const Ref operand : data.operands_of(data.instructions[k])) need(operand);
  return needed;
}

inline std::vector<Ref> conditions(const Program& program) {
  std::vector<Ref> conditions;
  for (const Guard& guard : program.guards()) conditions.push_back(guard.condition);
  return conditions;
}

}  // namespace tapegrad
