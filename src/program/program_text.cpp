// Programs in words: instructions, guards, and where they come from.

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "builder.hpp"
#include "core/number.hpp"
#include "core/shown.hpp"
#include "origin_text.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {

Origin Program::origin(std::size_t instruction) const { return data_->origins.at(instruction); }

std::string Program::node_name(std::size_t node) const {
  return data_->sources == nullptr ? std::string() : data_->sources->names.find(node);
}

const void* Program::caller(std::size_t node) const {
  return data_->sources == nullptr ? nullptr : data_->sources->caller(node);
}

std::optional<Location> Program::location(std::size_t node) const {
  return data_->sources == nullptr ? std::nullopt : data_->sources->location(node);
}

namespace {

std::string operand_text(const Program& program, Ref ref) {
  if (ref.is_constant()) return number(program.constants()[ref.index()]);
  const auto instruction = ProgramBuilder::data(program).instruction_of(ref);
  return instruction ? fmt::format("%{}", *instruction) : shown(program.input_name(ref.index()));
}

// By its name, where it has one.
std::string named_operand_text(const Program& program, Ref ref) {
  const auto instruction = ProgramBuilder::data(program).instruction_of(ref);
  const std::string name = instruction ? label(program, program.origin(*instruction)) : "";
  return name.empty() ? operand_text(program, ref) : shown(name);
}

template <class OperandText>
std::string text_of(const Program& program, const Instruction& instruction,
                    OperandText&& operand_text) {
  std::string text;
  for (const Ref operand : program.operands(instruction))
    text += (text.empty() ? "" : ", ") + operand_text(program, operand);
  return fmt::format("{}({})", info(instruction.op).name, text);
}

// "loss.cpp:12 in softmax", without the folders.
std::string text_of(const Location& place) {
  const std::string_view file = place.file;
  std::string text(file.substr(file.find_last_of("/\\") + 1));  // npos + 1 is 0
  if (!text.empty() && place.line != 0) text += fmt::format(":{}", place.line);
  if (place.function.empty()) return text;
  return text.empty() ? place.function : text + " in " + place.function;
}

// ", recorded at loss.cpp:12 in softmax"; nothing where it is not known.
std::string where(const Program& program, Ref condition) {
  const auto instruction = ProgramBuilder::data(program).instruction_of(condition);
  if (!instruction) return {};
  const std::optional<Location> place = program.location(program.origin(*instruction).node);
  return place ? fmt::format(", recorded at {},", text_of(*place)) : std::string();
}

}  // namespace

std::string to_string(const Program& program, const Guard& guard) {
  const auto instruction = ProgramBuilder::data(program).instruction_of(guard.condition);
  return instruction ? text_of(program, program.instructions()[*instruction], named_operand_text)
                     : operand_text(program, guard.condition);
}

void throw_guard(const Program& program, const Guard& guard) {
  throw GuardError(
      fmt::format("Program: {}{} was {} when it was recorded, and is not here: the function "
                  "branches otherwise; "
                  "compile it here as well, or record the choice with select()",
                  to_string(program, guard), where(program, guard.condition), guard.held));
}

std::string to_string(const Program& program) {
  std::string text = "inputs:";
  for (std::size_t i = 0; i < program.input_count(); ++i)
    text += " " + shown(program.input_name(i));
  text += "\n";
  for (std::size_t k = 0; k < program.instructions().size(); ++k) {
    const std::string name = shown(label(program, program.origin(k)));
    text += fmt::format("%{}{}{} = {}\n", k, name.empty() ? "" : " ", name,
                        text_of(program, program.instructions()[k], operand_text));
  }
  for (const Guard& guard : program.guards())
    text += fmt::format("guard {} is {}\n", operand_text(program, guard.condition), guard.held);
  for (std::size_t k = 0; k < program.output_count(); ++k)
    text += fmt::format("{} = {}\n", shown(program.output_name(k)),
                        operand_text(program, program.outputs()[k]));
  return text;
}

}  // namespace tapegrad
