// Reading a program: sections, of which the checksums are right, become a Program; and what then
// must hold of it is one function, fault_of().

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "builder.hpp"
#include "files/input_file.hpp"
#include "files/text_lines.hpp"
#include "program_format.hpp"
#include "tapegrad/program/program_file.hpp"
#include "well_formed.hpp"

namespace tapegrad {
namespace {

using program_format::FileGuard;
using program_format::FileInstruction;
using program_format::ref_of;

std::optional<Op> operation_named(std::string_view name) {
  for (auto op = static_cast<std::size_t>(first_rule); op < op_count; ++op)
    if (info(static_cast<Op>(op)).name == name) return static_cast<Op>(op);
  return std::nullopt;
}

class ProgramReader {
 public:
  explicit ProgramReader(InputFile file) : file_(std::move(file)) {}

  Program read() {
    for (const std::string_view tag : program_format::tags)
      if (!is_optional(tag) && !file_.has(tag)) file_.fail(tag, "it is missing");
    for (std::string& name : names("INPU")) builder_.add_input(std::move(name));
    read_constants();
    read_instructions();
    read_guards();
    read_outputs();
    Program program = builder_.finish();
    const std::string fault = fault_of(ProgramBuilder::data(program));
    if (!fault.empty()) file_.fail(fault);
    return program;
  }

 private:
  std::vector<std::string> names(std::string_view tag) {
    const std::string text = file_.text(tag);
    std::vector<std::string> names;
    for (TextLines lines(file_, tag, text); !lines.at_end();) {
      lines.next();
      names.push_back(lines.plain());
    }
    return names;
  }

  std::vector<Ref> refs(std::string_view tag) {
    std::vector<Ref> refs;
    refs.reserve(file_.count(tag, sizeof(std::uint32_t)));
    for (const std::uint32_t number : file_.column<std::uint32_t>(tag))
      refs.push_back(ref_of(number));
    return refs;
  }

  std::vector<Op> operations() {
    std::vector<Op> operations;
    for (const std::string& name : names("OPS ")) {
      const std::optional<Op> op = operation_named(name);
      if (!op)
        file_.fail("OPS ", fmt::format("{:?} is no operation of this build of tapegrad", name));
      operations.push_back(*op);
    }
    return operations;
  }

  void read_constants() {
    const std::vector<double> constants = file_.column<double>("CONS");
    for (std::size_t k = 0; k < constants.size(); ++k)
      if (const Ref ref = builder_.constant(constants[k]); ref != Ref::constant(k))
        file_.fail("CONS", fmt::format("constants {} and {} are the same", ref.index(), k));
  }

  void read_instructions() {
    const std::vector<Op> ops = operations();
    const std::vector<FileInstruction> code = file_.column<FileInstruction>("CODE");
    const std::vector<Ref> operands = refs("ARGS");
    if (builder_.input_count() + code.size() > Ref::most)
      file_.fail("CODE", fmt::format("{} inputs and {} instructions are more than {} together",
                                     builder_.input_count(), code.size(), Ref::most));
    std::span<const Ref> left = operands;
    for (std::size_t k = 0; k < code.size(); ++k) {
      if (code[k].operation >= ops.size())
        file_.fail("CODE", fmt::format("instruction {}: it has the operation {}, of {}", k,
                                       code[k].operation, ops.size()));
      if (code[k].operands > left.size())
        file_.fail("CODE", fmt::format("instruction {}: it has {} operands, and {} are left", k,
                                       code[k].operands, left.size()));
      builder_.append(ops[code[k].operation], left.first(code[k].operands));
      left = left.subspan(code[k].operands);
    }
    if (!left.empty())
      file_.fail("ARGS", fmt::format("the last {} of {} operands belong to no instruction",
                                     left.size(), operands.size()));
  }

  void read_guards() {
    const std::vector<FileGuard> guards = file_.column<FileGuard>("GUAR");
    for (std::size_t k = 0; k < guards.size(); ++k) {
      if (guards[k].held > 1)
        file_.fail("GUAR", fmt::format("guard {}: it held {}, not 0 or 1", k, guards[k].held));
      builder_.add_guard({.condition = ref_of(guards[k].condition), .held = guards[k].held == 1});
    }
  }

  void read_outputs() {
    const std::vector<Ref> outputs = refs("OUTP");
    std::vector<std::string> output_names = names("ONAM");
    if (output_names.size() != outputs.size())
      file_.fail("ONAM", fmt::format("it has names for {} outputs, of {}", output_names.size(),
                                     outputs.size()));
    for (std::size_t k = 0; k < outputs.size(); ++k)
      builder_.add_output(outputs[k], std::move(output_names[k]));
  }

  InputFile file_;
  ProgramBuilder builder_;
};

}  // namespace

Program load_program(const std::string& path) {
  return ProgramReader(InputFile(path, program_format::kind)).read();
}

Program parse_program(std::span<const std::byte> bytes, const std::string& name) {
  return ProgramReader(InputFile(bytes, name, program_format::kind)).read();
}

}  // namespace tapegrad
