// Every allocation of everything that a tape and a program do fails once, and once with all that
// follow: an exception comes out, nothing else; what was recorded before is whole; and the next
// attempt gives the same numbers.

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <functional>
#include <limits>
#include <new>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "failing_memory.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;
using tapegrad::testing::FailingMemory;

namespace {

using Numbers = std::vector<double>;
using Scenario = std::function<Numbers()>;

enum class Outcome { done, threw };

struct Attempt {
  Outcome outcome = Outcome::done;
  bool has_failed = false;
  Numbers numbers;
};

/// With memory that fails, on a thread that has kept nothing from before. Only what says that
/// memory is out may be thrown.
Attempt attempt(const Scenario& scenario, std::size_t n, std::size_t failures) {
  Attempt result;
  std::thread([&] {
    const FailingMemory memory(n, failures);
    try {
      result.numbers = scenario();
    } catch (const std::bad_alloc&) {
      result.outcome = Outcome::threw;
    } catch (const TapeFullError&) {
      result.outcome = Outcome::threw;
    }
    result.has_failed = FailingMemory::has_failed();
  }).join();
  return result;
}

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

/// @return allocations that the scenario makes
std::size_t fail_everywhere(const Scenario& scenario) {
  const Numbers expected = scenario();
  for (const std::size_t failures : {std::size_t{1}, all}) {
    for (std::size_t n = 0;; ++n) {
      CAPTURE(n);
      CAPTURE(failures);
      const Attempt result = attempt(scenario, n, failures);
      if (result.outcome == Outcome::done) REQUIRE(result.numbers == expected);
      REQUIRE(scenario() == expected);
      if (!result.has_failed) {
        REQUIRE(result.outcome == Outcome::done);
        if (failures == all) return n;
        break;
      }
    }
  }
  return 0;
}

Value some_function(Value x, Value y) {
  const std::vector<Value> terms = {x, y, sin(x * y), 2};
  return log_sum_exp(terms) + exp(x) / y + max(x, y) * hypot(x, y);
}

/// Long enough to outgrow the first block, and the one after it.
Numbers long_recording(std::size_t nodes) {
  Tape tape;
  const Value x = tape.variable(0.5);
  Value y = x;
  while (tape.size() < nodes) y = y * 0.999 + x;
  tape.backward(y);
  return {y.value(), x.grad()};
}

Numbers named_recording() {
  Tape tape(Tape::Options{.guards = true});
  tape.record_locations();
  const Value x = tape.variable(0.5, "a name that is too long for a string without memory");
  const Value y = tape.variable(1.5, "y");
  if (x < y) tape.name(x * y, "product of both of them, in words");
  const Value z = some_function(x, y);
  tape.backward(z);
  const std::string text =
      dump(tape) + tree(tape.node(z)) + to_string(explain(tape.node(z), tape.node(x)));
  return {z.value(), x.grad(), y.grad(), static_cast<double>(text.size())};
}

Numbers segments() {
  Tape tape;
  const Value x = tape.variable(0.5);
  Numbers numbers;
  for (int i = 0; i < 3; ++i) {
    Mark outer = tape.mark();
    const Value y = some_function(x, x + i);
    {
      const Mark inner = tape.mark();
      tape.backward(y * y);
      numbers.push_back(x.grad());
    }
    tape.rewind(outer);
  }
  numbers.push_back(static_cast<double>(tape.size()));
  return numbers;
}

Numbers derivatives() {
  const auto f = [](std::span<const Value> x) { return some_function(x[0], x[1]) * x[2]; };
  const std::array point{0.5, 1.5, -2.0};
  const auto first = gradient(f, point).gradient;
  Numbers numbers(first.begin(), first.end());
  const Matrix second = hessian(f, point);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) numbers.push_back(second(i, j));
  return numbers;
}

Numbers programs() {
  const auto f = [](std::span<const Value> x) { return some_function(x[0], x[1]); };
  const Program program = optimise(differentiate(compile(f, std::array{0.5, 1.5}))).program;
  Numbers numbers = program.run(std::array{0.25, 2.0});
  const std::string text = to_string(program);
  numbers.push_back(static_cast<double>(text.size()));
  return numbers;
}

Numbers training() {
  MLP net({2, 3, 1}, Activation::tanh, Activation::identity, 7);
  Adam adam(0.01);
  Tape tape;
  Numbers losses;
  for (int i = 0; i < 3; ++i) {
    tape.clear();
    const std::array x{tape.variable(0.5), tape.variable(-1.0)};
    const Value error = net(std::span<const Value>(x))[0] - 1;
    tape.backward(error * error);
    adam.step(net.parameters(), net.gradient());
    losses.push_back((error * error).value());
  }
  return losses;
}

Numbers replays() {
  const auto f = [](std::span<const Value> x) { return some_function(x[0], x[1]); };
  const Program program = differentiate(compile(f, std::array{0.5, 1.5}));
  const Replay replay(program, {.uniform_inputs = {1}, .summed_outputs = {2}});
  const std::array points{0.1, 0.2, 0.3, 0.4, 0.5};
  Numbers numbers(10);
  std::array<double, 1> sums{};
  replay.run({.points = 5,
              .inputs = points,
              .uniform = std::array{1.5},
              .outputs = numbers,
              .sums = sums});
  numbers.push_back(sums[0]);
  return numbers;
}

Numbers stepping() {
  Tape tape;
  const Value x = tape.variable(0.5, "x");
  const Value y = some_function(x, x + 1);
  Stepper stepper(tape.node(y));
  stepper.watch(tape.node(x));
  stepper.break_at_operation("exp");
  while (!stepper.at_end()) stepper.run();
  stepper.back();
  stepper.finish();
  const std::string text = to_string(audit(tape.node(y))) + to_string(find_anomalies(tape.node(y)));
  return {stepper.adjoint(tape.node(x)), static_cast<double>(text.size())};
}

Numbers sparse() {
  const auto f = [](std::span<const Value> x) {
    std::vector<Value> y;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) y.push_back(x[i] * x[i + 1]);
    return y;
  };
  const SparseDerivative derivative = sparse_jacobian(f, std::vector<double>(20, 0.5));
  return derivative.matrix.numbers;
}

Numbers checkpoints() {
  Tape tape;
  const std::array state{tape.variable(0.5), tape.variable(0.25)};
  const auto step = [](std::span<const Value> s, std::size_t) {
    return std::vector<Value>{s[0] + 0.1 * s[1], s[1] - 0.1 * sin(s[0])};
  };
  const std::vector<Value> end = checkpointed_loop(state, 30, step, {.memory_budget = 2000});
  tape.backward(end[0] * end[1]);
  return {state[0].grad(), state[1].grad()};
}

Numbers trainers() {
  const Samples samples{.inputs = 1, .targets = 1, .x = {0, 0.5, 1, 1.5}, .y = {0, 1, 2, 3}};
  MLP net({1, 3, 1}, Activation::tanh, Activation::identity, 7);
  GradientDescent optimizer(0.1);
  Trainer trainer(
      {.network = net, .optimizer = optimizer, .objective = regression(), .train = samples},
      {.epochs = 2, .batch = 2});
  trainer.run();
  return {net.parameters().begin(), net.parameters().end()};
}

}  // namespace

TEST_CASE("whichever allocation fails, an exception comes out, and the next attempt is right") {
  const std::vector<std::pair<const char*, Scenario>> scenarios = {
      {"a long recording", [] { return long_recording(3000); }},
      {"names, guards, places and texts", named_recording},
      {"segments", segments},
      {"derivatives of functions", derivatives},
      {"programs", programs},
      {"replays", replays},
      {"stepping", stepping},
      {"sparse derivatives", sparse},
      {"checkpoints", checkpoints},
      {"training by tape", training},
      {"training by a Trainer", trainers},
  };
  for (const auto& each : scenarios) {
    const char* const name = each.first;
    CAPTURE(name);
    CHECK(fail_everywhere(each.second) > 0);
  }
}

TEST_CASE("a tape whose growth fails keeps what it holds, sweeps it, and records on") {
  for (const std::size_t size : {std::size_t{500}, std::size_t{2000}, std::size_t{200'000}}) {
    for (std::size_t n = 0;; ++n) {
      CAPTURE(size);
      CAPTURE(n);
      Tape tape;
      const Value x = tape.variable(0.5);
      Value y = x;
      double expected = 1;
      bool has_failed = false;
      try {
        const FailingMemory memory(n, all);
        while (tape.size() < size) {
          y = y * 0.999 + x;
          expected = expected * 0.999 + 1;
        }
        has_failed = FailingMemory::has_failed();
      } catch (const TapeFullError&) {
        has_failed = true;
      } catch (const std::bad_alloc&) {  // not even the message found room
        has_failed = true;
      }
      tape.backward(y);
      REQUIRE(x.grad() == doctest::Approx(expected));
      const Value more = y + x;
      tape.backward(more);
      REQUIRE(x.grad() == doctest::Approx(expected + 1));
      if (!has_failed) break;
    }
  }
}
