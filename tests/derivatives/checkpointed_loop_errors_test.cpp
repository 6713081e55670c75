// What a checkpointed loop refuses, when it is recorded and when it is swept.

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include "pendulum.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/checkpoint.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

TEST_CASE("a step that changes the length of the state is a ShapeError that names it") {
  Tape tape;
  const State x = tape.variables(start);
  const auto grows = [](Inputs v, std::size_t i) {
    State y(v.begin(), v.end());
    if (i == 7) y.push_back(1);
    return y;
  };
  CHECK_THROWS_WITH_AS(checkpointed_loop(x, 20, grows),
                       "checkpointed_loop: step 7 gives 3 numbers for a state of 2; it must give "
                       "the whole next state",
                       ShapeError);
  CHECK(tape.size() == 2);
  CHECK(tape.is_active());
}

TEST_CASE("a budget too small for one snapshot is an ArgumentError that says what it takes") {
  Tape tape;
  const State x = tape.variables(start), p = tape.variables(constants);
  CheckpointedLoopOptions options = room_for(1);
  checkpointed_loop(x, p, 20, pendulum, options);
  CHECK(options.report->snapshots == 1);
  CHECK(options.report->binomial_bound == 20 * 19 / 2);
  const std::size_t size = tape.size();
  --options.memory_budget;
  CHECK_THROWS_WITH_AS(
      checkpointed_loop(x, p, 20, pendulum, options),
      "checkpointed_loop: a memory budget of 2071 bytes is too small: 2048 bytes are kept for the "
      "tape of a step, and one snapshot takes 24; allow 2072 bytes, or keep less with step_bytes",
      ArgumentError);
  CHECK(tape.size() == size);
  // Enough for the gradient, but not for a tangent beside the state.
  const State y = checkpointed_loop(x, p, 20, pendulum, room_for(1));
  const Seed seed{y[0]};
  Numbers direction{1, 0}, product(2);
  CHECK_THROWS_AS(tape.hessian_vector_products(std::span(&seed, 1), x, direction, product),
                  ArgumentError);
}

TEST_CASE("a Value that a step captured is an error when the loop is recorded") {
  Tape tape;
  const Value x = tape.variable(2), captured = tape.variable(5);
  const auto computes = [&](Inputs v, std::size_t i) {
    return State{i < 3 ? v[0] : v[0] * captured};
  };
  CHECK_THROWS_WITH_AS(
      checkpointed_loop(std::span(&x, 1), 10, computes),
      "checkpointed_loop: step 3: the function computes with a Value that it captured, which has "
      "to be passed as an input (mul: the value 5 (node 2) is not on the tape: it is from before a "
      "clear() or rewind(), or of another tape or thread; make it again with variable(), go "
      "on with its own tape (activate()), or use its value() as a constant)",
      StaleValueError);
  const auto returns = [&](Inputs v, std::size_t i) { return State{i < 3 ? v[0] : captured}; };
  CheckpointedLoopOptions options;
  options.name = "orbit";
  CHECK_THROWS_WITH_AS(checkpointed_loop(std::span(&x, 1), 10, returns, options),
                       "checkpointed_loop 'orbit': step 3: result 0 is the value 5 (node 2), which "
                       "the function captured and which has to be passed as an input",
                       StaleValueError);
  State kept;  // from the step before
  const auto remembers = [&](Inputs v, std::size_t) {
    const State y{kept.empty() ? v[0] : kept[0] + v[0]};
    kept.assign(v.begin(), v.end());
    return y;
  };
  CHECK_THROWS_AS(checkpointed_loop(std::span(&x, 1), 10, remembers), StaleValueError);
  CHECK(tape.size() == 2);
}

TEST_CASE("the inputs of a loop need their tape, and that it is active") {
  Tape tape(Tape::inactive);
  const State x = tape.variables(start);
  const auto step = [](Inputs v, std::size_t) { return State(v.begin(), v.end()); };
  CHECK_THROWS_AS(checkpointed_loop(x, 3, step), NoActiveTapeError);
  Tape other;
  CHECK_THROWS_AS(checkpointed_loop(x, 3, step), StaleValueError);
}

TEST_CASE("a step that does not compute the same again is an error of the sweep") {
  Tape tape;
  const Value x = tape.variable(2);
  std::size_t wrong = 100;
  const auto drifts = [&](Inputs v, std::size_t i) {
    return State{v[0] * (i == wrong ? 1.25 : 1.5)};
  };
  for (std::size_t i = 0; i < 20; ++i) {
    CAPTURE(i);
    const Value y = checkpointed_loop(std::span(&x, 1), 20, drifts, room_for(3, 1))[0];
    wrong = i;
    CHECK_THROWS_AS(tape.backward(y), UnsupportedError);
    wrong = 100;
  }
  const Value y = checkpointed_loop(std::span(&x, 1), 1, drifts)[0];
  wrong = 0;
  CHECK_THROWS_WITH_AS(tape.backward(y),
                       "checkpointed_loop: step 0: result 0 is 2.5 now, and was 3 when it ran "
                       "before; it must compute the same each time",
                       UnsupportedError);
  const double direction[] = {1};
  double out[] = {0};
  const Seed seed{y};
  const std::span<const Value> output(&y, 1), input(&x, 1);
  CHECK_THROWS_AS(tape.push_forward(input, direction, output, out), UnsupportedError);
  CHECK_THROWS_AS(tape.hessian_vector_products(std::span(&seed, 1), input, direction, out),
                  UnsupportedError);
  const double operand[] = {2};
  CHECK_THROWS_AS(
      tape.external_of(tape.size() - 1).pull_back_derivative(operand, direction, direction, out),
      UnsupportedError);
}

TEST_CASE("a step that throws leaves the tape as it was, when recorded and when swept") {
  Tape tape;
  const State x = tape.variables(start), p = tape.variables(constants);
  std::size_t runs_left = 50;
  const auto limited = [&](Inputs v, Inputs q, std::size_t i) {
    if (runs_left-- == 0) throw std::runtime_error("half-way");
    return pendulum(v, q, i);
  };
  CHECK_THROWS_WITH(checkpointed_loop(x, p, 100, limited), "half-way");
  CHECK(tape.size() == 5);
  CHECK(tape.is_active());
  runs_left = 150;  // forward, and half of the way again
  const State y = checkpointed_loop(x, p, 100, limited, room_for(5));
  CHECK_THROWS_WITH(tape.backward(y[0]), "half-way");
  CHECK(tape.is_active());
  CHECK_THROWS_AS(x[0].grad(), NoAdjointError);
  runs_left = 10'000;
  tape.backward(y[0]);
  CHECK(x[0].grad() != 0);
}
