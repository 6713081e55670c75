// What passes have in common: a program is made anew, instruction by instruction.
#pragma once

#include <cstdint>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "builder.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// What passes do with the inputs and instructions that they leave alone.
inline Ref add_input_as_it_is(ProgramBuilder& builder, const std::string& name, std::size_t) {
  return builder.add_input(name);
}
inline Ref append_as_it_is(ProgramBuilder& builder, Op op, std::span<const Ref> operands) {
  return builder.append(op, operands);
}

/// Calls rewrite(builder, op, operands) for each of these instructions, with its operands in the
/// new program, and takes what it returns for the result; before that, for each input,
/// add_input(builder, name, index). Outputs and guards stay, and what is appended has the origin of
/// the instruction.
/// @param kept  places of instructions, each behind what it reads; what is left out nobody needs
template <class AddInput, class Rewrite>
Program rewritten(const Program& program, const std::vector<std::uint32_t>& kept,
                  AddInput&& add_input, Rewrite&& rewrite) {
  ProgramBuilder builder;
  const Program::Data& old = ProgramBuilder::data(program);
  builder.inherit(program);
  const std::size_t inputs = old.input_names.size();
  std::vector<Ref> place(inputs + old.instructions.size());  // in the new program
  for (std::size_t i = 0; i < inputs; ++i) place[i] = add_input(builder, old.input_names[i], i);
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
    for (const Ref operand : old.operands_of(instruction)) operands.push_back(moved(operand));
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

/// All of them, in order.
inline std::vector<std::uint32_t> places_of_instructions(const Program& program) {
  std::vector<std::uint32_t> all(program.instructions().size());
  std::iota(all.begin(), all.end(), std::uint32_t{0});
  return all;
}

/// The same of all inputs, as they are, and all instructions.
template <class Rewrite> Program rewritten(const Program& program, Rewrite&& rewrite) {
  return rewritten(program, places_of_instructions(program), add_input_as_it_is, rewrite);
}

}  // namespace tapegrad
