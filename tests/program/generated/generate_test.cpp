// Generated C++: as text, and compiled, without optimisation and with.

#include "tapegrad/program/generate.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "../../core/same.hpp"
#include "program/builder.hpp"
#include "program/gamma_functions.hpp"
#include "programs.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/ops/special.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

using Evaluate = bool (*)(const double*, double*);
extern const Evaluate generated_plain[];
extern const Evaluate generated_fast[];

namespace {

using Numbers = std::vector<double>;

// A place for one node alone.
const void* place_of_pa = nullptr;
std::optional<Location> only_pa(const void* caller) {
  if (caller != place_of_pa) return std::nullopt;
  return Location{.file = "/home/me/\"loss\".cpp", .line = 3, .function = "f"};
}

// loss = tanh(w·x)², the derivatives of which are ∂loss/∂w and ∂loss/∂x.
Program named_neuron(Locate locate = nullptr) {
  Tape tape;
  if (locate != nullptr) tape.record_locations();
  const std::vector<Value> x{tape.variable(0.5, "w"), tape.variable(2, "x")};
  const Value pa = x[0] * x[1], a = tanh(pa), loss = a * a;
  tape.name(pa, "pa");
  tape.name(a, "L1.a");
  tape.name(loss, "loss");
  if (locate != nullptr) place_of_pa = tape.caller(pa.node());
  const Program program =
      compile(tape, x, std::span(&loss, 1), {.no_branches = true, .locate = locate});
  return optimise(differentiate(program)).program;
}

// From the function on.
std::string function_of(const std::string& text) {
  return text.substr(text.find("bool evaluate("));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  REQUIRE_MESSAGE(in, path.string() << " is sought from the folder in which this was built");
  return {std::istreambuf_iterator<char>(in), {}};
}

// The compiled program of that name.
std::size_t place_of(const std::string& name) {
  const std::vector<Generated> all = generated_programs();
  const auto found = std::ranges::find(all, name, &Generated::name);
  REQUIRE(found != all.end());
  return static_cast<std::size_t>(found - all.begin());
}

}  // namespace

TEST_CASE("generated C++ reads as one writes it") {
  const auto neuron = [](std::span<const Value> x) { return sigmoid(x[0] * x[1] - 2.0); };
  CHECK(
      generate_cpp(compile(neuron, Numbers{1, 2}), {.function = "neuron"}) ==
      R"(// Written by tapegrad. It computes what was recorded, to the last bit, compiled like this:
//   c++ -std=c++20 -O3 -march=native -ffp-contract=off -c neuron.cpp
// To step through it: -O0 -g instead of -O3.
//
// inputs[0]   x[0]
// inputs[1]   x[1]
// outputs[0]  y[0]
#include <cmath>

namespace {

using std::exp;

double sigmoid(double x) { return 1 / (1 + exp(-x)); }

}  // namespace

bool neuron(const double* inputs, double* outputs) {
  const double v0 = inputs[0] * inputs[1];  // #3
  const double v1 = v0 - 2.0;  // #4
  const double v2 = sigmoid(v1);  // #5
  outputs[0] = v2;  // y[0]
  return true;
}
)");
}

TEST_CASE("variables have the names of nodes, and the chain rule is told line by line") {
  CHECK(function_of(generate_cpp(named_neuron())) ==
        R"(bool evaluate(const double* inputs, double* outputs) {
  const double w = inputs[0];
  const double x = inputs[1];

  // ---- Forward pass ----
  const double pa = w * x;  // #3 pa
  const double L1_a = tanh(pa);  // #4 L1.a
  const double loss = L1_a * L1_a;  // #5 loss

  // ---- Chain rule: from loss back to the inputs ----
  const double dloss_dL1_a = L1_a + L1_a;  // ∂loss/∂L1.a += ∂loss/∂loss · ∂loss/∂L1.a
  const double dL1_a_dpa = 1.0 - loss;  // ∂L1.a/∂pa
  const double dloss_dpa = chain(dloss_dL1_a, dL1_a_dpa);  // ∂loss/∂pa = ∂loss/∂L1.a · ∂L1.a/∂pa
  const double dloss_dw = chain(dloss_dpa, x);  // ∂loss/∂w = ∂loss/∂pa · ∂pa/∂w
  const double dloss_dx = chain(dloss_dpa, w);  // ∂loss/∂x = ∂loss/∂pa · ∂pa/∂x

  outputs[0] = loss;  // loss
  outputs[1] = dloss_dw;  // d/dw
  outputs[2] = dloss_dx;  // d/dx
  return true;
}
)");
}

TEST_CASE("an adjoint that is handed on as it is has no line, but is told where it is used") {
  const auto f = [](std::span<const Value> x) { return exp(sin(x[0] * x[1] + x[1])); };
  const std::string text = generate_cpp(optimise(differentiate(compile(f, Numbers{1, 2}))).program);
  CHECK(text.find("// ∂y[0]/∂x[0] = ∂y[0]/∂#3 · ∂#3/∂x[0], where ∂y[0]/∂#3 is ∂y[0]/∂#4\n") !=
        std::string::npos);
}

TEST_CASE("with source_lines a debugger is led through the lines that recorded") {
  const std::string text =
      generate_cpp(named_neuron(only_pa), {.function = "neuron", .source_lines = true});
  // The place of an instruction, and after it the generated file's own lines.
  const std::size_t node_3 =
      text.find("#line 3 \"/home/me/\\\"loss\\\".cpp\"\n  const double pa = ");
  REQUIRE(node_3 != std::string::npos);
  const std::size_t back = text.find("#line ", node_3 + 1);
  const auto lines = std::ranges::count(text.substr(0, back), '\n');
  CHECK(text.substr(back).starts_with(
      fmt::format("#line {} \"neuron.cpp\"\n  const double L1_a = ", lines + 2)));
  CHECK(generate_cpp(named_neuron(only_pa)).find("#line") == std::string::npos);
  CHECK(generate_cpp(named_neuron(), {.source_lines = true}).find("#line") == std::string::npos);
}

TEST_CASE("a program that comes from no tape has numbers for names, and no comments") {
  ProgramBuilder builder;
  const Ref x = builder.add_input("");
  builder.add_output(builder.append(Op::Neg, {builder.append(Op::Mul, {x, x})}), "");
  CHECK(function_of(generate_cpp(builder.finish())) ==
        R"(bool evaluate(const double* inputs, double* outputs) {
  const double v0 = inputs[0] * inputs[0];
  const double v1 = -v0;
  outputs[0] = v1;  // y[0]
  return true;
}
)");
}

TEST_CASE("a name may be anything: what is no identifier becomes one, each once") {
  const std::string text = generate_cpp(program_of_names());
  for (const char* line :
       {"const double inputs_2 = inputs[0];", "const double double_ = inputs[1];",
        "const double tanh_2 = tanh(", "const double v3_ = ", "const double NAN_ = ",
        "const double a_b = ", "const double a_b_2 = ", "const double n2nd = ", "const double x = ",
        "const double ends = ", "  // #24 two\\nlines\n",
        "const double std_ = ", "const double outputs_2 = ", "const double evaluate_2 = ",
        "const double M_PI_ = ", "const double linux_ = "}) {
    CAPTURE(std::string(line));
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("compiled, it equals the program to the bit, whatever the optimisation") {
  std::size_t k = 0;
  for (const Generated& one : generated_programs()) {
    CAPTURE(one.name);
    for (const Evaluate evaluate : {generated_plain[k], generated_fast[k]}) {
      for (const double factor : {1.0, 1.0 + 1e-3}) {
        Numbers x = one.point, found(one.program.output_count());
        for (double& xi : x) xi *= factor;
        CHECK(evaluate(x.data(), found.data()));
        CHECK(all_same_adjoints(found, one.program.run(x)));
      }
    }
    ++k;
  }
}

TEST_CASE("digamma and polygamma are the library's, also at their edges") {
  const std::size_t digamma_at = place_of("digamma"), polygamma_at = place_of("polygamma");
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double x : {0.0, -0.0, -1.0, -2.5, -0.5, 1e-300, 0.3, 1.4616321449683622, 11.9, 40.0,
                         1e17, infinity, -infinity, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(x);
    for (const auto* table : {generated_plain, generated_fast}) {
      double found = 0;
      CHECK(table[digamma_at](&x, &found));
      CHECK(same_bits(found, special::digamma(x)));
      const Numbers order_and_x{0, x};  // the order was recorded as 2
      CHECK(table[polygamma_at](order_and_x.data(), &found));
      CHECK(same_bits(found, special::polygamma(2.0, x)));
    }
  }
}

TEST_CASE("the templates of digamma and polygamma are those of the library, letter by letter") {
  const auto folder = std::filesystem::path(__FILE__).parent_path() / "../../..";
  CHECK(gamma_functions == read_file(folder / "src/ops/gamma_functions.inc"));
  for (const char* function : {"digamma_of(T x) {", "polygamma_of(T n, T x) {"})
    CHECK(gamma_functions.find(function) != std::string_view::npos);
}

TEST_CASE("where a guard comes out otherwise it returns false, and writes nothing") {
  Numbers outputs(3, -1);
  const Numbers otherwise{2, 1};
  CHECK_FALSE(generated_plain[place_of("branch")](otherwise.data(), outputs.data()));
  CHECK(outputs == Numbers(3, -1));
}

TEST_CASE("what cannot be generated is told") {
  const Program program = named_neuron();
  CHECK_THROWS_AS(generate_cpp(program, {.function = "2nd"}), ArgumentError);
  CHECK_THROWS_AS(generate_cpp(program, {.function = ""}), ArgumentError);
  CHECK_THROWS_AS(generate_cpp(program, {.function = "double"}), ArgumentError);
  for (const char* taken : {"part_0", "NAN", "INFINITY", "main", "size_t"})
    CHECK_THROWS_AS(generate_cpp(program, {.function = taken}), ArgumentError);
  CHECK_THROWS_AS(generate_cpp(program, {.instructions_per_function = 0}), ArgumentError);
}
