#include "builder.hpp"

#include <bit>
#include <limits>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {

ProgramBuilder::ProgramBuilder() : data_(std::make_shared<Program::Data>()) {}

void ProgramBuilder::reserve(std::size_t instructions, std::size_t operands) {
  data_->instructions.reserve(instructions);
  data_->origins.reserve(instructions);
  data_->operands.reserve(operands);
}

Ref ProgramBuilder::add_input(std::string name) {
  data_->input_names.push_back(std::move(name));
  return Ref::result(data_->input_names.size() - 1);
}

Ref ProgramBuilder::constant(double value) {
  const auto [place, is_new] = constants_.try_emplace(std::bit_cast<std::uint64_t>(value),
                                                      Ref::constant(data_->constants.size()));
  if (is_new) data_->constants.push_back(value);
  return place->second;
}

Ref ProgramBuilder::append(Op op, std::span<const Ref> operands) {
  if (input_count() + size() >= Ref::most || data_->operands.size() + operands.size() > 0xFFFFFFFF)
    throw UnsupportedError("Program: more instructions than 31-bit indices can name");
  data_->instructions.push_back({.op = op,
                                 .operands = static_cast<std::uint32_t>(operands.size()),
                                 .first = static_cast<std::uint32_t>(data_->operands.size())});
  data_->origins.push_back(origin_);
  data_->operands.insert(data_->operands.end(), operands.begin(), operands.end());
  return Ref::result(input_count() + size() - 1);
}

void ProgramBuilder::add_output(Ref output, std::string name) {
  data_->outputs.push_back(output);
  data_->output_names.push_back(std::move(name));
}

void ProgramBuilder::copy(const Program& program) {
  const Program::Data& other = data(program);
  data_->input_names = other.input_names;
  data_->constants = other.constants;
  data_->instructions = other.instructions;
  data_->origins = other.origins;
  data_->operands = other.operands;
  data_->guards = other.guards;
  for (std::size_t k = 0; k < other.constants.size(); ++k)
    constants_.emplace(std::bit_cast<std::uint64_t>(other.constants[k]), Ref::constant(k));
  inherit(program);
}

void ProgramBuilder::inherit(const Program& program) {
  data_->sources = data(program).sources;
  data_->differentiations = data(program).differentiations;
}

std::uint8_t ProgramBuilder::add_differentiation(Differentiation differentiation) {
  constexpr std::size_t most = std::numeric_limits<std::uint8_t>::max();
  // Whoever goes on after so many has the last ones counted as one.
  if (data_->differentiations.size() == most) data_->differentiations.pop_back();
  data_->differentiations.push_back(std::move(differentiation));
  return static_cast<std::uint8_t>(data_->differentiations.size());
}

Program ProgramBuilder::finish() {
  constants_.clear();
  set_origin({});
  return Program(std::exchange(data_, std::make_shared<Program::Data>()));
}

}  // namespace tapegrad
