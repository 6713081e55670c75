// Points that a guard turns away, and sums over a batch.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "program/builder.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/core/operators.hpp"
#include "tapegrad/program/batch.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad {
namespace {

using Numbers = std::vector<double>;

// Its result is what the guard reads.
Value branches_on_result(std::span<const Value> x) {
  const Value y = x[0] * x[0] - 1.0;
  return y < 0.0 ? -y : y;
}

// Every third point is off: there y = -0.75, elsewhere y = 3.
Numbers some_off(std::size_t points) {
  Numbers inputs(points, 2.0);
  for (std::size_t p = 0; p < points; p += 3) inputs[p] = 0.5;
  return inputs;
}

double sum_of_others(std::size_t points) {
  return 3.0 * static_cast<double>(points - (points + 2) / 3);
}

}  // namespace

TEST_CASE("a point that is off is in no sum, though the guard reads what is summed") {
  const Program program = compile(branches_on_result, Numbers{2.0});
  for (const std::size_t points : {1u, 7u, 32u, 64u, 65u, 1000u}) {
    CAPTURE(points);
    const Numbers inputs = some_off(points);
    std::vector<std::uint8_t> off(points);
    Numbers sums(1);
    Replay(program, {.summed_outputs = {0}})
        .run({.points = points, .inputs = inputs, .sums = sums, .off = off});
    CHECK(sums[0] == sum_of_others(points));
    CHECK(std::accumulate(off.begin(), off.end(), std::size_t{0}) == (points + 2) / 3);

    BatchGradient batch(program, {.threads = 2});
    Numbers gradients(points);
    const double sum =
        batch.run({.points = points, .inputs = inputs, .gradients = gradients, .off = off});
    CHECK(sum == sum_of_others(points));
  }
}

TEST_CASE("guards on inputs are checked before inputs and constants are summed") {
  ProgramBuilder builder;
  const Ref first = builder.add_input("first");
  const Ref second = builder.add_input("second");
  builder.add_output(builder.constant(3), "");
  builder.add_output(first, "");
  builder.add_guard({.condition = second, .held = false});
  const Replay replay(builder.finish(), {.summed_outputs = {0, 1}});
  const Numbers inputs{10, 0, 20, 1, 40, 0};
  Numbers sums(2);
  std::vector<std::uint8_t> off(3);
  replay.run({.points = 3, .inputs = inputs, .sums = sums, .off = off});
  CHECK(sums == Numbers{6, 50});
  CHECK(off == std::vector<std::uint8_t>{0, 1, 0});
}

TEST_CASE("a condition whose square is 0 does hold, as in Program::run()") {
  ProgramBuilder builder;
  const Ref x = builder.add_input("x");
  builder.add_output(x, "");
  builder.add_guard({.condition = x, .held = false});
  const Program program = builder.finish();
  const Replay replay(program);
  for (const double condition : {1e-200, -1e-170, 5e-324}) {
    CAPTURE(condition);
    CHECK_THROWS_AS(program.run(Numbers{condition}), GuardError);
    for (const std::size_t points : {1u, 20u, 64u}) {
      const Numbers inputs(points, condition);
      Numbers outputs(points);
      CHECK_THROWS_AS(replay.run({.points = points, .inputs = inputs, .outputs = outputs}),
                      GuardError);
    }
  }
}

TEST_CASE("a workspace fits no later Replay, also where that lies at the same address") {
  const auto square = [](std::span<const Value> x) { return x[0] * x[0]; };
  const Program program = compile(square, Numbers{2.0});
  const Numbers inputs{3};
  Numbers outputs(1);
  for (int round = 0; round < 8; ++round) {
    auto first = std::make_unique<Replay>(program);
    Replay::Workspace workspace(*first);
    first.reset();
    const Replay second(program);
    CHECK_THROWS_AS(second.run({.points = 1, .inputs = inputs, .outputs = outputs}, workspace),
                    ArgumentError);
  }
}

TEST_CASE("a number of points that overflows with their width is refused") {
  const auto two = [](std::span<const Value> x) { return std::vector<Value>{x[0] * x[1], x[0]}; };
  const Replay replay(compile(two, Numbers{2, 3}));
  CHECK_THROWS_AS(replay.run({.points = std::size_t{1} << 63}), ShapeError);
}

}  // namespace tapegrad
