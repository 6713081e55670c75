// What a Program is: compiled, printed, run, and guarded.

#include "tapegrad/program/program.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "../core/functions.hpp"
#include "../core/same.hpp"
#include "../ops/points.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/compile.hpp"

using namespace tapegrad;
using tapegrad::testing::same_bits;

namespace {

using Numbers = std::vector<double>;

Value neuron(std::span<const Value> x) { return tanh(x[0] * x[1] + x[2]) * 2.0; }

}  // namespace

TEST_CASE("a program prints as one line for each instruction") {
  const Program program = compile(neuron, Numbers{-3, 2, 6.5});
  CHECK(to_string(program) ==
        "inputs: x[0] x[1] x[2]\n"
        "%0 = mul(x[0], x[1])\n"
        "%1 = add(%0, x[2])\n"
        "%2 = tanh(%1)\n"
        "%3 = mul(%2, 2)\n"
        "y[0] = %3\n");
  CHECK(program.input_count() == 3);
  CHECK(program.output_count() == 1);
  CHECK(to_string(Program()) == "inputs:\n");
}

TEST_CASE("inputs and outputs have the names of the tape") {
  Tape tape;
  const Value w = tape.variable(2, "w"), x = tape.variable(3);
  const Value y = w * x;
  tape.name(y, "pa");
  const Program program =
      compile(tape, std::vector{w, x}, std::vector<Value>{y, w, 5.0}, {.no_branches = true});
  CHECK(to_string(program) == "inputs: w x[1]\n%0 pa = mul(w, x[1])\npa = %0\nw = w\ny[2] = 5\n");
  CHECK(program.run(Numbers{10, 20}) == Numbers{200, 10, 5});
}

TEST_CASE("a run equals the recorded function to the bit, for every operation") {
  tapegrad::testing::Points points;
  for_each_rule([&]<class Rule>() {
    for (const tapegrad::testing::Function& function : tapegrad::testing::functions()) {
      if (function.op != op_of<Rule>) continue;
      for (const std::size_t operands : tapegrad::testing::operand_counts<Rule>()) {
        const Numbers at = points.of(Rule::info, operands), other = points.of(Rule::info, operands);
        const bool has_order = Rule::info.name == "polygamma";  // an integer, and not recorded
        const auto f = [&](std::span<const Value> x) {
          std::vector<Value> taken(x.begin(), x.end());
          if (has_order) taken[0] = 2;
          return function.record(taken);
        };
        const Program program = compile(f, at);
        const auto value_at = [&](const Numbers& x) {
          return f(std::vector<Value>(x.begin(), x.end())).value();
        };
        CAPTURE(Rule::info.name);
        CHECK(same_bits(program.run(at)[0], value_at(at)));
        CHECK(same_bits(program.run(other)[0], value_at(other)));
      }
    }
  });
}

TEST_CASE("what no output depends on is left out") {
  Tape tape;
  const Value x = tape.variable(2);
  static_cast<void>(sin(x) * 3.0);
  const Value y = x * x;
  static_cast<void>(exp(y));
  const Program program = compile(tape, std::vector{x}, std::vector{y}, {.no_branches = true});
  CHECK(program.instructions().size() == 1);
}

TEST_CASE("an input may be a result: what it was computed from is left out") {
  Tape tape;
  const Value x = tape.variable(2), middle = exp(x), y = middle * middle;
  const Program program = compile(tape, std::vector{middle}, std::vector{y}, {.no_branches = true});
  CHECK(program.run(Numbers{3})[0] == 9);
}

TEST_CASE("a guard is kept, and a point where it comes out otherwise is refused") {
  const auto f = [](std::span<const Value> x) { return x[0] > 0.0 ? x[0] * x[1] : x[1] - x[0]; };
  const Program program = compile(f, Numbers{2, 3});
  CHECK(to_string(program) ==
        "inputs: x[0] x[1]\n"
        "%0 = greater(x[0], 0)\n"
        "%1 = mul(x[0], x[1])\n"
        "guard %0 is true\n"
        "y[0] = %1\n");
  CHECK(program.run(Numbers{5, 3})[0] == 15);
  CHECK_THROWS_WITH_AS(program.run(Numbers{-1, 3}),
                       "Program: greater(x[0], 0) was true when it was recorded, and is not here: "
                       "the function branches otherwise; compile it here as well, or record the "
                       "choice with select()",
                       GuardError);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(program.run(Numbers{nan, 3}), GuardError);
}

TEST_CASE("a tape without guards is compiled only where there are no branches") {
  Tape tape;
  const Value x = tape.variable(2);
  CHECK_THROWS_AS(compile(tape, std::vector{x}, std::vector{x * x}), UnsupportedError);
}

TEST_CASE("what cannot be compiled is named") {
  class Opaque : public External {
   public:
    std::string_view name() const override { return "opaque"; }
    void pull_back(std::span<const double>, std::span<const double>,
                   std::span<double>) const override {}
  };
  const CompileOptions plain{.no_branches = true};
  Tape tape;
  const Value w = tape.variable(2, "w"), x = tape.variable(3, "x");
  const std::vector<Value> y{w * x};
  CHECK_THROWS_WITH_AS(compile(tape, std::vector{x}, y, plain),
                       "compile: #1 w is a variable that an output depends on, and no input; add "
                       "it to the inputs",
                       UnsupportedError);
  CHECK_THROWS_AS(compile(tape, std::vector{x, x}, y, plain), ArgumentError);
  CHECK_THROWS_AS(compile(tape, std::vector<Value>{1.0}, y, plain), ArgumentError);
  const auto z = tape.external(std::make_shared<Opaque>(), std::vector{x}, std::vector{1.0});
  CHECK_THROWS_WITH_AS(compile(tape, std::vector{x}, z, plain),
                       "compile: #5 is a user's operation (result), of which a Program knows no "
                       "instructions",
                       UnsupportedError);
  tape.clear();
  CHECK_THROWS_AS(compile(tape, std::vector{x}, y, plain), StaleValueError);
}

TEST_CASE("a run takes as many numbers as there are inputs") {
  const Program program = compile(neuron, Numbers{1, 2, 3});
  CHECK_THROWS_WITH_AS(program.run(Numbers{1, 2}),
                       "Program::run: 2 numbers for 3 inputs; pass one for each", ShapeError);
  Numbers room(2);
  CHECK_THROWS_AS(program.run(Numbers{1, 2, 3}, room), ShapeError);
}
