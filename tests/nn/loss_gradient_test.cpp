#include "tapegrad/nn/loss_gradient.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "small_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/nn/dropout.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/target_loss.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

// A network with one hidden layer, dropout behind it, and cross-entropy; its data.
struct Task {
  explicit Task(Activation hidden = Activation::tanh) : net({2, 4, 3}, hidden, {}, 3) {}

  SampleLoss loss() const {
    return [this](std::span<const Value> parameters, const SampleValues& sample) {
      const std::size_t first = net.layers()[0].parameter_count();
      std::vector<Value> a = net.layers()[0](parameters.first(first), sample.inputs);
      a = dropout(a, sample.noise);
      return softmax_cross_entropy(net.layers()[1](parameters.subspan(first), a), sample.targets);
    };
  }

  SampleSizes sizes() const {
    return {.parameters = net.parameters().size(), .inputs = 2, .targets = 3, .noise = 4};
  }

  std::vector<double> rows(std::size_t samples) const {
    const Samples data = one_hot(three_blobs(samples, 5));
    const Dropout dropout(0.3);
    Random random(1);
    std::vector<double> numbers;
    std::vector<double> mask(4);
    for (std::size_t i = 0; i < samples; ++i) {
      dropout.draw(random, mask);
      for (const std::span<const double> part :
           {data.row(i), data.target(i), std::span<const double>(mask)})
        numbers.insert(numbers.end(), part.begin(), part.end());
    }
    return numbers;
  }

  MLP net;
};

struct Result {
  double sum;
  std::vector<double> gradient;
  std::vector<double> losses;
};

Result run(LossGradient& engine, const Task& task, std::span<const double> rows) {
  Result result{0, std::vector<double>(task.net.parameters().size(), 7),
                std::vector<double>(rows.size() / task.sizes().row())};
  result.sum = engine.run({.parameters = task.net.parameters(),
                           .rows = rows,
                           .gradient = result.gradient,
                           .losses = result.losses});
  return result;
}

Result run_with(const LossGradientOptions& options, const Task& task,
                std::span<const double> rows) {
  LossGradient engine(task.loss(), task.sizes(), options);
  return run(engine, task, rows);
}

constexpr LossGradientOptions by_program{.engine = Engine::program};
constexpr LossGradientOptions by_tape{.engine = Engine::tape};

}  // namespace

TEST_CASE("a batch of one is the same by Program and by tape to the last bit, as by gradient()") {
  for (const Activation hidden : {Activation::tanh, Activation::relu, Activation::gelu}) {
    const Task task(hidden);
    const std::vector<double> rows = task.rows(20);
    LossGradient program(task.loss(), task.sizes(), by_program);
    LossGradient tape(task.loss(), task.sizes(), by_tape);
    for (std::size_t i = 0; i < 20; ++i) {
      CAPTURE(i);
      const auto row = std::span(rows).subspan(9 * i, 9);
      const std::vector<Value> constants(row.begin(), row.end());
      const auto expected = gradient(
          [&](std::span<const Value> x) { return task.loss()(x, task.sizes().parts(constants)); },
          task.net.parameters());
      for (LossGradient* engine : {&program, &tape}) {
        const Result result = run(*engine, task, row);
        CHECK(result.sum == expected.value);
        CHECK(result.losses[0] == expected.value);
        CHECK(result.gradient == expected.gradient);  // +0 and -0 are equal
      }
    }
  }
}

TEST_CASE("sums of both engines differ by (n - 1) · 2^-52 · Σ |g| at most") {
  const Task task;
  const double epsilon = std::numeric_limits<double>::epsilon();
  for (const std::size_t n : {2u, 3u, 16u, 33u, 150u, 700u}) {
    CAPTURE(n);
    const std::vector<double> rows = task.rows(n);
    const Result program = run_with(by_program, task, rows), tape = run_with(by_tape, task, rows);
    CHECK(program.losses == tape.losses);
    std::vector<double> sizes(task.net.parameters().size());
    for (std::size_t i = 0; i < n; ++i) {
      const Result one = run_with(by_tape, task, std::span(rows).subspan(9 * i, 9));
      for (std::size_t k = 0; k < sizes.size(); ++k) sizes[k] += std::abs(one.gradient[k]);
    }
    const double bound = static_cast<double>(n - 1) * epsilon;
    for (std::size_t k = 0; k < sizes.size(); ++k)
      CHECK(std::abs(program.gradient[k] - tape.gradient[k]) <= bound * sizes[k]);
    const double total = std::accumulate(tape.losses.begin(), tape.losses.end(), 0.0);
    CHECK(std::abs(program.sum - total) <= bound * total);
    CHECK(std::abs(tape.sum - total) <= bound * total);
  }
}

TEST_CASE("the gradient of a batch agrees with finite differences") {
  const Task task;
  const std::vector<double> rows = task.rows(12);
  const auto batch_loss = [&](std::span<const Value> x) {
    Value total = 0;
    const std::vector<Value> constants(rows.begin(), rows.end());
    for (std::size_t i = 0; i < 12; ++i)
      total += task.loss()(x, task.sizes().parts(std::span(constants).subspan(9 * i, 9)));
    return total;
  };
  CHECK(check_gradient(batch_loss, task.net.parameters()).agrees());
  const auto expected = gradient(batch_loss, task.net.parameters()).gradient;
  const Result result = run_with(by_program, task, rows);
  for (std::size_t k = 0; k < expected.size(); ++k)
    CHECK(result.gradient[k] == doctest::Approx(expected[k]).epsilon(1e-12));
}

TEST_CASE("any number of threads gives the same bits") {
  const Task task;
  for (const Engine engine : {Engine::program, Engine::tape}) {
    for (const std::size_t n : {1u, 20u, 700u}) {
      CAPTURE(n);
      const std::vector<double> rows = task.rows(n);
      const Result alone = run_with({.engine = engine}, task, rows);
      for (const std::size_t threads : {2u, 3u, 50u}) {
        const Result together = run_with({.engine = engine, .threads = threads}, task, rows);
        CHECK(together.sum == alone.sum);
        CHECK(bits_of(together.gradient) == bits_of(alone.gradient));
        CHECK(bits_of(together.losses) == bits_of(alone.losses));
      }
    }
  }
}

TEST_CASE("batches follow each other in any size, with other parameters") {
  Task task;
  for (const LossGradientOptions& options : {by_program, by_tape}) {
    LossGradient engine(task.loss(), task.sizes(), options);
    for (const std::size_t n : {5u, 300u, 0u, 2u}) {
      task.net.parameters()[3] += 0.1;
      const std::vector<double> rows = task.rows(n);
      const Result again = run(engine, task, rows), anew = run_with(options, task, rows);
      CHECK(again.sum == anew.sum);
      CHECK(again.gradient == anew.gradient);
    }
  }
}

TEST_CASE("no samples have loss and gradient 0") {
  const Task task;
  for (const LossGradientOptions& options : {by_program, by_tape}) {
    const Result result = run_with(options, task, {});
    CHECK(result.sum == 0);
    CHECK(result.gradient == std::vector<double>(task.net.parameters().size()));
  }
}

TEST_CASE("a loss that does not depend on the parameters has gradient 0") {
  const SampleLoss loss = [](std::span<const Value>, const SampleValues& sample) {
    return sample.inputs[0] * 2;
  };
  for (const LossGradientOptions& options : {by_program, by_tape}) {
    LossGradient engine(loss, {.parameters = 1, .inputs = 1}, options);
    const std::vector<double> parameters{5}, rows{1, 2, 3};
    std::vector<double> gradient{7};
    CHECK(engine.run({.parameters = parameters, .rows = rows, .gradient = gradient}) == 12);
    CHECK(gradient[0] == 0);
  }
}

TEST_CASE("NaN is handed on") {
  const Task task;
  std::vector<double> rows = task.rows(40);
  rows[9 * 11] = std::numeric_limits<double>::quiet_NaN();
  for (const LossGradientOptions& options : {by_program, by_tape}) {
    const Result result = run_with(options, task, rows);
    CHECK(std::isnan(result.sum));
    CHECK(std::isnan(result.gradient[0]));
    CHECK(std::isnan(result.losses[11]));
    CHECK(std::isfinite(result.losses[10]));
  }
}

TEST_CASE("where samples branch otherwise than the first, a Program refuses and a tape does not") {
  const SampleLoss loss = [](std::span<const Value> w, const SampleValues& sample) {
    const Value x = w[0] * sample.inputs[0];
    return x > 1 ? x * x : x;
  };
  const std::vector<double> w{1}, rows{0.5, 0.25, 3};
  std::vector<double> gradient(1);
  const LossGradient::Spans spans{.parameters = w, .rows = rows, .gradient = gradient};
  LossGradient program(loss, {.parameters = 1, .inputs = 1}, by_program);
  std::string message;
  try {
    program.run(spans);
  } catch (const GuardError& error) {
    message = error.what();
  }
  CHECK(message.find("point 2 of the batch") != std::string::npos);
  CHECK(message.find("Engine::tape") != std::string::npos);
  LossGradient tape(loss, {.parameters = 1, .inputs = 1}, by_tape);
  CHECK(tape.run(spans) == 9.75);
  CHECK(gradient[0] == 0.5 + 0.25 + 18);
}

TEST_CASE("a choice that is recorded needs no guard") {
  const SampleLoss loss = [](std::span<const Value> w, const SampleValues& sample) {
    const Value x = w[0] * sample.inputs[0];
    return select(is_greater(x, 1), x * x, x);
  };
  const std::vector<double> w{1}, rows{0.5, 0.25, 3};
  for (const LossGradientOptions& options : {by_program, by_tape}) {
    std::vector<double> gradient(1);
    LossGradient engine(loss, {.parameters = 1, .inputs = 1}, options);
    CHECK(engine.run({.parameters = w, .rows = rows, .gradient = gradient}) == 9.75);
    CHECK(gradient[0] == 18.75);
  }
}

TEST_CASE("what the loss throws comes out of every thread, and the next batch is run") {
  const SampleLoss loss = [](std::span<const Value> w, const SampleValues& sample) -> Value {
    if (sample.inputs[0].value() == 30) throw ArgumentError("thirty");
    return w[0] * sample.inputs[0];
  };
  LossGradient engine(loss, {.parameters = 1, .inputs = 1}, {.engine = Engine::tape, .threads = 3});
  std::vector<double> rows(40), w{2}, gradient(1);
  std::iota(rows.begin(), rows.end(), 0.0);
  const LossGradient::Spans spans{.parameters = w, .rows = rows, .gradient = gradient};
  CHECK_THROWS_WITH_AS(engine.run(spans), "thirty", ArgumentError);
  rows[30] = 0;
  CHECK(engine.run(spans) == 2 * (780.0 - 30));
}

TEST_CASE("what does not fit is refused") {
  const Task task;
  CHECK_THROWS_AS(LossGradient({}, task.sizes()), ArgumentError);
  CHECK_THROWS_AS(LossGradient(task.loss(), {.parameters = 0, .inputs = 1}), ShapeError);
  CHECK_THROWS_AS(LossGradient(task.loss(), {.parameters = 1}), ShapeError);
  CHECK_THROWS_AS(LossGradient(task.loss(), task.sizes(), {.threads = 0}), ArgumentError);

  const std::vector<double> rows = task.rows(2);
  std::vector<double> gradient(task.net.parameters().size()), losses(1);
  const auto try_run = [&](const LossGradient::Spans& spans) {
    LossGradient(task.loss(), task.sizes()).run(spans);
  };
  const std::span<const double> w = task.net.parameters();
  CHECK_THROWS_WITH_AS(try_run({.parameters = w.first(3), .rows = rows, .gradient = gradient}),
                       "LossGradient::run: 3 numbers of parameters; it takes 27", ShapeError);
  CHECK_THROWS_AS(try_run({.parameters = w, .rows = rows}), ShapeError);
  CHECK_THROWS_WITH_AS(
      try_run({.parameters = w, .rows = std::span(rows).first(10), .gradient = gradient}),
      "LossGradient::run: 10 numbers are no whole rows of 9 a sample", ShapeError);
  CHECK_THROWS_AS(try_run({.parameters = w, .rows = rows, .gradient = gradient, .losses = losses}),
                  ShapeError);
}
