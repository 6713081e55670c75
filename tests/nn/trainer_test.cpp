#include "tapegrad/nn/trainer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "files/pseudo_terminal.hpp"
#include "small_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/nn/clipping.hpp"
#include "tapegrad/nn/dropout.hpp"
#include "tapegrad/nn/loss.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

struct Trained {
  MLP net{{2, 6, 3}, Activation::tanh, Activation::identity, 1};
  Adam adam{0.02};
  TrainingHistory history;
};

Trained train(const TrainerOptions& options) {
  Trained trained;
  Trainer trainer({.network = trained.net,
                   .optimizer = trained.adam,
                   .objective = classification(),
                   .train = one_hot(three_blobs(50, 1)),
                   .validation = one_hot(three_blobs(20, 2))},
                  options);
  trained.history = trainer.run();
  return trained;
}

// The same training, spelled out: in what order samples come, what is done to a gradient.
Trained train_by_hand(const TrainerOptions& options) {
  Trained trained;
  MLP& net = trained.net;
  const Dataset data = three_blobs(50, 1);
  Random random(options.seed);
  for (std::size_t epoch = 0; epoch < options.epochs; ++epoch) {
    const std::vector<std::size_t> order = random.permutation(50);
    for (std::size_t begin = 0; begin < 50; begin += options.batch) {
      const std::size_t end = std::min<std::size_t>(50, begin + options.batch);
      Tape tape;
      Value total = 0;
      for (std::size_t i = begin; i < end; ++i) {
        const std::span<const double> x = data.row(order[i]);
        total += softmax_cross_entropy(net(std::vector<Value>(x.begin(), x.end())),
                                       data.labels[order[i]]);
      }
      tape.backward(total / static_cast<double>(end - begin));
      std::vector<double> gradient = net.gradient();
      for (std::size_t k = 0; k < gradient.size(); ++k) {
        const bool is_weight = k < 12 || (k >= 18 && k < 36);
        if (is_weight) gradient[k] += options.weight_decay * net.parameters()[k];
      }
      clip_norm(gradient, options.clip_norm);
      if (options.schedule) trained.adam.set_rate(options.schedule(trained.adam.steps()));
      trained.adam.step(net.parameters(), gradient);
    }
  }
  return trained;
}

void check_near(const Trained& a, const Trained& b) {
  REQUIRE(a.net.parameters().size() == b.net.parameters().size());
  for (std::size_t k = 0; k < a.net.parameters().size(); ++k)
    CHECK(a.net.parameters()[k] == doctest::Approx(b.net.parameters()[k]).epsilon(1e-9));
}

}  // namespace

TEST_CASE("the trainer's steps are those of a loop that is written out") {
  TrainerOptions options{.epochs = 4, .batch = 8, .seed = 7};
  for (const Engine engine : {Engine::program, Engine::tape}) {
    options.gradient.engine = engine;
    check_near(train(options), train_by_hand(options));
  }
  options.weight_decay = 0.3;
  options.clip_norm = 0.2;
  options.schedule = warm_up(5, step_decay(0.03, 10, 0.5));
  check_near(train(options), train_by_hand(options));
}

TEST_CASE("a network learns to tell three clouds of points apart") {
  for (const Engine engine : {Engine::program, Engine::tape}) {
    const Trained trained = train({.epochs = 40, .batch = 10, .gradient = {.engine = engine}});
    CHECK(trained.history.epochs.size() == 40);
    CHECK(trained.history.epochs.back().train.accuracy >= 0.95);
    CHECK(trained.history.epochs.back().validation.accuracy >= 0.9);
    CHECK(trained.history.epochs.back().train.loss < trained.history.epochs.front().train.loss / 3);
  }
}

TEST_CASE("the number of threads changes no bit of a training") {
  for (const Engine engine : {Engine::program, Engine::tape}) {
    const Trained alone = train({.epochs = 3, .batch = 25, .gradient = {.engine = engine}});
    const Trained together =
        train({.epochs = 3, .batch = 25, .gradient = {.engine = engine, .threads = 3}});
    CHECK(bits_of(alone.net.parameters()) == bits_of(together.net.parameters()));
  }
}

TEST_CASE("another seed brings the samples in another order") {
  const Trained one = train({.epochs = 1, .seed = 1}), other = train({.epochs = 1, .seed = 2});
  CHECK(bits_of(one.net.parameters()) != bits_of(other.net.parameters()));
}

TEST_CASE("every step and epoch is reported, the epoch's last batch being what is left") {
  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  TrainerOptions options{.epochs = 2, .batch = 20};
  options.schedule = [](std::uint64_t t) { return 0.01 + static_cast<double>(t); };
  options.on_step = [&](const StepReport& report) { steps.push_back(report); };
  options.on_epoch = [&](const EpochReport& report) { epochs.push_back(report); };
  std::vector<std::size_t> samples;
  options.combine = [&](BatchSum& sum) { samples.push_back(sum.samples); };
  const Trained trained = train(options);
  CHECK(samples == std::vector<std::size_t>{20, 20, 10, 20, 20, 10});
  REQUIRE(steps.size() == 6);
  for (std::size_t k = 0; k < 6; ++k) {
    CHECK(steps[k].step == k + 1);
    CHECK(steps[k].epoch == 1 + k / 3);
    CHECK(steps[k].rate == 0.01 + static_cast<double>(k));
    CHECK(steps[k].gradient_norm > 0);
  }
  // The first batch's loss is that of a network that knows nothing yet.
  CHECK(std::abs(steps[0].loss - std::log(3.0)) < 0.5);
  REQUIRE(epochs.size() == 2);
  CHECK(epochs[1].epoch == 2);
  CHECK(epochs[1].rate == 5.01);
  CHECK(epochs[1].train.loss == trained.history.epochs[1].train.loss);
  CHECK(epochs[1].train.loss ==
        evaluate(trained.net, classification(), one_hot(three_blobs(50, 1))).loss);
  CHECK(epochs[1].validation.accuracy ==
        evaluate(trained.net, classification(), one_hot(three_blobs(20, 2))).accuracy);
}

TEST_CASE("sums of two processes that see the same are divided by the samples of both") {
  TrainerOptions options{.epochs = 2, .batch = 10};
  const Trained alone = train(options);
  options.combine = [](BatchSum& sum) {
    sum.samples *= 2;
    sum.loss *= 2;
    for (double& derivative : sum.gradient) derivative *= 2;
  };
  CHECK(bits_of(train(options).net.parameters()) == bits_of(alone.net.parameters()));
}

TEST_CASE("early stopping ends a training, with the parameters of the best epoch") {
  TrainerOptions options{.epochs = 1000, .batch = 10};
  options.schedule = constant_rate(0.3);  // rough enough not to fall for ever
  options.early_stopping = EarlyStopping(5);
  const Trained trained = train(options);
  const std::vector<EpochReport>& epochs = trained.history.epochs;
  REQUIRE(epochs.size() < 1000);
  REQUIRE(epochs.size() > 5);
  const auto best = std::min_element(epochs.begin(), epochs.end(),
                                     [](const EpochReport& a, const EpochReport& b) {
                                       return a.validation.loss < b.validation.loss;
                                     });
  CHECK(epochs.end() - best == 6);
  CHECK(evaluate(trained.net, classification(), one_hot(three_blobs(20, 2))).loss ==
        best->validation.loss);
}

TEST_CASE("a line is fitted, without right or wrong answers") {
  Samples data{.inputs = 1, .targets = 1, .x = {}, .y = {}};
  for (double x : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
    data.x.push_back(x);
    data.y.push_back(3 * x - 2);
  }
  MLP net({1, 1}, Activation::tanh, Activation::identity, 1);
  GradientDescent descent(0.2);
  Trainer trainer({.network = net, .optimizer = descent, .objective = regression(), .train = data},
                  {.epochs = 200, .batch = 5});
  const EpochReport last = trainer.run().epochs.back();
  CHECK(net.parameters()[0] == doctest::Approx(3).epsilon(1e-9));
  CHECK(net.parameters()[1] == doctest::Approx(-2).epsilon(1e-9));
  CHECK(last.train.loss < 1e-15);
  CHECK(std::isnan(last.train.accuracy));
  CHECK(std::isnan(last.validation.loss));
}

TEST_CASE("a forward pass of one's own takes the noise, which both engines see alike") {
  TrainerOptions options{.epochs = 3, .batch = 10};
  const MLP shape({2, 6, 3}, Activation::tanh, Activation::identity, 1);
  options.noise = {.count = 6, .draw = [](Random& random, std::span<double> mask) {
                     Dropout(0.4).draw(random, mask);
                   }};
  options.forward = [&](std::span<const Value> parameters, const SampleValues& sample) {
    const std::vector<Value> a = shape.layers()[0](parameters.first(18), sample.inputs);
    return shape.layers()[1](parameters.subspan(18), dropout(a, sample.noise));
  };
  const Trained program = train(options);
  options.gradient.engine = Engine::tape;
  check_near(program, train(options));
  options.noise.draw = [](Random&, std::span<double> mask) { std::ranges::fill(mask, 1.0); };
  const Trained without = train(options);
  CHECK(std::abs(without.net.parameters()[0] - program.net.parameters()[0]) > 1e-3);
  check_near(without, train({.epochs = 3, .batch = 10}));
}

TEST_CASE("a training that is finished has no more epochs") {
  Trained trained;
  Trainer trainer({.network = trained.net,
                   .optimizer = trained.adam,
                   .objective = classification(),
                   .train = one_hot(three_blobs(10, 1))},
                  {.epochs = 2, .batch = 10});
  trainer.run_epoch();
  CHECK_FALSE(trainer.is_finished());
  trainer.run_epoch();
  CHECK(trainer.is_finished());
  CHECK_THROWS_WITH_AS(
      trainer.run_epoch(),
      "Trainer: it is finished after epoch 2; for more, make one with more epochs, and resume",
      UnsupportedError);
  const std::vector<double> parameters(trained.net.parameters().begin(),
                                       trained.net.parameters().end());
  CHECK(trainer.run().epochs.size() == 2);
  CHECK(std::ranges::equal(parameters, trained.net.parameters()));
  CHECK(train({.epochs = 0}).history.epochs.empty());
}

TEST_CASE("a table shows a row for each epoch") {
  std::FILE* const out = std::tmpfile();
  REQUIRE(out != nullptr);
  train({.epochs = 2, .progress = out});
  std::rewind(out);
  std::vector<std::string> lines;
  std::array<char, 200> line{};
  while (std::fgets(line.data(), line.size(), out) != nullptr) lines.emplace_back(line.data());
  std::fclose(out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "epoch      loss    train   unseen  samples/s     left\n");
  for (std::size_t row : {1u, 2u}) {
    CHECK(lines[row].size() == lines[0].size());
    CHECK(lines[row].starts_with("    " + std::to_string(row) + "  "));
    CHECK(lines[row].find(" %  ") == 22);
    CHECK(lines[row].ends_with(" s\n"));
  }
}

#ifndef _WIN32
TEST_CASE("on a terminal the row is drawn over and over, with a bar that fills") {
  const PseudoTerminal pseudo_terminal;
  if (pseudo_terminal.path().empty()) {
    MESSAGE("no pseudo-terminal here: this test is left out");
    return;
  }
  std::FILE* const terminal = std::fopen(pseudo_terminal.path().c_str(), "w");
  REQUIRE(terminal != nullptr);
  train({.epochs = 2, .progress = terminal});
  std::fclose(terminal);
  const std::string text = pseudo_terminal.drawn();
  CHECK(text.starts_with("epoch      loss    train   unseen  samples/s     left\r\n\r    "));
  const std::size_t last = text.rfind("\r    2  ");
  REQUIRE(last != std::string::npos);
  std::string bar;
  for (int k = 0; k < 24; ++k) bar += "█";
  CHECK(text.substr(last).ends_with(" s  " + bar + "\r\n"));
  const std::size_t first = text.rfind("\r    1  ", last);
  REQUIRE(first != std::string::npos);
  CHECK(text.substr(first, last - first).ends_with("████░░░░░░░░░░░░"));
  CHECK(text.find('\n', first) > last);
}
#endif
