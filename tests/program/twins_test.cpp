// Folds that read the same rows, run two at a time.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/same.hpp"
#include "program/instruction_set.hpp"
#include "program/plan.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/replay.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

constexpr std::size_t inputs = 3, neurons = 5;  // an odd one
constexpr std::size_t weights = (inputs + 1) * neurons;

// x, then the weights and biases of each neuron.
Value layer(X x) {
  Value sum = 0;
  for (std::size_t j = 0; j < neurons; ++j) {
    const X w = x.subspan(inputs + (inputs + 1) * j, inputs + 1);
    sum = sum + tanh(w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3]);
  }
  return sum;
}

std::vector<std::size_t> from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = first + i;
  return all;
}

std::size_t twins(const Program& program, const ReplayOptions& options) {
  const Replay::Plan plan(program, options);
  std::size_t count = 0;
  for (const Step& step : plan.steps)
    if (step.kind == Step::Kind::fold && step.c != 0) ++count;
  return count;
}

// At as many points, and in registers of any width, against the program alone, to the bit.
void check_at_points(const Program& program, const ReplayOptions& options, std::size_t points) {
  const Replay replay(program, options);
  Numbers varying, uniform;
  for (std::size_t k = 0; k < points * replay.varying_inputs(); ++k)
    varying.push_back(std::sin(double(3 * k)));
  for (std::size_t k = 0; k < replay.uniform_inputs(); ++k)
    uniform.push_back(std::cos(double(5 * k)));
  for (const InstructionSet set :
       {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
    CAPTURE(to_string(set));
    const InstructionSetLimit limit(set);
    Numbers outputs(points * replay.outputs());
    replay.run({.points = points, .inputs = varying, .uniform = uniform, .outputs = outputs});
    for (std::size_t p = 0; p < points; ++p) {
      const auto row = std::span(varying).subspan(p * replay.varying_inputs());
      Numbers x(row.begin(), row.begin() + std::ptrdiff_t(replay.varying_inputs()));
      x.insert(x.end(), uniform.begin(), uniform.end());
      const Numbers expected = program.run(x);
      for (std::size_t k = 0; k < expected.size(); ++k)
        CHECK(proof::same_bits(outputs[p * expected.size() + k], expected[k]));
    }
  }
}

}  // namespace

TEST_CASE("neurons of a layer go in twos, and equal the program alone to the bit") {
  const Program value = compile(layer, Numbers(inputs + weights, 0.5));
  const ReplayOptions options{.uniform_inputs = from(inputs, weights), .summed_outputs = {}};
  CHECK(twins(value, options) == neurons / 2);
  for (const std::size_t points : {1u, 8u, 32u, 70u}) {
    CAPTURE(points);
    check_at_points(value, options, points);
    check_at_points(differentiate(value), options, points);
  }
}

TEST_CASE("a fold that reads the result of the one before is not its twin") {
  // The first one's result takes the row of x[1], which nobody reads any more: by their rows alone
  // the two look alike.
  const auto chain = [](X x) {
    const Value a = x[2] * x[0] + x[3] * x[1];
    return x[4] * x[0] + x[5] * a;
  };
  const Program program = compile(chain, Numbers(6, 0.5));
  const ReplayOptions options{.uniform_inputs = from(2, 4), .summed_outputs = {}};
  CHECK(twins(program, options) == 0);
  for (const std::size_t points : {1u, 8u, 32u, 64u}) check_at_points(program, options, points);
}
