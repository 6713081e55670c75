// Batches, against one run after the other.

#include "tapegrad/program/replay.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "../core/functions.hpp"
#include "../core/same.hpp"
#include "../ops/points.hpp"
#include "bench/kernels.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"

using namespace tapegrad;
namespace proof = tapegrad::testing;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

// Varies each number of a point a little, the same at every place.
Numbers points_around(std::span<const double> x, std::size_t points) {
  Numbers all;
  for (std::size_t p = 0; p < points; ++p)
    for (std::size_t i = 0; i < x.size(); ++i)
      all.push_back(x[i] * (1 + 1e-3 * std::sin(static_cast<double>(p * 31 + i))));
  return all;
}

Numbers run_one_by_one(const Program& program, std::span<const double> inputs) {
  Numbers all;
  const std::size_t n = program.input_count();
  for (std::size_t first = 0; first < inputs.size(); first += n)
    for (const double y : program.run(inputs.subspan(first, n))) all.push_back(y);
  return all;
}

Numbers run_together(const Replay& replay, std::span<const double> inputs, std::size_t points,
                     std::size_t threads = 1) {
  Numbers outputs(points * replay.outputs(), -1);
  Replay::Workspace workspace(replay, threads);
  replay.run({.points = points, .inputs = inputs, .uniform = {}, .outputs = outputs, .sums = {}},
             workspace);
  return outputs;
}

// pa = w·x + b and a loss, of one sample: x and the truth vary, w and b are uniform.
Value loss(X v) {
  const Value a = tanh(v[2] * v[0] + v[3]);
  return (a - v[1]) * (a - v[1]);
}
const ReplayOptions uniform_parameters{.uniform_inputs = {2, 3}, .summed_outputs = {3, 4}};

}  // namespace

TEST_CASE("a batch equals its points one by one, to the bit, whatever their number") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    const Program recorded = compile(kernel, x);
    if (recorded.instructions().size() > 10'000) return;
    const Program program = differentiate(recorded);
    const Replay replay(program);
    for (const std::size_t points : {std::size_t{1}, replay.lanes() + 1}) {
      const Numbers inputs = points_around(x, points);
      CHECK(proof::all_same_adjoints(run_together(replay, inputs, points),
                                     run_one_by_one(program, inputs)));
    }
  });
}

TEST_CASE("every operation in lanes equals itself alone: to the bit, or within 4 ULP by vectors") {
  proof::Points points;
  for_each_rule([&]<class Rule>() {
    for (const proof::Function& function : proof::functions()) {
      if (function.op != op_of<Rule>) continue;
      for (const std::size_t operands : proof::operand_counts<Rule>()) {
        const auto f = [&](X x) {
          std::vector<Value> taken(x.begin(), x.end());
          if (proof::is_order(function.op, 0)) taken[0] = 2;
          return function.record(taken);
        };
        constexpr std::size_t count = 100;
        Numbers inputs;
        for (std::size_t p = 0; p < count; ++p)
          for (const double x : points.of(Rule::info, operands)) inputs.push_back(x);
        const Program program = compile(f, std::span(inputs).first(operands));
        const Numbers expected = run_one_by_one(program, inputs);
        CAPTURE(Rule::info.name);
        CHECK(proof::all_same(run_together(Replay(program), inputs, count), expected));
        const Numbers by_vectors =
            run_together(Replay(program, {.math = Math::vector}), inputs, count);
        // Each function within 4 units in the last place; a rule may add up a few of them, and
        // lose digits where it subtracts: of 1, at most.
        for (std::size_t p = 0; p < count; ++p)
          CHECK(std::abs(by_vectors[p] - expected[p]) <=
                16 * 0x1p-52 * std::max(1.0, std::abs(expected[p])));
      }
    }
  });
}

TEST_CASE("by vectors a point's results depend neither on its place nor on the others") {
  const auto f = [](X x) { return exp(sin(x[0])) * log(x[1]) + tanh(x[0] * x[1]); };
  const Numbers x{0.7, 1.9};
  const Replay replay(differentiate(compile(f, x)), {.math = Math::vector});
  const Numbers inputs = points_around(x, 200);
  const Numbers together = run_together(replay, inputs, 200);
  for (const std::size_t p : {0u, 1u, 15u, 63u, 64u, 199u}) {
    const Numbers alone = run_together(replay, std::span(inputs).subspan(2 * p, 2), 1);
    CHECK(proof::all_same(alone, std::span(together).subspan(3 * p, 3)));
  }
}

TEST_CASE("infinities and NaN come out of lanes as from a run alone") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto f = [](X x) { return sqrt(x[0]) * x[1] + max(x[0], x[1]) + log(x[1]); };
  const Numbers inputs{0, 0, inf, 1, -1, 2, 3, inf, std::nan(""), 1, 0, 5, 1, std::nan("")};
  const Program program = differentiate(compile(f, Numbers{2, 1}));
  CHECK(proof::all_same_adjoints(run_together(Replay(program), inputs, 7),
                                 run_one_by_one(program, inputs)));
}

TEST_CASE("uniform inputs: their derivatives are summed over the points") {
  const Program program = differentiate(compile(loss, Numbers{1, 0.5, 0.3, -0.2}));
  const Replay replay(program, uniform_parameters);
  CHECK(replay.varying_inputs() == 2);
  CHECK(replay.uniform_inputs() == 2);
  CHECK(replay.outputs() == 3);  // the loss, and its derivatives by x and the truth
  CHECK(replay.summed_outputs() == 2);
  constexpr std::size_t points = 150;
  Numbers samples, outputs(3 * points), sums(2), expected(2);
  const Numbers parameters{0.3, -0.2};
  for (std::size_t p = 0; p < points; ++p) {
    samples.push_back(std::cos(static_cast<double>(p)));
    samples.push_back(0.5);
  }
  replay.run({.points = points,
              .inputs = samples,
              .uniform = parameters,
              .outputs = outputs,
              .sums = sums});
  for (std::size_t p = 0; p < points; ++p) {
    const Numbers one =
        program.run(Numbers{samples[2 * p], samples[2 * p + 1], parameters[0], parameters[1]});
    for (std::size_t k = 0; k < 3; ++k) CHECK(proof::same_adjoint(outputs[3 * p + k], one[k]));
    expected[0] += one[3];
    expected[1] += one[4];
  }
  for (std::size_t k = 0; k < 2; ++k)  // summed in another order
    CHECK(sums[k] == doctest::Approx(expected[k]).epsilon(1e-13));
}

TEST_CASE("results are the same to the bit on any number of threads") {
  const Replay replay(differentiate(compile(loss, Numbers{1, 0.5, 0.3, -0.2})), uniform_parameters);
  const std::size_t points = replay.lanes() * 300 + 7;  // more than 64 times 4 blocks
  Numbers samples;
  for (std::size_t p = 0; p < 2 * points; ++p) samples.push_back(std::sin(0.1 * double(p)));
  const Numbers parameters{0.3, -0.2};
  const auto run_on = [&](std::size_t threads) {
    Numbers outputs(3 * points), sums(2);
    Replay::Workspace workspace(replay, threads);
    replay.run({.points = points,
                .inputs = samples,
                .uniform = parameters,
                .outputs = outputs,
                .sums = sums},
               workspace);
    outputs.insert(outputs.end(), sums.begin(), sums.end());
    return outputs;
  };
  const Numbers one = run_on(1);
  CHECK(run_on(2) == one);
  CHECK(run_on(5) == one);
}

TEST_CASE("threads of one's own may run the same replay") {
  const Program program = differentiate(compile(loss, Numbers{1, 0.5, 0.3, -0.2}));
  const Replay replay(program);
  const Numbers inputs = points_around(Numbers{1, 0.5, 0.3, -0.2}, 300);
  const Numbers expected = run_together(replay, inputs, 300);
  std::array<Numbers, 4> found;
  std::vector<std::thread> threads;
  for (Numbers& one : found) threads.emplace_back([&] { one = run_together(replay, inputs, 300); });
  for (std::thread& thread : threads) thread.join();
  for (const Numbers& one : found) CHECK(one == expected);
}

TEST_CASE("an operation of three operands takes uniform ones as well") {
  const auto f = [](X x) { return fma(x[0], x[1], x[2]) + fma(x[1], x[1], x[2]); };
  const Program program = compile(f, Numbers{1, 2, 3});
  const Replay replay(program, {.uniform_inputs = {1, 2}, .summed_outputs = {}});
  Numbers outputs(2);
  const Numbers varying{5, 7}, uniform{2, 3};
  replay.run({.points = 2, .inputs = varying, .uniform = uniform, .outputs = outputs, .sums = {}});
  CHECK(outputs == Numbers{13 + 7, 17 + 7});
}

TEST_CASE("outputs may be inputs, constants, uniform and the same twice") {
  const auto f = [](X x) { return std::vector<Value>{x[0], 5.0, x[1], x[0] * x[1], x[1] * 2.0}; };
  const Program program = compile(f, Numbers{1, 2});
  const Replay replay(program, {.uniform_inputs = {1}, .summed_outputs = {1, 4}});
  Numbers outputs(9), sums(2);
  const Numbers varying{5, 7, 9}, uniform{2};
  replay.run(
      {.points = 3, .inputs = varying, .uniform = uniform, .outputs = outputs, .sums = sums});
  CHECK(outputs == Numbers{5, 2, 10, 7, 2, 14, 9, 2, 18});
  CHECK(sums == Numbers{15, 12});
}

TEST_CASE("a point where a guard comes out otherwise is named, or marked and left out of sums") {
  const auto f = [](X x) { return x[0] > 0.0 ? x[0] * x[1] : x[1]; };
  const Program program = differentiate(compile(f, Numbers{1, 2}));
  const Replay replay(program, {.uniform_inputs = {1}, .summed_outputs = {0, 2}});
  const Numbers varying{1, -2, 3, -4}, uniform{10};
  Numbers outputs(4), sums(2);
  std::vector<std::uint8_t> off(4, 9);
  Batch batch{.points = 4, .inputs = varying, .uniform = uniform, .outputs = outputs, .sums = sums};
  CHECK_THROWS_WITH_AS(replay.run(batch), doctest::Contains("(point 1 of the batch)"), GuardError);
  batch.off = off;
  replay.run(batch);
  CHECK(off == std::vector<std::uint8_t>{0, 1, 0, 1});
  CHECK(sums == Numbers{40, 4});
}

TEST_CASE("no points: no outputs, and sums of 0") {
  const Replay replay(differentiate(compile(loss, Numbers{1, 0.5, 0.3, -0.2})), uniform_parameters);
  Numbers sums{7, 7};
  const Numbers parameters{1, 2};
  replay.run({.points = 0, .inputs = {}, .uniform = parameters, .outputs = {}, .sums = sums});
  CHECK(sums == Numbers{0, 0});
}

TEST_CASE("a replay that is given another one runs its program") {
  Replay replay(compile([](X x) { return x[0] + 1; }, Numbers{0}));
  Replay other(compile([](X x) { return x[0] * x[1]; }, Numbers{0, 0}));
  replay = std::move(other);
  CHECK(replay.varying_inputs() == 2);
  const Numbers x{3, 4};
  Numbers y(1);
  replay.run({.points = 1, .inputs = x, .uniform = {}, .outputs = y, .sums = {}});
  CHECK(y[0] == 12);
}

TEST_CASE("what does not fit is told") {
  const Program program = differentiate(compile(loss, Numbers{1, 0.5, 0.3, -0.2}));
  CHECK_THROWS_AS(Replay(program, {.uniform_inputs = {4}, .summed_outputs = {}}), ArgumentError);
  CHECK_THROWS_AS(Replay(program, {.uniform_inputs = {1, 1}, .summed_outputs = {}}), ArgumentError);
  CHECK_THROWS_AS(Replay(program, {.uniform_inputs = {}, .summed_outputs = {5}}), ArgumentError);
  const Replay replay(program), other(program);
  Numbers inputs(4), outputs(4);
  CHECK_THROWS_WITH_AS(
      replay.run({.points = 1, .inputs = inputs, .uniform = {}, .outputs = outputs, .sums = {}}),
      "Replay::run: 4 numbers of outputs; it takes 5", ShapeError);
  Replay::Workspace workspace(other);
  outputs.resize(5);
  CHECK_THROWS_AS(
      replay.run({.points = 1, .inputs = inputs, .uniform = {}, .outputs = outputs, .sums = {}},
                 workspace),
      ArgumentError);
}

TEST_CASE("explain tells passes, steps and memory") {
  const Replay replay(differentiate(compile(loss, Numbers{1, 0.5, 0.3, -0.2})), uniform_parameters);
  CHECK(replay.explain().find("remove dead code") != std::string::npos);
  CHECK(replay.explain().find("steps a block of 64 lanes") != std::string::npos);
}
