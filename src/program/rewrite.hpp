// What passes have in common: a program is made anew, instruction by instruction.
#pragma once

#include <concepts>
#include <span>
#include <vector>

#include "builder.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// Calls rewrite(builder, op, operands) for each instruction that is `kept` (all if that is empty),
/// with the operands in the new program, and takes what it returns for the result. Inputs, outputs
/// and guards are those of the old one.
template <class Rewrite>
Program rewritten(const Program& program, const std::vector<bool>& kept, Rewrite&& rewrite) {
  ProgramBuilder builder;
  const Program::Data& old = ProgramBuilder::data(program);
  std::vector<Ref> place;  // in the new program
  place.reserve(old.input_names.size() + old.instructions.size());
  for (const std::string& name : old.input_names) place.push_back(builder.add_input(name));
  const auto moved = [&](Ref ref) {
    return ref.is_constant() ? builder.constant(old.constants[ref.index()]) : place[ref.index()];
  };
  std::vector<Ref> operands;
  for (std::size_t k = 0; k < old.instructions.size(); ++k) {
    if (!kept.empty() && !kept[k]) {
      place.push_back(Ref());  // nobody asks
      continue;
    }
    operands.clear();
    for (const Ref operand : program.operands(old.instructions[k]))
      operands.push_back(moved(operand));
    place.push_back(rewrite(builder, old.instructions[k].op, std::span<const Ref>(operands)));
  }
  for (const Guard& guard : old.guards)
    builder.add_guard({.condition = moved(guard.condition), .held = guard.held});
  for (std::size_t k = 0; k < old.outputs.size(); ++k)
    builder.add_output(moved(old.outputs[k]), old.output_names[k]);
  return builder.finish();
}

}  // namespace tapegrad
