// Outputs that nobody wants, and instructions that nothing wanted depends on.
//
// A program in which all are needed comes back as it is: passes leave dead code seldom, and to
// share it costs nothing.

#include <fmt/format.h>

#include "reading.hpp"
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
  std::vector<Ref> wanted = conditions(program);
  wanted.insert(wanted.end(), program.outputs().begin(), program.outputs().end());
  const std::vector<bool> needed = needed_for(program, wanted);
  std::vector<std::uint32_t> kept;
  for (std::uint32_t k = 0; k < needed.size(); ++k)
    if (needed[k]) kept.push_back(k);
  if (kept.size() == needed.size()) return program;
  return rewritten(program, kept, add_input_as_it_is, append_as_it_is);
}

}  // namespace tapegrad
