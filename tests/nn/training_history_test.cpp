#include "tapegrad/nn/training_history.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "files/scratch_folder.hpp"
#include "tapegrad/core/error.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

TrainingHistory two_epochs() {
  TrainingHistory history;
  history.epochs.push_back({.epoch = 1,
                            .rate = 0.1,
                            .train = {.loss = 1.0 / 3, .accuracy = 0.5},
                            .validation = {.loss = 1e300, .accuracy = 1}});
  history.epochs.push_back({.epoch = 2, .rate = 0.05, .train = {.loss = 5e-324}});
  return history;
}

}  // namespace

TEST_CASE("a history is a table whose numbers are read back bit for bit") {
  const std::string expected =
      "epoch,rate,train_loss,train_accuracy,validation_loss,validation_accuracy\n"
      "1,0.1,0.3333333333333333,0.5,1e+300,1\n"
      "2,0.05,5e-324,,,\n";
  CHECK(two_epochs().csv() == expected);
  CHECK(std::stod("0.3333333333333333") == 1.0 / 3);
  CHECK(TrainingHistory{}.csv() == expected.substr(0, expected.find('\n') + 1));

  const ScratchFolder folder;
  two_epochs().save_csv(folder / "history.csv");
  CHECK(folder.bytes("history.csv") == expected);
  CHECK(folder.files() == 1);
  CHECK_THROWS_AS(two_epochs().save_csv(folder / "missing/history.csv"), FileError);
}

TEST_CASE("a history comes back from its state, with what there is not") {
  TrainingHistory history;
  history.restore(two_epochs().state());
  CHECK(history.csv() == two_epochs().csv());
  CHECK(history.epochs[1].epoch == 2);
  CHECK(std::isnan(history.epochs[1].validation.loss));
  history.restore(TrainingHistory{}.state());
  CHECK(history.epochs.empty());
}

TEST_CASE("a state that is no history's is refused, and changes nothing") {
  TrainingHistory history = two_epochs();
  SavedState state = history.state();
  state[2].numbers = std::vector{1.0};
  CHECK_THROWS_WITH_AS(history.restore(state),
                       "TrainingHistory::restore: 2 epochs have a 'rate', 1 a 'train_accuracy'; "
                       "nothing was changed",
                       ShapeError);
  state[2].numbers = std::vector<std::uint64_t>{1, 2};
  CHECK_THROWS_AS(history.restore(state), ArgumentError);
  state.pop_back();
  CHECK_THROWS_AS(history.restore(state), ArgumentError);
  CHECK(history.csv() == two_epochs().csv());
}
