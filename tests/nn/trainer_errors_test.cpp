// What a Trainer says of bad data and options, and of numbers that are not finite.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "files/scratch_folder.hpp"
#include "small_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/math.hpp"
#include "tapegrad/inspect/anomaly.hpp"
#include "tapegrad/nn/trainer.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Setup {
  void run() { trainer().run(); }
  Trainer trainer() {
    return Trainer({.network = net,
                    .optimizer = *optimizer,
                    .objective = objective,
                    .train = train,
                    .validation = validation},
                   options);
  }

  MLP net{{2, 4, 3}, Activation::tanh, Activation::identity, 1};
  std::unique_ptr<Optimizer> optimizer = std::make_unique<Adam>(0.01);
  Objective objective = classification();
  Samples train = one_hot(three_blobs(30, 1));
  Samples validation = one_hot(three_blobs(10, 2));
  TrainerOptions options{.epochs = 3, .batch = 10};
};

std::optional<TrainingError> error_of(Setup& setup) {
  try {
    setup.run();
  } catch (const TrainingError& error) {
    return error;
  }
  return std::nullopt;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

// ---- Numbers that are not finite ----

TEST_CASE("a NaN in the data stops the step that meets it, and the sample is named") {
  for (const Engine engine : {Engine::program, Engine::tape}) {
    Setup setup;
    setup.options.gradient.engine = engine;
    setup.train.x[2 * 17 + 1] = not_a_number;
    std::vector<double> before;
    setup.options.on_step = [&](const StepReport&) {
      before.assign(setup.net.parameters().begin(), setup.net.parameters().end());
    };
    before.assign(setup.net.parameters().begin(), setup.net.parameters().end());
    const auto error = error_of(setup);
    REQUIRE(error);
    CHECK(error->place().epoch == 1);
    CHECK(error->place().step == setup.optimizer->steps() + 1);
    CHECK(error->place().sample == 17);
    CHECK(contains(error->what(), "training sample 17: the loss is nan"));
    CHECK(bits_of(setup.net.parameters()) == bits_of(before));
  }
}

TEST_CASE("the debugger's means say which layer's number it was") {
  Setup setup;
  setup.net = MLP({2, 4, 3}, Activation::relu, Activation::identity, 1);
  setup.train.x[0] = 1e308;
  setup.train.x[1] = 1e308;
  for (double& w : setup.net.parameters(0)) w = 2;
  setup.options.explain = [](const Node& loss) { return to_string(find_anomalies(loss)); };
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(error->place().sample == 0);
  CHECK(contains(error->what(), "try a smaller rate, or look at the sample\n"));
  CHECK(contains(error->what(), "L1.n1.w1*x1"));
}

TEST_CASE("a loss that is finite with a gradient that is not names the parameter") {
  Setup setup;
  setup.net = MLP({1, 1}, Activation::tanh, Activation::identity, 1);
  setup.net.parameters()[0] = 0;
  setup.train = {.inputs = 1, .targets = 1, .x = {1, 1, 1}, .y = {0, 0, 0}};
  setup.validation = {};
  setup.options.batch = 2;
  setup.objective = {.loss = [](std::span<const Value> a, std::span<const Value>) {
    return sqrt(a[0]);  // at 0: slope ∞
  }};
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(error->place().step == 1);
  CHECK(contains(error->what(), "the derivative by L1.n1.w1 is inf"));
}

TEST_CASE("a sum that overflows though no sample does blames none of them") {
  Setup setup;
  setup.options.combine = [](BatchSum& sum) { sum.loss = HUGE_VAL; };
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(error->place().sample == TrainingError::no_sample);
  CHECK(contains(error->what(), "epoch 1, step 1: losses or gradients of a batch sum to"));
}

TEST_CASE("a derivative that the optimiser refuses is a training error") {
  Setup setup;
  setup.options.combine = [](BatchSum& sum) { sum.gradient[5] = 1e200; };
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(contains(error->what(), "epoch 1, step 1: Optimizer::step: the derivative by parameter 5"));
  CHECK(setup.optimizer->steps() == 0);
}

TEST_CASE("a step to where parameters are not finite is a training error") {
  Setup setup;
  setup.optimizer = std::make_unique<GradientDescent>(1e308);
  setup.options.combine = [](BatchSum& sum) { sum.gradient[0] = 1e9; };
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(contains(error->what(), "epoch 1, step 1: at rate 1e+308 it leads to a parameter that is"));
}

TEST_CASE("a validation loss that is not finite ends the epoch, and the sample is named") {
  Setup setup;
  setup.validation.x[2 * 4] = not_a_number;
  setup.options.explain = [](const Node&) { return "explained"; };
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(error->place().epoch == 1);
  CHECK(error->place().sample == 4);
  CHECK(contains(error->what(), "end of epoch 1, validation sample 4: the loss is nan"));
  CHECK(contains(error->what(), "\nexplained"));
}

TEST_CASE("losses of a set that overflow though no sample's does blame none of them") {
  Setup setup;
  setup.options.combine_scores = [](ScoreSum& sum) { sum.loss = HUGE_VAL; };
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(error->place().sample == TrainingError::no_sample);
  CHECK(contains(error->what(), "end of epoch 1: the losses of the training set sum to"));
}

TEST_CASE("the last good checkpoint is kept, and the training goes on from there") {
  const ScratchFolder folder;
  Setup setup;
  setup.options.checkpoint = folder / "checkpoint";
  std::vector<double> good;
  setup.options.on_epoch = [&](const EpochReport&) {
    good.assign(setup.net.parameters().begin(), setup.net.parameters().end());
  };
  setup.options.combine = [&](BatchSum& sum) {
    if (setup.optimizer->steps() == 8) sum.gradient[0] = not_a_number;
  };
  const auto error = error_of(setup);
  REQUIRE(error);
  CHECK(error->place().epoch == 3);
  CHECK(error->place().step == 9);

  Setup again;
  Trainer trainer = again.trainer();
  trainer.resume(folder / "checkpoint");
  CHECK(trainer.history().epochs.size() == 2);
  CHECK(bits_of(again.net.parameters()) == bits_of(good));
  CHECK(trainer.run().epochs.size() == 3);
}

// ---- Bad input ----

TEST_CASE("data that cannot be learnt from are refused before the training") {
  const auto refusal = [](const std::function<void(Setup&)>& spoil) {
    Setup setup;
    spoil(setup);
    try {
      setup.trainer();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing was thrown");
  };
  CHECK(refusal([](Setup& s) { s.train = {}; }) == "Trainer: there are no samples to train with");
  CHECK(refusal([](Setup& s) { s.options.batch = 31; }) ==
        "Trainer: batches of 31 for 30 samples; pass 1 to 30");
  CHECK(refusal([](Setup& s) { s.options.batch = 0; }) ==
        "Trainer: batches of 0 for 30 samples; pass 1 to 30");
  CHECK(refusal([](Setup& s) { s.train.y[4] = 0; }) ==
        "classification: the targets of sample 1 sum to 0; they are probabilities of classes");
  CHECK(refusal([](Setup& s) { s.validation.y[4] = 1.5; }) ==
        "classification: a target of sample 1 is 1.5, which is no probability");
  CHECK(
      refusal([](Setup& s) {
        s.train = one_hot(Dataset{.inputs = 2, .classes = 3, .x = {0, 0, 1, 1}, .labels = {0, 2}});
      }) == "classification: class 1 has no sample to learn it from; bring some, or leave it out");
  CHECK(refusal([](Setup& s) {
          s.net = MLP({3, 3}, {}, {}, 1);
        }) == "Trainer: samples have 2 inputs; the network takes 3");
  CHECK(refusal([](Setup& s) {
          s.net = MLP({2, 4}, {}, {}, 1);
        }) == "softmax_cross_entropy: 4 outputs and 3 targets; it needs as many, at least one");
  CHECK(refusal([](Setup& s) {
          s.validation = {.inputs = 2, .targets = 1, .x = {0, 0}, .y = {1}};
        }) == "Trainer: samples to train with have 3 targets, those to validate with 1");
  CHECK(refusal([](Setup& s) { s.train.x.pop_back(); }) ==
        "Samples: x holds 59 numbers for 30 rows of 2 inputs");
  CHECK(refusal([](Setup& s) {
          s.objective = regression();
          s.train.y[3] = not_a_number;
        }) == "regression: a target of sample 1 is nan");
  CHECK(refusal([](Setup& s) { s.objective.loss = {}; }) == "Trainer: the objective has no loss");
}

TEST_CASE("options outside of what they can be are refused before the training") {
  const auto refuses = [](const std::function<void(TrainerOptions&)>& spoil) {
    Setup setup;
    spoil(setup.options);
    CHECK_THROWS_AS(setup.trainer(), ArgumentError);
  };
  refuses([](TrainerOptions& o) { o.gradient.threads = 0; });
  refuses([](TrainerOptions& o) { o.weight_decay = -1; });
  refuses([](TrainerOptions& o) { o.weight_decay = not_a_number; });
  refuses([](TrainerOptions& o) { o.clip_norm = 0; });
  refuses([](TrainerOptions& o) { o.checkpoint_every = 0; });
  refuses([](TrainerOptions& o) { o.noise.count = 3; });
  refuses([](TrainerOptions& o) {
    o.noise = {.count = 3, .draw = [](Random&, std::span<double>) {}};  // and nobody takes it
  });
  Setup setup;
  setup.validation = {};
  setup.options.early_stopping = EarlyStopping(3);
  CHECK_THROWS_WITH_AS(setup.trainer(),
                       "Trainer: early stopping goes by the validation set, and there is none",
                       ArgumentError);
}

TEST_CASE("a checkpoint that cannot be written is found out before the training") {
  const ScratchFolder folder;
  folder.write("plain", "");
  for (const char* path : {"missing/checkpoint", "plain/checkpoint", "."}) {
    Setup setup;
    setup.options.checkpoint = folder / path;
    CHECK_THROWS_AS(setup.trainer(), FileError);
  }
  Setup setup;
  setup.options.checkpoint = folder / "plain";
  setup.trainer();
  CHECK(folder.files() == 1);
  CHECK(folder.bytes("plain").empty());  // an older file is not touched before there is a new one
}

TEST_CASE("evaluating without samples is refused") {
  Setup setup;
  CHECK_THROWS_WITH_AS(evaluate(setup.net, classification(), Samples{}),
                       "evaluate: there are no samples", ArgumentError);
}
