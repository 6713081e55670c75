// Bytes as a program and a point: each pass, and passes one after the other, leave its outputs
// there as they are, to the last bit; and so they do with the programs of its derivatives.

#include "tapegrad/program/passes.hpp"

#include <array>
#include <random>

#include "choices.hpp"
#include "fuzz.hpp"
#include "ops/operand_count.hpp"
#include "outcome.hpp"
#include "program/builder.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/generate.hpp"

namespace tapegrad::fuzz {
namespace {

// From the newest on, so that short inputs make deep programs.
Ref next_ref(Choices& choices, ProgramBuilder& builder) {
  const std::size_t numbers = builder.input_count() + builder.size();
  const std::size_t choice = choices.next(256);
  if (numbers == 0 || choice < 64) return builder.constant(common_numbers[choice % 16]);
  return Ref::result(numbers - 1 - (choice - 64) % numbers);
}

// Chain is not among them: it belongs to sweeps, and either zero may come out of it.
Op next_op(Choices& choices) {
  constexpr auto first = static_cast<std::size_t>(first_rule);
  const auto op = static_cast<Op>(first + choices.next(op_count - first));
  return op == Op::Chain ? Op::Mul : op;
}

std::size_t next_operand_count(Choices& choices, Op op) {
  if (info(op).arity != variadic) return static_cast<std::size_t>(info(op).arity);
  const std::size_t count = choices.next(6);
  return can_have(op, count) ? count : count + 1;
}

bool is_comparison(Op op) { return op >= Op::Less && op <= Op::NotEqual; }

struct Case {
  Numbers x;
  Program program;
};

// Outputs are the last results; guards hold at x, or mostly.
Case next_case(Choices& choices) {
  Case made;
  ProgramBuilder builder;
  for (std::size_t n = choices.next(4); made.x.size() < n;) {
    builder.add_input("");
    made.x.push_back(common_numbers[choices.next(16)]);
  }
  const std::size_t outputs = 1 + choices.next(3);
  const bool has_guards = choices.next(2) == 1, is_off = choices.next(8) == 7;
  while (!choices.at_end() && builder.size() < 40) {
    const Op op = next_op(choices);
    std::vector<Ref> operands;
    for (std::size_t k = next_operand_count(choices, op); operands.size() < k;)
      operands.push_back(next_ref(choices, builder));
    builder.append(op, operands);
  }
  const std::size_t numbers = made.x.size() + builder.size();
  for (std::size_t k = 0; k < outputs && k < numbers; ++k)
    builder.add_output(Ref::result(numbers - 1 - k), "");
  builder.add_output(builder.constant(-0.0), "");
  made.program = builder.finish();
  if (!has_guards) return made;

  const Numbers values = numbers_at(made.program, made.x);
  builder.copy(made.program);
  for (std::size_t k = 0; k < made.program.instructions().size(); ++k)
    if (is_comparison(made.program.instructions()[k].op))
      builder.add_guard({.condition = Ref::result(made.x.size() + k),
                         .held = (values[made.x.size() + k] != 0) != is_off});
  for (const Ref output : made.program.outputs()) builder.add_output(output, "");
  made.program = builder.finish();
  return made;
}

Program optimised(const Program& program) { return optimise(program).program; }

struct Pass {
  const char* name;
  Program (*run)(const Program&);
};
constexpr std::array passes{Pass{"remove_dead_code", remove_dead_code},
                            Pass{"simplify", simplify},
                            Pass{"share_common_subexpressions", share_common_subexpressions},
                            Pass{"expand", expand},
                            Pass{"schedule", schedule},
                            Pass{"optimise", optimised}};

// @param sure  of how many outputs the sign of 0 counts
void check_passes(const Program& program, const Numbers& x, std::size_t sure,
                  std::array<std::size_t, 3> order) {
  require_well_formed(program, "before passes");
  if (shows_sign_of_nan(program, x)) return;
  const Outcome expected = outcome_of(program, x);
  const auto check = [&](const Program& passed, const std::string& names) {
    require_well_formed(passed, names);
    require_same(expected, outcome_of(passed, x), sure, names, program);
  };
  for (const Pass& pass : passes) check(pass.run(program), pass.name);
  Program passed = program;
  std::string names;
  for (const std::size_t k : order) {
    passed = passes[k].run(passed);
    check(passed, names += std::string(" ") + passes[k].name);
  }
  const Replay replay(program);
  require_same(expected, outcome_of(replay, x), sure, "replayed", program);
  try {
    static_cast<void>(generate_cpp(program));
  } catch (const UnsupportedError&) {  // neither C++ has the operation, nor a formula gives it
  }
}

void check_derivatives(const Program& program, const Numbers& x, std::array<std::size_t, 3> order) {
  const std::size_t outputs = program.output_count();
  const auto with_ones = [&](std::size_t count) {
    Numbers longer = x;
    longer.insert(longer.end(), count, 1.0);
    return longer;
  };
  const auto check = [&](const Program& derivative, const Numbers& at) {
    check_passes(derivative, at, outputs, order);
    Outcome values = outcome_of(derivative, at);
    if (!values.is_off) values.outputs.resize(outputs);
    if (!shows_sign_of_nan(program, x))
      require_same(outcome_of(program, x), values, outputs, "values with derivatives", program);
  };
  check(pull_back(program), with_ones(outputs));
  check(tangent(program), with_ones(x.size()));
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  // Every operation of two inputs, alone and with what follows it in the table.
  constexpr std::size_t rules = op_count - static_cast<std::size_t>(first_rule);
  for (std::size_t k = 0; k < rules; ++k) {
    std::string bytes{"\2\5\7\1\1\0\0\0\0", 9};
    for (const std::size_t op : {k, (k + 1) % rules, k})
      bytes += {static_cast<char>(op), '\x45', '\x40', '\x41', '\x48'};
    all.push_back(bytes);
  }
  // And any, up to 40 of them.
  std::minstd_rand random(1);
  for (std::size_t k = 0; k < 100; ++k) {
    std::string& bytes = all.emplace_back();
    while (bytes.size() < 30 + k) bytes += static_cast<char>(random() >> 8 & 0xFF);
  }
  return all;
}

}  // namespace tapegrad::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tapegrad::fuzz;
  Choices choices(data, size);
  std::array<std::size_t, 3> order{};
  for (std::size_t& place : order) place = choices.next(passes.size());
  const Case made = next_case(choices);
  check_passes(made.program, made.x, made.program.output_count(), order);
  if (made.program.instructions().size() <= 12) check_derivatives(made.program, made.x, order);
  return 0;
}
