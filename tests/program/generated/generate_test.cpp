// Generated C++: as text, and compiled, without optimisation and with.

#include "tapegrad/program/generate.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../../core/same.hpp"
#include "programs.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

using Evaluate = bool (*)(const double*, double*);
extern const Evaluate generated_plain[];
extern const Evaluate generated_fast[];

namespace {

using Numbers = std::vector<double>;

}  // namespace

TEST_CASE("generated C++ reads as one writes it") {
  const auto neuron = [](std::span<const Value> x) { return sigmoid(x[0] * x[1] - 2.0); };
  CHECK(
      generate_cpp(compile(neuron, Numbers{1, 2}), {.function = "neuron"}) ==
      R"(// Written by tapegrad. With -ffp-contract=off it computes what was recorded, to the last bit.
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
  const double v0 = inputs[0] * inputs[1];
  const double v1 = v0 - 2.0;
  const double v2 = sigmoid(v1);
  outputs[0] = v2;  // y[0]
  return true;
}
)");
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

TEST_CASE("where a guard comes out otherwise it returns false, and writes nothing") {
  const std::vector<Generated> all = generated_programs();
  const auto branch = std::ranges::find(all, "branch", &Generated::name);
  Numbers outputs(3, -1);
  const Numbers otherwise{2, 1};
  CHECK_FALSE(generated_plain[branch - all.begin()](otherwise.data(), outputs.data()));
  CHECK(outputs == Numbers(3, -1));
}

TEST_CASE("what cannot be generated is told") {
  const auto f = [](std::span<const Value> x) { return lgamma(x[0]); };
  const Program program = compile(f, Numbers{2});
  CHECK_THROWS_WITH_AS(generate_cpp(differentiate(program)),
                       "generate_cpp: digamma is no function of C++, and has no formula",
                       UnsupportedError);
  CHECK_THROWS_AS(generate_cpp(program, {.function = "2nd"}), ArgumentError);
  CHECK_THROWS_AS(generate_cpp(program, {.function = ""}), ArgumentError);
  CHECK_THROWS_AS(generate_cpp(program, {.instructions_per_function = 0}), ArgumentError);
}
