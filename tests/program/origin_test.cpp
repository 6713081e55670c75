// Where the instructions of a program come from: nodes, names, places, and the chain rule.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "../core/same.hpp"
#include "bench/kernels.hpp"
#include "program/builder.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/inspect/location.hpp"
#include "tapegrad/inspect/tape_file.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;
using Kind = Origin::Kind;

const CompileOptions plain{.no_branches = true};

// L = tanh(w·x + b)², recorded as nodes 1 to 7.
Program neuron() {
  Tape tape;
  const std::vector<Value> x{tape.variable(2, "w"), tape.variable(3, "x"), tape.variable(1)};
  const Value pa = x[0] * x[1] + x[2], a = tanh(pa), L = a * a;
  tape.name(pa, "pa");
  tape.name(a, "a");
  tape.name(L, "L");
  return compile(tape, x, std::span(&L, 1), plain);
}

std::vector<std::string> origins(const Program& program) {
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < program.instructions().size(); ++k)
    texts.push_back(to_string(program, program.origin(k)));
  return texts;
}

using Texts = std::vector<std::string>;

// What each instruction computes at a point.
Numbers results(const Program& program, const Numbers& x) {
  ProgramBuilder builder;
  builder.copy(program);
  for (std::size_t k = 0; k < program.instructions().size(); ++k)
    builder.add_output(Ref::result(program.input_count() + k), "");
  return builder.finish().run(x);
}

// What a program says of its instructions holds on the tape: numbers that are called a node's
// value, partial or adjoint are that.
void check_against_tape(const Program& program, const Tape& tape, const Numbers& x) {
  const Numbers found = results(program, x);
  std::map<std::uint32_t, double> adjoints;  // the last sum is the adjoint
  for (std::size_t k = 0; k < found.size(); ++k) {
    const Origin origin = program.origin(k);
    CAPTURE(to_string(program, origin));
    REQUIRE(origin.node != 0);
    if (!origin.is_whole) continue;
    const Node node = tape.node(origin.node);
    if (origin.kind == Kind::value) CHECK(proof::same_bits(found[k], node.value()));
    if (origin.kind == Kind::partial) {
      const auto is_it = [&](const Operand& operand) {
        return operand.node == origin.operand && proof::same_adjoint(operand.partial, found[k]);
      };
      CHECK(std::ranges::any_of(node.operands(), is_it));
    }
    if (origin.kind == Kind::first || origin.kind == Kind::sum) adjoints[origin.operand] = found[k];
  }
  for (const auto& [node, adjoint] : adjoints)
    CHECK(proof::same_adjoint(adjoint, *tape.find_adjoint(node)));
}

std::optional<Location> made_up(const void* caller) {
  if (caller == nullptr) return std::nullopt;
  return Location{.file = "/home/me/loss.cpp", .line = 12, .function = "softmax"};
}

}  // namespace

TEST_CASE("an instruction knows its node and the node's name, also when the tape is gone") {
  const Program program = neuron();
  CHECK(origins(program) == Texts{"#4", "#5 pa", "#6 a", "#7 L"});
  CHECK(program.origin(1) == Origin{.node = 5});
  CHECK(program.node_name(5) == "pa");
  CHECK(program.node_name(1) == "w");
  CHECK(program.node_name(3).empty());
  CHECK(program.node_name(100).empty());
  CHECK(program.caller(5) == nullptr);
  CHECK(!program.location(5));
}

TEST_CASE("the text of a program has the names") {
  CHECK(to_string(optimise(differentiate(neuron())).program) ==
        "inputs: w x x[2]\n"
        "%0 = mul(w, x)\n"
        "%1 pa = add(%0, x[2])\n"
        "%2 a = tanh(%1)\n"
        "%3 L = mul(%2, %2)\n"
        "%4 ∂L/∂a = add(%2, %2)\n"
        "%5 ∂a/∂pa = sub(1, %3)\n"
        "%6 ∂L/∂pa = chain(%4, %5)\n"
        "%7 ∂L/∂w = chain(%6, x)\n"
        "%8 ∂L/∂x = chain(%6, w)\n"
        "L = %3\n"
        "d/dw = %7\n"
        "d/dx = %8\n"
        "d/dx[2] = %6\n");
}

TEST_CASE("what the chain rule does is said step by step") {
  const auto f = [](std::span<const Value> x) { return sin(x[0] * x[1]) * x[0]; };
  const Program program = remove_dead_code(differentiate(compile(f, Numbers{1, 2})));
  CHECK(origins(program) == Texts{"#3", "#4", "#5", "∂#4/∂#3", "∂y[0]/∂#3 = ∂y[0]/∂#4 · ∂#4/∂#3",
                                  "∂y[0]/∂#3 · ∂#3/∂x[0]",  // added to what #5 handed on
                                  "∂y[0]/∂x[0] += ∂y[0]/∂#3 · ∂#3/∂x[0]",
                                  "∂y[0]/∂x[1] = ∂y[0]/∂#3 · ∂#3/∂x[1]"});
}

TEST_CASE("of kernels, values, partials and adjoints are what they are called") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    Tape tape(Tape::inactive, {.guards = true});
    const ActiveScope active = tape.activate();
    const std::vector<Value> inputs = tape.variables(x);
    const Value y = kernel(std::span<const Value>(inputs));
    if (tape.size() > 5'000) return;  // as true, and slow
    tape.backward(y);
    const Program gradient = differentiate(compile(tape, inputs, std::span(&y, 1)));
    check_against_tape(gradient, tape, x);
    check_against_tape(share_common_subexpressions(remove_dead_code(gradient)), tape, x);
    check_against_tape(expand(gradient), tape, x);
  });
}

TEST_CASE("names of a layer's nodes are derived from its scheme") {
  const MLP net({2, 3, 1}, Activation::tanh, Activation::identity, 1);
  Tape tape;
  const std::vector<Value> parameters = net.variables(tape);
  const std::vector<Value> x{tape.variable(0.5), tape.variable(-1)};
  std::vector<Value> inputs = parameters;
  inputs.insert(inputs.end(), x.begin(), x.end());
  const Value y = net.forward(parameters, x)[0];
  const Program program = compile(tape, inputs, std::span(&y, 1), plain);
  const std::string text = to_string(program);
  CHECK(text.find("L1.n3.pa = ") != std::string::npos);
  CHECK(text.find("L2.n1.pa = ") != std::string::npos);
}

TEST_CASE("of equal instructions the origin of the first stays") {
  const auto f = [](std::span<const Value> x) { return exp(x[0]) * exp(x[0]); };
  const Program program = share_common_subexpressions(compile(f, Numbers{1}));
  CHECK(origins(program) == Texts{"#2", "#4"});
}

TEST_CASE("an operation that is written out is several instructions, of which one is the node") {
  const auto f = [](std::span<const Value> x) { return dot(x.first(2), x.last(2)); };
  CHECK(origins(expand(compile(f, Numbers{1, 2, 3, 4}))) == Texts{"for #5", "for #5", "#5"});
  // Its derivatives are within one node.
  const Program late = remove_dead_code(differentiate(expand(compile(f, Numbers{1, 2, 3, 4}))));
  for (std::size_t k = 3; k < late.instructions().size(); ++k) CHECK(late.origin(k).node == 5);
}

TEST_CASE("a tangent program says what moves what") {
  const Texts texts = origins(remove_dead_code(tangent(neuron())));
  CHECK(std::ranges::count(texts, "tangent of pa += ∂pa/∂x[2] · tangent of x[2]") == 1);
  CHECK(std::ranges::count(texts, "tangent of a = ∂a/∂pa · tangent of pa") == 1);
}

TEST_CASE("what a pull_back differentiates is called L") {
  const Texts texts = origins(pull_back(neuron()));
  CHECK(std::ranges::count(texts, "∂L/∂pa = ∂L/∂a · ∂a/∂pa") == 1);
  const auto two = [](std::span<const Value> x) { return std::vector{exp(x[0]), x[0] * x[0]}; };
  CHECK(std::ranges::count(origins(pull_back(compile(two, Numbers{1}))),
                           "∂L/∂x[0] = ∂L/∂#3 · ∂#3/∂x[0]") == 1);
}

TEST_CASE("derivatives of derivatives name the chain rule that they go through") {
  const Program gradient = differentiate(neuron());
  const Program second =
      optimise(differentiate(keep_outputs(gradient, std::array<std::size_t, 1>{1}))).program;
  const Texts texts = origins(second);
  CHECK(std::ranges::count(texts, "chain rule 2 of chain rule 1, at #6 a") > 0);
  CHECK(std::ranges::find_if(texts, [](const std::string& text) {
          return text.starts_with("∂(d/dw)/∂pa = ∂(d/dw)/∂a · ∂a/∂pa");
        }) != texts.end());
}

TEST_CASE("a program may be differentiated more often than orders are counted") {
  constexpr std::array<std::size_t, 1> value{0};
  Program program = neuron();
  for (int order = 0; order < 300; ++order)
    program = remove_dead_code(keep_outputs(differentiate(program), value));
  const Program last = differentiate(program);
  CHECK(to_string(last, last.origin(last.instructions().size() - 1)) == "∂L/∂x = ∂L/∂#4 · ∂#4/∂x");
}

TEST_CASE("a guard is told by the names of its operands and where it was recorded") {
  const auto f = [](std::span<const Value> x) {
    const Value margin = x[0] - x[1];
    return margin > 0.5 ? margin : -margin;
  };
  const Program with_places = compile(f, Numbers{2, 1}, {.locate = made_up});
  CHECK_THROWS_WITH_AS(with_places.run(Numbers{1, 2}),
                       "Program: greater(%0, 0.5), recorded at loss.cpp:12 in softmax, was true "
                       "when it was recorded, and is not here: the function branches otherwise; "
                       "compile it here as well, or record the choice with select()",
                       GuardError);

  Tape tape(Tape::Options{.guards = true});
  tape.record_locations();
  const Value x = tape.variable(2, "x"), pa = x * 3.0;
  tape.name(pa, "pa");
  const Value y = pa > x ? pa : x;
  const Program named = compile(tape, std::vector{x}, std::span(&y, 1));
  CHECK_THROWS_WITH_AS(
      named.run(Numbers{-1}),
      "Program: greater(pa, x) was true when it was recorded, and is not here: the "
      "function branches otherwise; compile it here as well, or record the choice "
      "with select()",
      GuardError);
  const std::size_t guard = tape.guards()[0];
  REQUIRE(tape.caller(guard) != nullptr);
  CHECK(named.caller(guard) == tape.caller(guard));
  CHECK(!named.location(guard));
  CHECK(optimise(with_places).program.location(3)->line == 12);
}

TEST_CASE("of a tape from a file the places are those in the file") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() /
      fmt::format("tapegrad_origin_test_{}.tape", std::random_device()());
  {
    Tape tape;
    tape.record_locations();
    const Value x = tape.variable(2, "x");
    tape.name(exp(x) * 3.0, "y");
    save_tape(tape, file.string());
  }
  const std::unique_ptr<Tape> tape = load_tape(file.string());
  std::filesystem::remove(file);
  const Value x = tape->value(1), y = tape->value(3);
  const Program program =
      compile(*tape, std::span(&x, 1), std::span(&y, 1), {.no_branches = true, .locate = made_up});
  for (std::size_t node = 2; node <= 3; ++node) {
    const std::optional<Location> expected = location(tape->node(node)),
                                  found = program.location(node);
    REQUIRE(found.has_value() == expected.has_value());
    if (found) CHECK(to_string(*found) == to_string(*expected));
  }
}

TEST_CASE("a program that comes from no tape says nothing of origins") {
  ProgramBuilder builder;
  const Ref x = builder.add_input("x");
  builder.add_output(builder.append(Op::Sin, {x}), "");
  const Program program = builder.finish(), gradient = differentiate(program);
  CHECK(program.node_name(1).empty());
  CHECK(program.caller(1) == nullptr);
  CHECK(origins(gradient) == Texts{"", ""});
  CHECK(to_string(gradient) == "inputs: x\n%0 = sin(x)\n%1 = cos(x)\ny[0] = %0\nd/dx = %1\n");
  CHECK_THROWS_AS(program.origin(1), std::out_of_range);
}
