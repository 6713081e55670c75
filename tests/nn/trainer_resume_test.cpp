#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "files/scratch_folder.hpp"
#include "optimizers.hpp"
#include "small_training.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/dropout.hpp"
#include "tapegrad/nn/model_file.hpp"
#include "tapegrad/nn/trainer.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

// A training with all that has a memory: optimiser, order, dropout, early stopping, history.
struct Setup {
  explicit Setup(const OptimizerMaker& maker, std::uint64_t epochs = 6) : optimizer(maker.make()) {
    options.epochs = epochs;
    options.batch = 7;
    options.schedule = warm_up(3, cosine_decay(0.05, 40, 0.001));
    options.early_stopping = EarlyStopping(50);
    options.noise = {.count = 4, .draw = [](Random& random, std::span<double> mask) {
                       Dropout(0.25).draw(random, mask);
                     }};
    options.forward = [this](std::span<const Value> parameters, const SampleValues& sample) {
      const std::vector<Value> a = net.layers()[0](parameters.first(12), sample.inputs);
      return net.layers()[1](parameters.subspan(12), dropout(a, sample.noise));
    };
  }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  std::unique_ptr<Trainer> trainer() {
    return std::make_unique<Trainer>(Training{.network = net,
                                              .optimizer = *optimizer,
                                              .objective = classification(),
                                              .train = one_hot(three_blobs(30, 1)),
                                              .validation = one_hot(three_blobs(10, 2))},
                                     options);
  }

  MLP net{{2, 4, 3}, Activation::tanh, Activation::identity, 1};
  std::unique_ptr<Optimizer> optimizer;
  TrainerOptions options;
};

// Bits, since NaN is no NaN's equal.
std::vector<std::vector<std::uint64_t>> bits_of_all(const SavedState& state) {
  std::vector<std::vector<std::uint64_t>> bits;
  for (const NamedNumbers& list : state) {
    if (const auto* words = std::get_if<std::vector<std::uint64_t>>(&list.numbers))
      bits.push_back(*words);
    else
      bits.push_back(bits_of(std::get<std::vector<double>>(list.numbers)));
  }
  return bits;
}

// A rule of the caller's own.
class SignDescent final : public Optimizer {
 public:
  explicit SignDescent(double rate) : Optimizer(rate) {}

 private:
  void update(std::span<double> parameters, std::span<const double> gradient) override {
    for (std::size_t i = 0; i < parameters.size(); ++i)
      parameters[i] -= std::copysign(rate(), gradient[i]);
  }
};

const OptimizerMaker& adam = every_optimizer[4];

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("a training that goes on after any epoch comes to the same bits as one without a stop") {
  for (const OptimizerMaker& maker : every_optimizer) {
    const ScratchFolder folder;
    Setup straight(maker);
    const auto expected = straight.trainer();
    expected->run();
    for (const std::uint64_t stop : {0u, 1u, 4u}) {
      CAPTURE(maker.name);
      CAPTURE(stop);
      Setup first(maker);
      first.options.checkpoint = folder / "checkpoint";
      const auto stopped = first.trainer();
      std::filesystem::remove(first.options.checkpoint);
      if (stop == 0) {
        Setup second(maker, 1);  // saves one before its first epoch, and is killed
        second.options.checkpoint = folder / "checkpoint";
        second.options.on_step = [](const StepReport&) { throw ArgumentError("killed"); };
        CHECK_THROWS_WITH_AS(second.trainer()->run(), "killed", ArgumentError);
      }
      for (std::uint64_t epoch = 0; epoch < stop; ++epoch) stopped->run_epoch();

      Setup second(maker);
      second.net = MLP({2, 4, 3}, Activation::tanh, Activation::identity, 77);  // other numbers
      const auto resumed = second.trainer();
      resumed->resume(folder / "checkpoint");
      CHECK(resumed->history().epochs.size() == stop);
      resumed->run();
      CHECK(bits_of(second.net.parameters()) == bits_of(straight.net.parameters()));
      CHECK(bits_of_all(second.optimizer->state()) == bits_of_all(straight.optimizer->state()));
      CHECK(bits_of_all(resumed->history().state()) == bits_of_all(expected->history().state()));
    }
  }
}

TEST_CASE("a training that was in the middle of an epoch goes back to its checkpoint") {
  const ScratchFolder folder;
  Setup straight(adam);
  straight.trainer()->run();

  Setup setup(adam);
  setup.options.checkpoint = folder / "checkpoint";
  bool is_broken = false;
  setup.options.on_step = [&](const StepReport& report) {
    if (is_broken || report.step != 13) return;
    is_broken = true;
    throw ArgumentError("enough");
  };
  const auto trainer = setup.trainer();
  CHECK_THROWS_WITH_AS(trainer->run(), "enough", ArgumentError);
  trainer->resume(folder / "checkpoint");
  CHECK(trainer->history().epochs.size() == 2);
  trainer->run();
  CHECK(bits_of(setup.net.parameters()) == bits_of(straight.net.parameters()));
}

TEST_CASE("more epochs are trained by resuming with more of them") {
  const ScratchFolder folder;
  Setup straight(adam, 9);
  straight.trainer()->run();
  Setup short_one(adam, 4);
  short_one.options.checkpoint = folder / "checkpoint";
  short_one.trainer()->run();
  Setup rest(adam, 9);
  const auto trainer = rest.trainer();
  trainer->resume(folder / "checkpoint");
  trainer->run();
  CHECK(bits_of(rest.net.parameters()) == bits_of(straight.net.parameters()));
}

TEST_CASE("checkpoints are saved every so many epochs, and after the last one") {
  const ScratchFolder folder;
  Setup setup(adam, 5);
  setup.options.checkpoint = folder / "checkpoint";
  setup.options.checkpoint_every = 2;
  std::vector<std::size_t> saved;
  setup.options.on_epoch = [&](const EpochReport&) {
    Setup reader(adam);
    const auto trainer = reader.trainer();
    trainer->resume(folder / "checkpoint");
    saved.push_back(trainer->history().epochs.size());
  };
  setup.trainer()->run();
  CHECK(saved == std::vector<std::size_t>{0, 2, 2, 4, 5});
  CHECK(folder.files() == 1);
}

TEST_CASE("a checkpoint is a network's file") {
  const ScratchFolder folder;
  Setup setup(adam, 2);
  setup.options.early_stopping.reset();
  setup.options.checkpoint = folder / "checkpoint";
  setup.trainer()->run();
  const MLP net = load_network(folder / "checkpoint");
  CHECK(bits_of(net.parameters()) == bits_of(setup.net.parameters()));
}

TEST_CASE("an optimiser of the caller's goes on from a checkpoint like any other") {
  const ScratchFolder folder;
  const OptimizerMaker sign_descent{
      "SignDescent", {}, [] { return std::make_unique<SignDescent>(0.01); }};
  Setup whole(sign_descent);
  whole.trainer()->run();
  Setup half(sign_descent, 3);
  half.options.checkpoint = folder / "checkpoint";
  half.trainer()->run();
  Setup resumed(sign_descent);
  const auto trainer = resumed.trainer();
  trainer->resume(folder / "checkpoint");
  trainer->run();
  CHECK(bits_of(resumed.net.parameters()) == bits_of(whole.net.parameters()));

  Setup other(adam);
  const std::string message = message_of([&] { other.trainer()->resume(folder / "checkpoint"); });
  CHECK(message.ends_with("is of a training with an optimiser of the caller's; this one has Adam"));
}

TEST_CASE("a checkpoint of another training is refused, and changes nothing") {
  const ScratchFolder folder;
  Setup saved(adam, 2);
  saved.options.checkpoint = folder / "checkpoint";
  saved.trainer()->run();

  const auto refusal = [&](Setup& setup) {
    const auto trainer = setup.trainer();
    const std::vector<std::uint64_t> parameters = bits_of(setup.net.parameters());
    const auto state = bits_of_all(setup.optimizer->state());
    const std::string message = message_of([&] { trainer->resume(folder / "checkpoint"); });
    CHECK(bits_of(setup.net.parameters()) == parameters);
    CHECK(bits_of_all(setup.optimizer->state()) == state);
    CHECK(trainer->history().epochs.empty());
    return message.starts_with((folder / "checkpoint: ").string())
               ? message.substr((folder / "checkpoint: ").string().size())
               : message;
  };
  {
    Setup setup(every_optimizer[5]);
    CHECK(refusal(setup) == "is of a training with Adam; this one has AdamW");
  }
  {
    Setup setup(adam);
    setup.net = MLP({2, 5, 3}, Activation::tanh, Activation::identity, 1);
    setup.options.forward = {};
    setup.options.noise = {};
    CHECK(refusal(setup) == "layers.0.weight is 4×2 in the file, 5×2 in the network");
  }
  {
    Setup setup(adam);
    setup.net = MLP({2, 4, 3}, Activation::relu, Activation::identity, 1);
    CHECK(refusal(setup).find("tanh,identity in the file, relu,identity") != std::string::npos);
  }
  {
    Setup setup(adam);
    setup.options.batch = 8;
    CHECK(refusal(setup) == "is of a training with 7 samples a batch; this one has 8");
  }
  {
    Setup setup(adam);
    setup.options.seed = 2;
    CHECK(refusal(setup) == "is of a training with 1 as seed; this one has 2");
  }
  {
    Setup setup(adam);
    setup.options.noise = {};
    setup.options.forward = {};
    CHECK(refusal(setup) == "is of a training with 4 random numbers a sample; this one has 0");
  }
  {
    Setup setup(adam);
    setup.options.early_stopping.reset();
    CHECK(refusal(setup) == "is of a training with early stopping; this one is without");
  }
  {
    const auto more = [&](Setup& setup) {
      return Trainer({.network = setup.net,
                      .optimizer = *setup.optimizer,
                      .objective = classification(),
                      .train = one_hot(three_blobs(31, 1)),
                      .validation = one_hot(three_blobs(10, 2))},
                     setup.options)
          .resume(folder / "checkpoint");
    };
    Setup setup(adam);
    CHECK(message_of([&] {
            more(setup);
          }).ends_with("is of a training with 30 samples; this one has 31"));
  }
}

TEST_CASE("what is no checkpoint is refused") {
  const ScratchFolder folder;
  Setup setup(adam, 2);
  setup.options.checkpoint = folder / "checkpoint";
  const auto trainer = setup.trainer();
  CHECK_THROWS_AS(trainer->resume(folder / "missing"), FileError);
  save_network(setup.net, folder / "network");
  CHECK(message_of([&] {
          trainer->resume(folder / "network");
        }).ends_with("network: is no checkpoint of a training"));

  trainer->run();
  const std::string whole = folder.bytes("checkpoint");
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    folder.write("cut", whole.substr(0, size));
    CHECK_THROWS_AS(trainer->resume(folder / "cut"), ParseError);
  }
  TensorFile file = load_tensors(folder / "checkpoint");
  const auto refusal = [&](const char* name, Tensor::Numbers numbers) {
    TensorFile changed = file;
    changed.tensors.erase(name);
    changed.add(name, std::move(numbers));
    save_tensors(changed, folder / "changed");
    return message_of([&] { trainer->resume(folder / "changed"); });
  };
  CHECK(refusal("training.optimizer.mean", std::vector<double>(3))
            .ends_with("'mean' has 3 numbers where 27 belong"));
  CHECK(refusal("training.early_stopping.best_parameters", std::vector<double>())
            .ends_with("'best_parameters' has 0 numbers where 27 belong"));
  CHECK(refusal("training.random.words", std::vector<std::uint64_t>(4))
            .find("Random::restore: all words are 0") != std::string::npos);
  CHECK(refusal("training.history.rate", std::vector<double>(1))
            .find("changed: TrainingHistory::restore: ") != std::string::npos);
  CHECK(trainer->history().epochs.size() == 2);
}
