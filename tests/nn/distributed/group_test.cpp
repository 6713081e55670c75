// Trainings by several processes, each of which runs all these tests: run.py starts 1 to 4 of them.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "nn/small_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/distributed.hpp"
#include "tapegrad/nn/dropout.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

const ProcessGroup* group = nullptr;  // set by main()

bool is_last() { return group->rank() + 1 == group->size(); }

/// A training with all that draws random numbers, remembers and decides.
struct Setup {
  MLP net{{2, 6, 3}, Activation::tanh, Activation::identity, 1};
  Adam adam{0.02};
  Samples train = one_hot(three_blobs(50, 1));
  Samples validation = one_hot(three_blobs(20, 2));
  TrainerOptions options{.epochs = 4, .batch = 16, .weight_decay = 0.01, .clip_norm = 0.5};
  TrainingHistory history;
  std::vector<double> losses;  // of the batches

  Setup() {
    options.on_step = [this](const StepReport& report) { losses.push_back(report.loss); };
    options.early_stopping = EarlyStopping(1);
    options.noise = {.count = 6, .draw = [](Random& random, std::span<double> mask) {
                       Dropout(0.25).draw(random, mask);
                     }};
    options.forward = [this](std::span<const Value> parameters, const SampleValues& sample) {
      const std::vector<Value> a = net.layers()[0](parameters.first(18), sample.inputs);
      return net.layers()[1](parameters.subspan(18), dropout(a, sample.noise));
    };
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  Training training() {
    return {.network = net,
            .optimizer = adam,
            .objective = classification(),
            .train = train,
            .validation = validation};
  }
  void run(const TrainerOptions& with) { history = Trainer(training(), with).run(); }
};

std::string text_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a group comes to the bits of one process that sums as many parts") {
  for (const Engine engine : {Engine::program, Engine::tape}) {
    for (const std::size_t each : {1u, 2u, 4u}) {
      const std::size_t parts = group->size() * each;
      Setup alone, together;
      alone.options.gradient.engine = together.options.gradient.engine = engine;
      alone.options.share = {.parts = parts, .begin = 0, .end = parts};
      alone.run(alone.options);
      together.run(group->share_out(together.options, parts));
      CHECK(bits_of(together.net.parameters()) == bits_of(alone.net.parameters()));
      CHECK(together.adam.state() == alone.adam.state());
      CHECK(together.history.csv() == alone.history.csv());
      CHECK(bits_of(together.losses) == bits_of(alone.losses));
    }
  }
}

TEST_CASE("a group trains as one process that sums all at once, but for rounding") {
  Setup alone, together;
  alone.run(alone.options);
  together.run(group->share_out(together.options));
  for (std::size_t k = 0; k < alone.net.parameters().size(); ++k)
    CHECK(together.net.parameters()[k] ==
          doctest::Approx(alone.net.parameters()[k]).epsilon(1e-9));  // it grows in 16 steps
}

TEST_CASE("after a training all processes have the same network and optimiser") {
  Setup setup;
  const TrainerOptions options = group->share_out(setup.options);
  setup.run(options);
  CHECK(text_of([&] { group->require_equal(setup.training(), options); }) == "");
}

TEST_CASE("a sample that is not finite is found by all, whoever has it") {
  Setup alone, together;
  for (Setup* setup : {&alone, &together}) {
    setup->train.x[60] = 1e308;  // sample 30; with these weights ∞ - ∞
    setup->train.x[61] = -1e308;
    std::ranges::fill(setup->net.parameters().first(12), 1e10);
  }
  const std::string told = text_of([&] { alone.run(alone.options); });
  CHECK(told.find("training sample 30") != std::string::npos);
  CHECK(text_of([&] { together.run(group->share_out(together.options)); }) == told);
}

TEST_CASE("the first process alone saves checkpoints and shows progress") {
  TrainerOptions options{.checkpoint = "checkpoint", .progress = stdout};
  const TrainerOptions shared = group->share_out(options);
  CHECK(shared.checkpoint.empty() == !group->is_first());
  CHECK((shared.progress == nullptr) == !group->is_first());
}

TEST_CASE("shares of a group cover the batch, in the order of the processes") {
  const BatchShare share = group->share_out({.batch = 12}, group->size() * 3).share;
  CHECK(share.parts == group->size() * 3);
  CHECK(share.begin == group->rank() * 3);
  CHECK(share.end == group->rank() * 3 + 3);
}

TEST_CASE("what cannot be shared out is refused") {
  const std::size_t processes = group->size();
  CHECK_THROWS_AS(group->share_out({.batch = 100}, processes + processes / 2 + 100),
                  ArgumentError);  // above the batch
  if (processes > 1) {
    CHECK_THROWS_AS(group->share_out({.batch = 100}, 1), ArgumentError);
    CHECK_THROWS_AS(group->share_out({.batch = 100}, processes + 1), ArgumentError);
    CHECK_THROWS_AS(group->share_out({.batch = processes - 1}), ArgumentError);
  }
  CHECK_THROWS_AS(group->share_out(group->share_out({.combine = [](BatchSum&) {}})), ArgumentError);
  TrainerOptions parts;
  parts.share = {.parts = 2, .begin = 0, .end = 2};
  CHECK_THROWS_AS(group->share_out(parts), ArgumentError);
}

TEST_CASE("what is not the same in the last process is named in all") {
  struct Row {
    std::function<void(Setup&)> change;
    const char* named;
  };
  const std::vector<Row> rows{
      {[](Setup& s) {
         s.net = MLP({2, 7, 3}, Activation::tanh, Activation::identity, 1);
       },
       "the number of parameters is 39 in process 0, 45 in process "},
      {[](Setup& s) {
         s.net = MLP({2, 3, 2, 3, 3, 3}, Activation::tanh, Activation::relu, 1);
       },
       "the number of layers is 2 in process 0, 5 in process "},
      {[](Setup& s) {
         s.net = MLP({2, 6, 3}, Activation::relu, Activation::identity, 1);
       },
       "the shape of the network in process "},
      {[](Setup& s) {
         s.net = MLP({2, 6, 3}, Activation::tanh, Activation::identity, 2);
       },
       "the parameters' values (the network's seed) in process "},
      {[](Setup& s) { s.net.parameters()[38] = -0.0; }, "the parameters' values"},
      {[](Setup& s) { s.train = one_hot(three_blobs(49, 1)); },
       "the number of training samples is 50 in process 0, 49 in process "},
      {[](Setup& s) { s.train.x[7] = std::nextafter(s.train.x[7], 9.0); },
       "the training samples in process "},
      {[](Setup& s) { s.validation = {}; }, "the number of validation samples is 20 in process 0"},
      {[](Setup& s) { s.validation.y[0] = 0.5; }, "the validation samples in process "},
      {[](Setup& s) { s.options.seed = 7; }, "the seed is 1 in process 0, 7 in process "},
      {[](Setup& s) { s.adam.set_rate(0.25); }, "the rate is 0.02 in process 0, 0.25 in process "},
      {[](Setup& s) { s.adam.step(s.net.parameters(), s.net.parameters()), s.net = Setup().net; },
       "the number of steps made is 0 in process 0, 1 in process "},
      {[](Setup& s) { s.options.epochs = 5; }, "the number of epochs is 4 in process 0, 5 in"},
      {[](Setup& s) { s.options.batch = 17; }, "the batch is 16 in process 0, 17 in process "},
      {[](Setup& s) { s.options.share.parts = 100; }, "the number of parts is 1 in process 0"},
      {[](Setup& s) { s.options.gradient.engine = Engine::tape; }, "the engine in process "},
      {[](Setup& s) { s.options.gradient.math = Math::vector; }, "the kind of math in process "},
      {[](Setup& s) { s.options.weight_decay = 0.5; }, "the weight decay is 0.01 in process 0"},
      {[](Setup& s) { s.options.clip_norm = 2; }, "the norm to clip at is 0.5 in process 0, 2 in"},
      {[](Setup& s) { s.options.noise.count = 7; }, "the number of random numbers a sample is 6"},
      {[](Setup& s) { s.options.early_stopping.reset(); }, "the early stopping in process "},
  };
  for (const Row& row : rows) {
    Setup setup;
    if (is_last()) row.change(setup);
    const std::string told =
        text_of([&] { group->require_equal(setup.training(), setup.options); });
    CAPTURE(told);
    CHECK((told.find(row.named) != std::string::npos) == (group->size() > 1));
    const std::string last = " process " + std::to_string(group->size() - 1);
    CHECK((told.find(last) != std::string::npos) == (group->size() > 1));
  }
}

TEST_CASE("optimisers of another kind are told apart, though they remember the same") {
  Setup setup;
  AdamW decoupled(0.02);
  const Training training{.network = setup.net,
                          .optimizer = is_last() ? static_cast<Optimizer&>(decoupled) : setup.adam,
                          .objective = classification(),
                          .train = setup.train};
  const std::string told = text_of([&] { group->require_equal(training, setup.options); });
  CHECK((told.find("the kind of optimiser in process ") != std::string::npos) ==
        (group->size() > 1));
}

int main(int argc, char** argv) {
  try {
    run_distributed([&](const ProcessGroup& all) {
      group = &all;
      if (doctest::Context(argc, argv).run() != 0) throw std::runtime_error("a test has failed");
    });
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
