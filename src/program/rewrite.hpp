// What passes have in common: a program is made anew, instruction by instruction.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "builder.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// Calls rewrite(builder, op, operands) for each of these instructions, with its operands in the
/// new program, and takes what it returns for the result. Inputs, outputs and guards stay.
/// @param kept  places of instructions, rising; what is left out nobody needs
template <class Rewrite>
Program rewritten(const Program& program, const std::vector<std::uint32_t>& kept,
                  Rewrite&& rewrite) {
  ProgramBuilder builder;
  const Program::Data& old = ProgramBuilder::data(program);
  const std::size_t inputs = old.input_names.size();
  std::vector<Ref> place(inputs + old.instructions.size());  // in the new program
  for (std::size_t i = 0; i < inputs; ++i) place[i] = builder.add_input(old.input_names[i]);
  const auto moved = [&](Ref ref) {
    return ref.is_constant() ? builder.constant(old.constants[ref.index()]) : place[ref.index()];
  };
  std::vector<Ref> operands;
  for (const std::uint32_t k : kept) {
    operands.clear();
    for (const Ref operand : program.operands(old.instructions[k]))
      operands.push_back(moved(operand));
    place[inputs + k] = rewrite(builder, old.instructions[k].op, std::span<const Ref>(operands));
  }
  for (const Guard& guard : old.guards)
    builder.add_guard({.condition = moved(guard.condition), .held = guard.held});
  for (std::size_t k = 0; k < old.outputs.size(); ++k)
    builder.add_output(moved(old.outputs[k]), old.output_names[k]);
  return builder.finish();
}

/// The same for all instructions.
template <class Rewrite> Program rewritten(const Program& program, Rewrite&& rewrite) {
  std::vector<std::uint32_t> all(program.instructions().size());
  std::iota(all.begin(), all.end(), std::uint32_t{0});
  return rewritten(program, all, rewrite);
}

}  // namespace tapegrad
