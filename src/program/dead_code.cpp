#include <fmt/format.h>

#include "rewrite.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {

Program keep_outputs(const Program& program, std::span<const std::size_t> outputs) {
  ProgramBuilder builder;
  builder.copy(program);
  for (const std::size_t k : outputs) {
    if (k >= program.output_count())
      throw ArgumentError(fmt::format("keep_outputs: there is no output {}; the program has {}", k,
                                      program.output_count()));
    builder.add_output(program.outputs()[k], program.output_name(k));
  }
  return builder.finish();
}

Program remove_dead_code(const Program& program) {
  const std::size_t inputs = program.input_count();
  std::vector<bool> needed(program.instructions().size());
  const auto need = [&](Ref ref) {
    if (!ref.is_constant() && ref.index() >= inputs) needed[ref.index() - inputs] = true;
  };
  for (const Ref output : program.outputs()) need(output);
  for (const Guard& guard : program.guards()) need(guard.condition);
  for (std::size_t k = needed.size(); k-- > 0;)
    if (needed[k])
      for (const Ref operand : program.operands(program.instructions()[k])) need(operand);
  std::vector<std::uint32_t> kept;
  for (std::uint32_t k = 0; k < needed.size(); ++k)
    if (needed[k]) kept.push_back(k);
  if (kept.size() == needed.size()) return program;
  return rewritten(program, kept,
                   [](ProgramBuilder& builder, Op op, std::span<const Ref> operands) {
                     return builder.append(op, operands);
                   });
}

}  // namespace tapegrad
