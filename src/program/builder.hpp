// A Program in the making.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sources.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// How a program was made of another.
struct Differentiation {
  enum class Sweep : std::uint8_t { reverse, tangent };
  Sweep sweep;
  std::string output;  // what was differentiated
};

struct Program::Data {
  std::vector<std::string> input_names;  // empty: none was given
  std::vector<std::string> output_names;
  std::vector<double> constants;
  std::vector<Instruction> instructions;
  std::vector<Origin> origins;  // of each instruction
  std::vector<Ref> operands;
  std::vector<Ref> outputs;
  std::vector<Guard> guards;
  std::shared_ptr<const Sources> sources;  // null: it comes from no tape
  std::vector<Differentiation> differentiations;

  std::span<const Ref> operands_of(const Instruction& instruction) const {
    return std::span(operands).subspan(instruction.first, instruction.operands);
  }
  /// The instruction that computes the number; nothing for inputs and constants.
  std::optional<std::size_t> instruction_of(Ref ref) const {
    if (ref.is_constant() || ref.index() < input_names.size()) return std::nullopt;
    return ref.index() - input_names.size();
  }
};

class TAPEGRAD_API ProgramBuilder {
 public:
  ProgramBuilder();

  /// Room for so many instructions, and as many operands of theirs.
  void reserve(std::size_t instructions, std::size_t operands);

  /// All inputs come before the first instruction.
  Ref add_input(std::string name);
  /// The same Ref for the same bits.
  Ref constant(double value);
  /// Of the instructions that are appended from here on.
  void set_origin(const Origin& origin) {
    origin_ = origin;
    origin_since_ = size();
  }
  /// The same, but as something on the way to it; settle() says what it came to.
  void set_origin_of_parts(Origin origin) {
    origin.is_whole = false;
    set_origin(origin);
  }
  /// If `result` was appended since: it is what the others lead to.
  void settle(Ref result, const Origin& origin) {
    if (!result.is_constant() && result.index() >= input_count() + origin_since_)
      data_->origins[result.index() - input_count()] = origin;
  }
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

  void set_sources(std::shared_ptr<const Sources> sources) { data_->sources = std::move(sources); }
  /// What another program knows of its tape and its differentiations.
  void inherit(const Program& program);
  /// From here on it is one of derivatives. @return its order
  std::uint8_t add_differentiation(Differentiation differentiation);

  double value(Ref constant) const { return data_->constants[constant.index()]; }
  std::size_t input_count() const { return data_->input_names.size(); }
  std::size_t size() const { return data_->instructions.size(); }

  /// The Program. The builder is empty afterwards.
  Program finish();

  static const Program::Data& data(const Program& program) { return *program.data_; }

 private:
  std::shared_ptr<Program::Data> data_;
  Origin origin_;
  std::size_t origin_since_ = 0;
  std::unordered_map<std::uint64_t, Ref> constants_;  // by their bits
};

}  // namespace tapegrad
