// Trainings that are killed, at any moment, and go on.
#include <doctest/doctest.h>

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <thread>
#include <utility>

#include "files/scratch_folder.hpp"
#include "small_training.hpp"
#include "tapegrad/nn/random.hpp"
#include "tapegrad/nn/trainer.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

struct Killed {
  explicit Killed(std::filesystem::path checkpoint)
      : trainer({.network = net,
                 .optimizer = adam,
                 .objective = classification(),
                 .train = one_hot(three_blobs(40, 1))},
                {.epochs = 10'000, .batch = 8, .checkpoint = std::move(checkpoint)}) {}

  MLP net{{2, 16, 3}, Activation::tanh, Activation::identity, 1};
  Adam adam{0.01};
  Trainer trainer;
};

// A child that goes on from the checkpoint, if there is one, until it is killed.
[[noreturn]] void train_for_ever(const std::filesystem::path& checkpoint) {
  try {
    Killed training(checkpoint);
    if (std::filesystem::exists(checkpoint)) training.trainer.resume(checkpoint);
    training.trainer.run();
  } catch (...) {
  }
  _exit(1);  // it was not killed: an error, or the end
}

}  // namespace

TEST_CASE("a training that is killed at any moment leaves a checkpoint that it goes on from") {
  const ScratchFolder folder;
  const std::filesystem::path checkpoint = folder / "checkpoint";
  Killed straight({});
  Random random(1);
  std::size_t epochs = 0;
  // Twenty kills; where a machine is so busy that none of them saw an epoch's end, more, and later.
  for (std::size_t kills = 0; kills < 20 || (epochs == 0 && kills < 500); ++kills) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) train_for_ever(checkpoint);
    // The first one comes to its first checkpoint, the others may be killed before anything.
    while (!std::filesystem::exists(checkpoint)) {
      if (waitpid(child, nullptr, WNOHANG) != 0) FAIL("it has ended, without a checkpoint");
      std::this_thread::yield();
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(60'000) * (1 + kills / 20)));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    Killed reader({});
    reader.trainer.resume(checkpoint);
    CHECK(reader.trainer.history().epochs.size() >= epochs);
    epochs = reader.trainer.history().epochs.size();
    while (straight.trainer.history().epochs.size() < epochs) straight.trainer.run_epoch();
    CHECK(bits_of(reader.net.parameters()) == bits_of(straight.net.parameters()));
    CHECK(reader.adam.state() == straight.adam.state());
    CHECK(reader.trainer.history().csv() == straight.trainer.history().csv());
  }
  CHECK(epochs > 0);
}

#endif
