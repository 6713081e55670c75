// A long loop reversed within a memory budget, held against the same loop on a plain tape.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/same.hpp"
#include "derivatives/binomial_schedule.hpp"
#include "pendulum.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/checkpoint.hpp"
#include "tapegrad/derivatives/hessian.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

State plain_loop(State x, Inputs p, std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) {
    const auto next = pendulum(x, p, i);
    x.assign(next.begin(), next.end());
  }
  return x;
}

// Adjoints of start and constants, for an output of both numbers of the last state.
Numbers gradient_of(const std::function<State(const State&, const State&)>& loop) {
  Tape tape;
  const State x = tape.variables(start), p = tape.variables(constants);
  const State y = loop(x, p);
  tape.backward(y[0] * y[1]);
  Numbers all(x.size() + p.size());
  tape.adjoints(x, std::span(all).first(x.size()));
  tape.adjoints(p, std::span(all).subspan(x.size()));
  return all;
}

}  // namespace

TEST_CASE("a loop is one operation on the tape, with the values of the plain loop") {
  Tape tape;
  const State x = tape.variables(start), p = tape.variables(constants);
  const State y = checkpointed_loop(x, p, 100, pendulum);
  REQUIRE(y.size() == 2);
  CHECK(tape.size() == 5 + 1 + 2);
  CHECK(tape.node(6).operation() == "checkpointed_loop");
  const State expected = plain_loop(x, p, 100);
  CHECK(y[0].value() == expected[0].value());
  CHECK(y[1].value() == expected[1].value());
}

TEST_CASE("gradients are those of the plain tape to the bit, with any number of snapshots") {
  for (const std::size_t steps : {1u, 2u, 3u, 50u, 333u}) {
    const Numbers expected =
        gradient_of([&](const State& x, const State& p) { return plain_loop(x, p, steps); });
    for (const std::size_t snapshots : {1u, 2u, 3u, 7u, 1000u}) {
      CAPTURE(steps);
      CAPTURE(snapshots);
      const CheckpointedLoopOptions options = room_for(snapshots);
      const Numbers found = gradient_of([&](const State& x, const State& p) {
        return checkpointed_loop(x, p, steps, pendulum, options);
      });
      CHECK(all_same_adjoints(found, expected));
      const CheckpointReport& report = *options.report;
      CHECK(report.steps == steps);
      CHECK(report.snapshots == std::min(snapshots, steps));
      CHECK(report.most_snapshots <= snapshots);
      CHECK(report.forward_steps == fewest_forward_steps(steps, snapshots));
      CHECK(report.binomial_bound == report.forward_steps);
      CHECK(report.memory_bytes() <= options.memory_budget);
    }
  }
}

TEST_CASE("numbers of the state may pass through a step, or be constants after it") {
  // The first number stays, the second is forgotten, the third is made of all.
  const auto step = [](Inputs x, std::size_t) { return State{x[0], 0.5, x[0] * x[1] + sin(x[2])}; };
  for (const std::size_t steps : {1u, 2u, 20u}) {
    CAPTURE(steps);
    Tape tape;
    const Numbers numbers{2, 3, 4};
    const State x = tape.variables(numbers);
    const State y = checkpointed_loop(x, steps, step, room_for(2, 3));
    tape.backward({{y[0], 1}, {y[1], 10}, {y[2], 100}});
    Numbers found(3), expected(3);
    tape.adjoints(x, found);
    State z = x;
    for (std::size_t i = 0; i < steps; ++i) z = step(z, i);
    tape.backward({{z[0], 1}, {z[1], 10}, {z[2], 100}});
    tape.adjoints(x, expected);
    CHECK(all_same_adjoints(found, expected));
  }
}

TEST_CASE("a step whose results are constants ends the gradient") {
  Tape tape;
  const Value x = tape.variable(2);
  const auto reset = [](Inputs v, std::size_t i) { return State{i == 5 ? Value(1) : 3 * v[0]}; };
  tape.backward(checkpointed_loop(std::span(&x, 1), 10, reset)[0]);
  CHECK(x.grad() == 0);
}

TEST_CASE("a number that a step returns twice takes the sum of both adjoints") {
  Tape tape;
  const Numbers numbers{0.3, 0.4};
  const State x = tape.variables(numbers);
  const auto step = [](Inputs v, std::size_t) {
    const Value y = sin(v[0]) * v[1];
    return State{y, y};
  };
  const State y = checkpointed_loop(x, 5, step);
  tape.backward(y[0] + 3 * y[1]);
  const double found = x[0].grad();
  State z = x;
  for (std::size_t i = 0; i < 5; ++i) z = step(z, i);
  tape.backward(z[0] + 3 * z[1]);
  CHECK(found == doctest::Approx(x[0].grad()).epsilon(1e-14));  // summed in another order
}

TEST_CASE("no steps give the state itself, and constants give constants, without a tape") {
  const State numbers(start.begin(), start.end()), p(constants.begin(), constants.end());
  const State y = checkpointed_loop(numbers, p, 10, pendulum);
  CHECK(y[0].is_constant());
  CHECK(y[1].value() == plain_loop(numbers, p, 10)[1].value());
  Tape tape;
  const State x = tape.variables(start);
  const State same = checkpointed_loop(x, p, 0, pendulum, room_for(0));
  CHECK(same[1].node() == x[1].node());
  CHECK(tape.size() == 2);
  CHECK(checkpointed_loop({}, 10, [](Inputs, std::size_t) { return State(); }).empty());
}

TEST_CASE("constants among state and parameters are no obstacle") {
  Tape tape;
  const State x{tape.variable(0.5), -0.2}, p{9.81, tape.variable(0.3), 0.7};
  std::size_t constant_parameters = 0;
  const auto step = [&](Inputs v, Inputs q, std::size_t i) {
    constant_parameters += q[0].is_constant() && q[2].is_constant();
    return pendulum(v, q, i);
  };
  tape.backward(checkpointed_loop(x, p, 30, step)[0]);
  const Numbers found{x[0].grad(), p[1].grad()};
  CHECK(constant_parameters == 30 + 29 + 30);  // forward, again (all but the last), recorded
  tape.backward(plain_loop(x, p, 30)[0]);
  CHECK(found == Numbers{x[0].grad(), p[1].grad()});
}

TEST_CASE("a loop of twenty thousand steps is differentiated within 64 kilobytes") {
  CheckpointedLoopOptions options;
  options.memory_budget = 64 << 10;
  options.report = std::make_shared<CheckpointReport>();
  const Numbers found = gradient_of([&](const State& x, const State& p) {
    return checkpointed_loop(x, p, 20'000, pendulum, options);
  });
  const Numbers expected =
      gradient_of([&](const State& x, const State& p) { return plain_loop(x, p, 20'000); });
  CHECK(all_same_adjoints(found, expected));
  CHECK(options.report->memory_bytes() <= options.memory_budget);
  CHECK(options.report->recomputation() < 2);
}

TEST_CASE("Jacobians by rows and by columns go through a loop") {
  Tape tape;
  State x = tape.variables(start);
  const State p = tape.variables(constants);
  const State y = checkpointed_loop(x, p, 60, pendulum, room_for(4));
  const State z = plain_loop(x, p, 60);
  x.insert(x.end(), p.begin(), p.end());
  Numbers rows_seed{1, 0, 0, 1}, columns_seed(25), rows(10), columns(10), expected(10);
  for (std::size_t i = 0; i < 5; ++i) columns_seed[i * 6] = 1;
  tape.pull_back(y, rows_seed, x, rows);
  tape.push_forward(x, columns_seed, y, columns);
  tape.pull_back(z, rows_seed, x, expected);
  CHECK(all_same_adjoints(rows, expected));
  for (std::size_t i = 0; i < 5; ++i)
    for (std::size_t k = 0; k < 2; ++k)  // sums over 60 steps, of another order
      CHECK(columns[i * 2 + k] == doctest::Approx(expected[k * 5 + i]).epsilon(1e-12));
}

TEST_CASE("second derivatives go through a loop, with snapshots of states and tangents") {
  const auto split = [](Inputs all) { return std::pair{all.first(2), all.subspan(2)}; };
  const CheckpointedLoopOptions options = room_for(6);
  const auto looped = [&](Inputs all) {
    const auto [x, p] = split(all);
    const State y = checkpointed_loop(x, p, 40, pendulum, options);
    return y[0] * y[1] * all[2];
  };
  const auto plain = [&](Inputs all) {
    const auto [x, p] = split(all);
    const State y = plain_loop({x.begin(), x.end()}, p, 40);
    return y[0] * y[1] * all[2];
  };
  Numbers point = start;
  point.insert(point.end(), constants.begin(), constants.end());
  const Matrix expected = hessian(plain, point);
  const Matrix found = hessian(looped, point);
  for (std::size_t k = 0; k < expected.numbers.size(); ++k)  // sums over 40 steps
    CHECK(found.numbers[k] == doctest::Approx(expected.numbers[k]).epsilon(1e-11));
}

TEST_CASE("a second-order sweep of a loop keeps its snapshots within the budget") {
  Tape tape;
  const State x = tape.variables(start), p = tape.variables(constants);
  const CheckpointedLoopOptions options = room_for(6);
  checkpointed_loop(x, p, 40, pendulum, options);
  Numbers operands = start, tangents{1, 0, 0, 0, 0}, adjoints{1, 1}, out(5);
  operands.insert(operands.end(), constants.begin(), constants.end());
  tape.external_of(6).pull_back_derivative(operands, tangents, adjoints, out);
  const CheckpointReport& report = *options.report;
  CHECK(report.snapshot_bytes == 8 * 4 + 8);
  CHECK(report.snapshots == 6 * 24 / 40);
  CHECK(report.most_snapshots == 3);
  CHECK(report.forward_steps == fewest_forward_steps(40, 3));
}

TEST_CASE("loops and checkpoints nest in the steps of a loop") {
  const auto inner_step = [](Inputs v, std::size_t) { return State{sin(v[0]) + 0.1 * v[0]}; };
  const auto outer_step = [&](Inputs v, std::size_t) {
    const Value y = checkpoint([](Inputs u) { return 2 * cos(u[0]); }, v);
    return checkpointed_loop(std::span(&y, 1), 5, inner_step);
  };
  Tape tape;
  const Value x = tape.variable(0.7);
  tape.backward(checkpointed_loop(std::span(&x, 1), 8, outer_step)[0]);
  const double found = x.grad();
  Value y = x;
  for (int i = 0; i < 8; ++i) {
    y = 2 * cos(y);
    for (std::size_t k = 0; k < 5; ++k) y = inner_step(std::span(&y, 1), k)[0];
  }
  tape.backward(y);
  CHECK(found == x.grad());
}

TEST_CASE("steps may record more than the first, within step_bytes") {
  Tape tape;
  const Value x = tape.variable(0.5);
  // One node in the first step, a thousand in the fifth: 32 bytes each.
  const auto step = [](Inputs v, std::size_t i) {
    Value y = v[0];
    for (int k = 0; k < (i == 5 ? 1000 : 1); ++k) y = y * 1.001;
    return State{y};
  };
  CheckpointedLoopOptions options;
  options.memory_budget = 40'000;
  options.step_bytes = 20'000;
  const Value narrow = checkpointed_loop(std::span(&x, 1), 2'000, step, options)[0];
  CHECK_THROWS_AS(tape.backward(narrow), TapeFullError);
  options.step_bytes = 36'000;
  options.report = std::make_shared<CheckpointReport>();
  tape.backward(checkpointed_loop(std::span(&x, 1), 2'000, step, options)[0]);
  CHECK(x.grad() == doctest::Approx(std::pow(1.001, 2'999)).epsilon(1e-12));
  CHECK(options.report->memory_bytes() <= options.memory_budget);
  CHECK(options.report->step_bytes >= 1000 * 32);
}

TEST_CASE("a report tells what is planned before the first sweep, and may outlive the loop") {
  const CheckpointedLoopOptions options = room_for(5);
  {
    Tape tape;
    const State x = tape.variables(start), p = tape.variables(constants);
    const State y = checkpointed_loop(x, p, 100, pendulum, options);
    CHECK(options.report->steps == 100);
    CHECK(options.report->snapshots == 5);
    CHECK(options.report->snapshot_bytes == 24);
    CHECK(options.report->step_bytes == 2048);
    CHECK(options.report->forward_steps == 0);
    CHECK(options.report->binomial_bound == fewest_forward_steps(100, 5));
    tape.backward(y[1]);
  }
  CHECK(options.report->forward_steps == options.report->binomial_bound);
  CHECK(options.report->recomputation() == static_cast<double>(fewest_forward_steps(100, 5)) / 100);
}

TEST_CASE("within NoGrad a loop is computed and not recorded") {
  Tape tape;
  const std::vector<Value> x{tape.variable(3)};
  const NoGrad no_grad;
  const auto doubled = [](std::span<const Value> v, std::size_t) {
    return std::vector{v[0] * 2.0};
  };
  const std::vector<Value> y = checkpointed_loop(x, 3, doubled);
  CHECK(y[0].is_constant());
  CHECK(y[0].value() == 24);
  CHECK(tape.size() == 1);
}
