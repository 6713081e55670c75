// Bytes as a program file: refused by a ParseError, or a program with which everything can be done.

#include "tapegrad/program/program_file.hpp"

#include <array>
#include <limits>

#include "../program/everything.hpp"
#include "files/section_bytes.hpp"
#include "fuzz.hpp"
#include "outcome.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad::fuzz {
namespace {

void run_at(const Program& program, const Program& optimised, const Replay& replay,
            std::span<const double> x) {
  const Outcome fast = outcome_of(optimised, x);
  if (shows_sign_of_nan(program, x) || shows_sign_of_nan(optimised, x)) return;
  if (!has_chain(program))
    require_same(outcome_of(program, x), fast, program.output_count(), "optimised", program);
  require_same(fast, outcome_of(replay, x), program.output_count(), "replayed", program);
}

void check(const std::string& bytes) {
  Program program;
  try {
    program = parse_program(std::as_bytes(std::span(bytes)));
  } catch (const ParseError&) {
    return;
  }
  require_well_formed(program, "parsed");
  static_cast<void>(to_string(program));
  const Program optimised = optimise(program).program;
  require_well_formed(optimised, "optimised");
  require_well_formed(pull_back(program), "pulled back");
  const Replay replay(program);
  for (const double first : {0.5, -1.0, 0.0, std::numeric_limits<double>::infinity()}) {
    Numbers x;
    for (std::size_t i = 0; i < program.input_count(); ++i)
      x.push_back(first * static_cast<double>(i + 1));
    run_at(program, optimised, replay, x);
  }
}

std::string bytes_of(const Program& program) {
  const testing::ScratchFile file;
  save_program(program, file.path());
  return file.bytes();
}

}  // namespace

std::vector<std::string> seeds() {
  ProgramBuilder builder;
  const Ref x = builder.add_input("x"), y = builder.add_input("");
  const Ref product = builder.append(Op::Mul, {x, builder.constant(3)});
  const Ref less = builder.append(Op::Less, {y, product});
  builder.add_guard({.condition = less, .held = true});
  builder.add_output(builder.append(Op::Dot, {x, y, product, less}), "z");
  const Program small = builder.finish();
  const std::array<std::size_t, 1> first{0};
  return {bytes_of(Program()), bytes_of(small), bytes_of(differentiate(keep_outputs(small, first))),
          bytes_of(testing::program_of_everything())};
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  tapegrad::fuzz::check(bytes);
  tapegrad::fuzz::check(tapegrad::testing::with_right_checksums(bytes));
  return 0;
}
