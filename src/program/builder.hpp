// A Program in the making.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "tapegrad/program/program.hpp"

namespace tapegrad {

struct Program::Data {
  std::vector<std::string> input_names;  // empty: none was given
  std::vector<std::string> output_names;
  std::vector<double> constants;
  std::vector<Instruction> instructions;
  std::vector<Ref> operands;
  std::vector<Ref> outputs;
  std::vector<Guard> guards;
};

class ProgramBuilder {
 public:
  ProgramBuilder();

  /// All inputs come before the first instruction.
  Ref add_input(std::string name);
  /// The same Ref for the same bits.
  Ref constant(double value);
  /// @param operands  refer to what is there already
  Ref append(Op op, std::span<const Ref> operands);
  Ref append(Op op, std::initializer_list<Ref> operands) {
    return append(op, std::span(operands.begin(), operands.size()));
  }
  void add_output(Ref output, std::string name);
  void add_guard(Guard guard) { data_->guards.push_back(guard); }

  /// Inputs, constants, instructions and guards of another program, with the same Refs: to go on
  /// from there. To an empty builder only.
  void copy(const Program& program);

  double value(Ref constant) const { return data_->constants[constant.index()]; }
  std::size_t input_count() const { return data_->input_names.size(); }
  std::size_t size() const { return data_->instructions.size(); }

  /// The Program. The builder is empty afterwards.
  Program finish();

  static const Program::Data& data(const Program& program) { return *program.data_; }

 private:
  std::shared_ptr<Program::Data> data_;
  std::unordered_map<std::uint64_t, Ref> constants_;  // by their bits
};

}  // namespace tapegrad
