// A training that ends as its arguments say: run.py starts several processes of it.
//
//   training train CHECKPOINT           to the end; goes on from the checkpoint, if there is one
//   training kill CHECKPOINT RANK STEP  one of the processes is killed after that step
//   training throw CHECKPOINT RANK STEP or throws
//   training check CHECKPOINT           is it what a single process comes to? Prints its epochs.
#include <fmt/format.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "nn/small_training.hpp"
#include "tapegrad/nn/distributed.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr std::size_t parts = 4;

struct SmallTraining {
  MLP net{{2, 8, 3}, Activation::tanh, Activation::identity, 1};
  Adam adam{0.01};
  TrainerOptions options{.epochs = 30, .batch = 8};  // 5 steps an epoch
  Training training{.network = net,
                    .optimizer = adam,
                    .objective = classification(),
                    .train = one_hot(three_blobs(40, 1))};
};

void train(const ProcessGroup& group, const std::filesystem::path& checkpoint,
           std::function<void(const StepReport&)> on_step = {}) {
  SmallTraining small;
  small.options.checkpoint = checkpoint;
  small.options.on_step = std::move(on_step);
  const TrainerOptions options = group.share_out(small.options, parts);
  Trainer trainer(small.training, options);
  if (std::filesystem::exists(checkpoint)) trainer.resume(checkpoint);
  group.require_equal(small.training, options);
  trainer.run();
}

void check(const std::filesystem::path& checkpoint) {
  SmallTraining saved, straight;
  Trainer reader(saved.training, saved.options);
  reader.resume(checkpoint);
  straight.options.share = {.parts = parts, .begin = 0, .end = parts};
  Trainer trainer(straight.training, straight.options);
  const std::size_t epochs = reader.history().epochs.size();
  while (trainer.history().epochs.size() < epochs) trainer.run_epoch();
  if (bits_of(saved.net.parameters()) != bits_of(straight.net.parameters()) ||
      saved.adam.state() != straight.adam.state() ||
      reader.history().csv() != trainer.history().csv())
    throw std::runtime_error("a single process comes to other numbers");
  fmt::print("{}\n", epochs);
}

void run(const std::string& what, const std::filesystem::path& checkpoint, std::size_t rank,
         std::uint64_t step) {
  if (what == "check") return check(checkpoint);
  run_distributed([&](const ProcessGroup& group) {
    train(group, checkpoint, [&](const StepReport& report) {
      if (group.rank() != rank || report.step != step) return;
      if (what == "kill") std::raise(SIGKILL);
      if (what == "throw") throw std::runtime_error("thrown by the test");
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto number = [&](int k) { return k < argc ? std::stoul(argv[k]) : 0; };
    run(argv[1], argv[2], number(3), number(4));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "training: {}\n", error.what());
    return 1;
  }
}
