#include "well_formed.hpp"

#include <fmt/format.h>

#include <cstddef>

#include "ops/operand_count.hpp"

namespace tapegrad {
namespace {

std::string text_of(Ref ref) {
  return fmt::format("{} {}", ref.is_constant() ? "constant" : "number", ref.index());
}

}  // namespace

std::string fault_of(const Program::Data& program) {
  const std::size_t inputs = program.input_names.size();
  const std::size_t numbers = inputs + program.instructions.size();
  const std::size_t constants = program.constants.size();
  if (numbers > Ref::most || constants > Ref::most)
    return fmt::format("it has {} inputs and instructions, and {} constants, of at most {}",
                       numbers, constants, Ref::most);
  if (program.output_names.size() != program.outputs.size())
    return fmt::format("it has {} outputs, and names for {}", program.outputs.size(),
                       program.output_names.size());
  if (program.origins.size() != program.instructions.size())
    return fmt::format("it has {} instructions, and origins for {}", program.instructions.size(),
                       program.origins.size());
  // `there`: how many inputs and results there are where it is read
  const auto is_there = [&](Ref ref, std::size_t there) {
    return ref.index() < (ref.is_constant() ? constants : there);
  };

  for (std::size_t k = 0; k < program.instructions.size(); ++k) {
    const auto [op, operands, first] = program.instructions[k];
    if (!has_rule(op) || static_cast<std::size_t>(op) >= op_count)
      return fmt::format("instruction {}: a program has no operation {}", k, info(op).name);
    if (!can_have(op, operands))
      return fmt::format("instruction {}: {} cannot have {} operands", k, info(op).name, operands);
    if (first > program.operands.size() || operands > program.operands.size() - first)
      return fmt::format("instruction {}: it has the {} operands from {} on, of {}", k, operands,
                         first, program.operands.size());
    for (const Ref operand : std::span(program.operands).subspan(first, operands))
      if (!is_there(operand, inputs + k))
        return fmt::format("instruction {}: its operand, {}, is not there before it", k,
                           text_of(operand));
  }
  for (std::size_t k = 0; k < program.outputs.size(); ++k)
    if (!is_there(program.outputs[k], numbers))
      return fmt::format("output {}: it is {}, and that is not there", k,
                         text_of(program.outputs[k]));
  for (std::size_t k = 0; k < program.guards.size(); ++k)
    if (!is_there(program.guards[k].condition, numbers))
      return fmt::format("guard {}: its condition, {}, is not there", k,
                         text_of(program.guards[k].condition));
  return {};
}

}  // namespace tapegrad
