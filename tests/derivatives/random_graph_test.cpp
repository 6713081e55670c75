// Derivatives of random programs, on a tape and without one.
//
// TAPEGRAD_RANDOM_GRAPHS=N runs N programs, TAPEGRAD_RANDOM_SEED=S begins with program S. That the
// comparison finds what is wrong is tried with faults of every operation.

#include "random_graph.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "../core/functions.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

TEST_CASE("derivatives of random programs agree with those without a tape") {
  const auto [first, count] = seeds_to_run(10000);
  Tape tape(Tape::inactive);
  int failures = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < 3; ++seed) {
    const Program program = generate(seed);
    const Comparison comparison{.second_order = seed % 3 == 0 || count == 1};
    const auto found = find_disagreement(program, tape, comparison);
    if (!found) continue;
    FAIL_CHECK(report(seed, program, *found, comparison));
    ++failures;
  }
  CHECK(failures == 0);
}

// ---- The programs ----

TEST_CASE("random programs are finite, and nearly all have a gradient that says something") {
  Tape tape(Tape::inactive);
  const ActiveScope active = tape.activate();
  int flat = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    tape.clear();
    const Program program = generate(seed);
    const std::vector<Value> y = record(program, tape, program.point);
    CHECK(std::abs(y.back().value()) < 200);
    REQUIRE(!y.back().is_constant());
    tape.backward(y.back());
    bool is_flat = true;
    for (std::size_t i = 0; i < program.point.size(); ++i) {
      CHECK(std::abs(y[i].grad()) < 2000);
      is_flat = is_flat && y[i].grad() == 0;
    }
    flat += is_flat;
  }
  CHECK(flat <= 25);
}

TEST_CASE("random programs have all operations, in all ways to write them") {
  std::array<int, op_count> times{};
  int aliases = 0, in_place_aliases = 0, plain_left = 0, plain_right = 0, dead = 0, many_inputs = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const Program program = generate(seed);
    many_inputs += program.point.size() > 8;
    std::vector<int> uses(program.places());
    for (const Instruction& step : program.instructions) {
      ++times[static_cast<std::size_t>(step.op)];
      const auto& x = step.operands;
      for (const Source& source : x)
        if (!source.is_constant()) ++uses[source.place];
      if (x.size() != 2 || info(step.op).arity != 2) continue;
      const bool is_alias = !x[0].is_constant() && x[0].place == x[1].place;
      aliases += is_alias;
      in_place_aliases += is_alias && step.in_place;
      plain_left += step.plain_constants && x[0].is_constant() && !x[1].is_constant();
      plain_right += step.plain_constants && x[1].is_constant() && !x[0].is_constant();
    }
    dead += std::count(uses.begin(), uses.end(), 0) > 1;  // one is the output
  }
  for (const Function& function : functions()) {
    CAPTURE(info(function.op).name);
    CHECK(times[static_cast<std::size_t>(function.op)] >= 30);
  }
  CHECK(aliases >= 100);
  CHECK(in_place_aliases >= 20);
  CHECK(plain_left >= 500);
  CHECK(plain_right >= 500);
  CHECK(dead >= 100);
  CHECK(many_inputs >= 5);
}

// ---- The comparison ----

namespace {

// The result of `op`, and on top of it something that is 0 at the point: to the last bit the same
// value, with derivatives that are off. `extra` gets x - x, of which one x is a constant.
Wrap fault(Op op, Value (*extra)(Value zero)) {
  return [=](Op at, std::span<const Value> operands, Value y) {
    if (at != op || y.is_constant()) return y;
    const auto x = std::find_if(operands.rbegin(), operands.rend(),
                                [](Value operand) { return !operand.is_constant(); });
    return y + extra(*x - x->value());
  };
}

Program one_instruction(Op op, std::vector<double> point) {
  Program program{point, {{.op = op, .operands = {}}}};
  for (std::size_t i = 0; i < point.size(); ++i)
    program.instructions[0].operands.push_back({.place = i});
  return program;
}

}  // namespace

TEST_CASE("a wrong partial of any operation is found, and shrunk to that operation") {
  Tape tape(Tape::inactive);
  for (const Function& function : functions()) {
    CAPTURE(info(function.op).name);
    const Comparison comparison{.differences = false, .wrap = fault(function.op, [](Value zero) {
                                                        return 0x1p-20 * zero;
                                                      })};
    const auto fails = [&](const Program& program) {
      return find_disagreement(program, tape, comparison).has_value();
    };
    std::uint64_t seed = 1;
    while (seed < 100 && !fails(generate(seed))) ++seed;
    REQUIRE(seed < 100);
    const Program least = shrink(generate(seed), fails);
    CAPTURE(print_program(least));
    REQUIRE(least.instructions.size() == 1);
    CHECK(least.instructions[0].op == function.op);
    CHECK(least.point.size() == 1);
  }
}

TEST_CASE("a wrong second partial of any operation is found, and shrunk to that operation") {
  Tape tape(Tape::inactive);
  for (const Function& function : functions()) {
    CAPTURE(info(function.op).name);
    const Comparison comparison{
        .differences = false, .second_order = true, .wrap = fault(function.op, [](Value zero) {
                                                      return 0x1p-20 * zero * zero;
                                                    })};
    const auto fails = [&](const Program& program) {
      return find_disagreement(program, tape, comparison).has_value();
    };
    std::uint64_t seed = 1;
    while (seed < 100 && !fails(generate(seed))) ++seed;
    REQUIRE(seed < 100);
    const Program least = shrink(generate(seed), fails);
    CAPTURE(print_program(least));
    REQUIRE(least.instructions.size() == 1);
    CHECK(least.instructions[0].op == function.op);
  }
}

TEST_CASE("a value that is off by its last bit is found at its instruction") {
  Tape tape(Tape::inactive);
  const Wrap wrap = [](Op op, std::span<const Value>, Value y) {
    return op == Op::Sin ? y * (1 + 0x1p-52) : y;
  };
  Program program = one_instruction(Op::Exp, {0.5});
  program.instructions.push_back({.op = Op::Sin, .operands = {{.place = 1}}});
  program.instructions.push_back({.op = Op::Add, .operands = {{.place = 2}, {.place = 0}}});
  const auto found = find_disagreement(program, tape, {.wrap = wrap});
  REQUIRE(found);
  CHECK(found->what == "value");
  CHECK(found->instruction == 1);
  CHECK(!find_disagreement(program, tape));
}

namespace {

// tanh with the right tangents, and in reverse off by a thousandth.
class SkewedTanh : public External {
 public:
  std::string_view name() const override { return "skewed"; }
  void pull_back(std::span<const double> x, std::span<const double> y_adjoint,
                 std::span<double> x_adjoint) const override {
    x_adjoint[0] += 1.001 * partial(x[0]) * y_adjoint[0];
  }
  void push_forward(std::span<const double> x, std::span<const double> x_tangent,
                    std::span<double> y_tangent) const override {
    y_tangent[0] += partial(x[0]) * x_tangent[0];
  }

 private:
  static double partial(double x) { return 1 - std::tanh(x) * std::tanh(x); }
};

}  // namespace

TEST_CASE("a fault of the reverse sweep alone is found, at the first instruction that has it") {
  Tape tape(Tape::inactive);
  const Wrap wrap = [&](Op op, std::span<const Value> x, Value y) {
    if (op != Op::Tanh) return y;
    return tape.external(std::make_shared<SkewedTanh>(), x.first(1), std::array{y.value()})[0];
  };
  Program program = one_instruction(Op::Exp, {0.25});
  program.instructions.push_back({.op = Op::Tanh, .operands = {{.place = 1}}});
  program.instructions.push_back({.op = Op::Mul, .operands = {{.place = 2}, {.place = 0}}});
  const auto found = find_disagreement(program, tape, {.wrap = wrap});
  REQUIRE(found);
  CHECK(found->what == "gradient of backward, and tangent of Dual");
  CHECK(found->instruction == 1);
}

// At a kink every path through the rules says the same, and differences something else.
TEST_CASE("finite differences find what all that use the rules agree on") {
  Tape tape(Tape::inactive);
  const Program kink = one_instruction(Op::Relu, {0.0});
  const auto found = find_disagreement(kink, tape);
  REQUIRE(found);
  CHECK(found->what == "gradient, and finite differences");
  CHECK(found->found == 0.0);
  CHECK(found->expected == 0.5);
  CHECK(!find_disagreement(kink, tape, {.differences = false, .second_order = false}));

  Program second = kink;  // x · relu(x): its gradient has the kink
  second.instructions.push_back({.op = Op::Mul, .operands = {{.place = 1}, {.place = 0}}});
  CHECK(!find_disagreement(second, tape, {.differences = false, .second_order = false}));
  const Comparison of_second_order{.differences = false, .second_order = true};
  const auto found_second = find_disagreement(second, tape, of_second_order);
  REQUIRE(found_second);
  CHECK(found_second->what == "Hessian-vector product, and differences of the gradient");
}

TEST_CASE("an error thrown on the way is a disagreement") {
  Tape tape(Tape::inactive);
  const Wrap wrap = [](Op, std::span<const Value>, Value) -> Value {
    throw UnsupportedError("tanh: not today");
  };
  const auto found = find_disagreement(one_instruction(Op::Tanh, {0.5}), tape, {.wrap = wrap});
  REQUIRE(found);
  CHECK(found->what == "no error, and tanh: not today");
}

// ---- Shrinking and printing ----

TEST_CASE("shrinking keeps what fails, and takes all else away") {
  // Fails where a tanh stands behind a division.
  const auto fails = [](const Program& program) {
    for (const Instruction& step : program.instructions)
      for (const Source& source : step.operands)
        if (step.op == Op::Tanh && !source.is_constant() && source.place >= program.point.size() &&
            program.instructions[source.place - program.point.size()].op == Op::Div)
          return true;
    return false;
  };
  std::uint64_t seed = 1;
  while (!fails(generate(seed))) ++seed;
  const Program least = shrink(generate(seed), fails);
  REQUIRE(least.instructions.size() == 2);
  CHECK(least.instructions[0].op == Op::Div);
  CHECK(least.instructions[1].op == Op::Tanh);
  CHECK(least.point.size() == 1);
}

TEST_CASE("a program prints as C++ that records it") {
  const Program program{
      {0.5, -2},
      {{.op = Op::Mul, .operands = {{.place = 0}, {.constant = 3}}, .plain_constants = true},
       {.op = Op::Mul, .operands = {{.place = 2}, {.place = 2}}, .in_place = true},
       {.op = Op::Less, .operands = {{.place = 0}, {.place = 1}}},
       {.op = Op::Select, .operands = {{.place = 4}, {.place = 1}, {.constant = 0.1}}},
       {.op = Op::WeightedSum,
        .operands = {{.place = 0}, {.place = 1}, {.place = 2}, {.constant = 1}, {.place = 5}}},
       {.op = Op::Polygamma, .operands = {{.constant = 2}, {.place = 0}}},
       {.op = Op::Sum, .operands = {{.place = 3}, {.place = 6}, {.place = 7}}}}};
  CHECK(print_program(program) == R"(#include <fmt/core.h>

#include <cmath>
#include <tapegrad/tapegrad.hpp>
#include <vector>

using namespace tapegrad;

int main() {
  Tape tape;
  const Value x0 = tape.variable(0.5);
  const Value x1 = tape.variable(-2.0);
  const Value y0 = x0 * 3.0;
  Value y1 = y0;
  y1 *= y1;
  const Value y2 = is_less(x0, x1).indicator();
  const Value y3 = select(Condition(y2), x1, Value(0.1));
  const Value y4 = weighted_sum(std::vector<Value>{x0, x1}, std::vector<Value>{y0, Value(1.0)}, y3);
  const Value y5 = polygamma(2, x0);
  const Value y6 = sum(std::vector<Value>{y1, y4, y5});
  tape.backward(y6);
  fmt::print("y6 = {:.17g}\n", y6.value());
  fmt::print("dy6/dx0 = {:.17g}\n", x0.grad());
  fmt::print("dy6/dx1 = {:.17g}\n", x1.grad());
}
)");
}

TEST_CASE("a report names seed, operation and numbers, and has the smallest program") {
  Tape tape(Tape::inactive);
  const Comparison comparison{.wrap = fault(Op::Sinh, [](Value zero) { return 0.25 * zero; })};
  std::uint64_t seed = 1;
  auto found = find_disagreement(generate(seed), tape, comparison);
  while (!found) found = find_disagreement(generate(++seed), tape, comparison);
  const std::string text = report(seed, generate(seed), *found, comparison);
  CAPTURE(text);
  CHECK(text.starts_with(fmt::format("random program {} of ", seed)));
  CHECK(text.find("tangent of push_forward, and of Dual differ by x") != std::string::npos);
  CHECK(text.find("first at sinh, y") != std::string::npos);
  CHECK(text.find(fmt::format("TAPEGRAD_RANDOM_SEED={} TAPEGRAD_RANDOM_GRAPHS=1", seed)) !=
        std::string::npos);
  CHECK(text.find("shrunk to 1: ") != std::string::npos);
  CHECK(text.find("  const Value y0 = sinh(x0);\n  tape.backward(y0);\n") != std::string::npos);
}
