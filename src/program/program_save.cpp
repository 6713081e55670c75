#include <array>
#include <span>
#include <string>
#include <vector>

#include "builder.hpp"
#include "files/escape.hpp"
#include "files/output_file.hpp"
#include "program_format.hpp"
#include "tapegrad/program/program_file.hpp"

namespace tapegrad {
namespace {

using program_format::FileGuard;
using program_format::FileInstruction;
using program_format::number_of;

void write_section(OutputFile& out, std::string_view tag, std::span<const std::byte> body) {
  out.begin_section(tag);
  out.write(body);
  out.end_section();
}
template <class T>
void write_section(OutputFile& out, std::string_view tag, const std::vector<T>& column) {
  write_section(out, tag, std::as_bytes(std::span(column)));
}
void write_section(OutputFile& out, std::string_view tag, const std::string& text) {
  write_section(out, tag, std::as_bytes(std::span(text)));
}

std::string lines_of(const std::vector<std::string>& names) {
  std::string lines;
  for (const std::string& name : names) lines += escaped(name) + '\n';
  return lines;
}

std::vector<std::uint32_t> numbers_of(std::span<const Ref> refs) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(refs.size());
  for (const Ref ref : refs) numbers.push_back(number_of(ref));
  return numbers;
}

}  // namespace

void save_program(const Program& program, const std::string& path) {
  const Program::Data& data = ProgramBuilder::data(program);
  std::vector<std::string> operations;
  std::array<std::uint32_t, op_count> places{};  // among them, counted from 1
  std::vector<FileInstruction> code;
  code.reserve(data.instructions.size());
  std::vector<std::uint32_t> operands;
  operands.reserve(data.operands.size());
  for (const Instruction& instruction : data.instructions) {
    std::uint32_t& place = places[static_cast<std::size_t>(instruction.op)];
    if (place == 0) {
      operations.emplace_back(info(instruction.op).name);
      place = static_cast<std::uint32_t>(operations.size());
    }
    code.push_back({.operation = place - 1, .operands = instruction.operands});
    for (const Ref operand : program.operands(instruction)) operands.push_back(number_of(operand));
  }
  std::vector<FileGuard> guards;
  for (const Guard& guard : data.guards)
    guards.push_back({.condition = number_of(guard.condition), .held = guard.held ? 1u : 0u});

  OutputFile out(path, program_format::kind);
  write_section(out, "OPS ", lines_of(operations));
  write_section(out, "INPU", lines_of(data.input_names));
  write_section(out, "CONS", data.constants);
  write_section(out, "CODE", code);
  write_section(out, "ARGS", operands);
  write_section(out, "GUAR", guards);
  write_section(out, "OUTP", numbers_of(data.outputs));
  write_section(out, "ONAM", lines_of(data.output_names));
  out.finish();
}

}  // namespace tapegrad
