// What passes have in common: a program is made anew, instruction by instruction.
#pragma once

#include <cstdint>
#include <numeric>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "builder.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// Calls rewrite(builder, op, operands) for each of these instructions, with its operands in the
/// new program, and takes what it returns for the result. Inputs, outputs and guards stay, and what
/// is appended has the origin of the instruction.
/// @param kept  places of instructions, each behind what it reads; what is left out nobody needs
template <class Rewrite>
Program rewritten(const Program& program, const std::vector<std::uint32_t>& kept,
                  Rewrite&& rewrite) {
  ProgramBuilder builder;
  const Program::Data& old = ProgramBuilder::data(program);
  builder.inherit(program);
  const std::size_t inputs = old.input_names.size();
  std::vector<Ref> place(inputs + old.instructions.size());  // in the new program
  for (std::size_t i = 0; i < inputs; ++i) place[i] = builder.add_input(old.input_names[i]);
  constexpr Ref nowhere = Ref::result(Ref::most);
  std::vector<Ref> constants(old.constants.size(), nowhere);  // in the new program, once asked for
  const auto moved = [&](Ref ref) {
    if (!ref.is_constant()) return place[ref.index()];
    Ref& constant = constants[ref.index()];
    if (constant == nowhere) constant = builder.constant(old.constants[ref.index()]);
    return constant;
  };
  builder.reserve(kept.size(), old.operands.size());
  std::vector<Ref> operands;
  for (const std::uint32_t k : kept) {
    operands.clear();
    const Instruction& instruction = old.instructions[k];
    for (std::uint32_t i = 0; i < instruction.operands; ++i)
      operands.push_back(moved(old.operands[instruction.first + i]));
    builder.set_origin_of_parts(old.origins[k]);
    place[inputs + k] = rewrite(builder, instruction.op, std::span<const Ref>(operands));
    builder.settle(place[inputs + k], old.origins[k]);
  }
  std::set<std::pair<Ref, bool>> guarded;  // what several ask has one guard, the first
  for (const Guard& guard : old.guards) {
    const Ref condition = moved(guard.condition);
    if (guarded.emplace(condition, guard.held).second)
      builder.add_guard({.condition = condition, .held = guard.held});
  }
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
