#include "tapegrad/nn/early_stopping.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<double> best_parameters(const EarlyStopping& stopping) {
  return {stopping.best_parameters().begin(), stopping.best_parameters().end()};
}

SavedState stopping_state(std::uint64_t epochs, std::uint64_t best_epoch, double best_loss,
                          std::vector<double> best_parameters) {
  return {{"epochs", std::vector{epochs}},
          {"best_epoch", std::vector{best_epoch}},
          {"best_loss", std::vector{best_loss}},
          {"best_parameters", best_parameters}};
}

}  // namespace

TEST_CASE("a training stops when as many epochs as its patience have brought nothing") {
  EarlyStopping stopping(2);
  CHECK(stopping.report(3, std::array{0.1}));
  CHECK_FALSE(stopping.report(4, std::array{0.2}));
  CHECK(stopping.report(2, std::array{0.3}));  // just in time
  CHECK_FALSE(stopping.report(2, std::array{0.4}));
  CHECK_FALSE(stopping.should_stop());
  CHECK_FALSE(stopping.report(2.5, std::array{0.5}));
  CHECK(stopping.should_stop());
  CHECK(stopping.epochs() == 5);
  CHECK(stopping.best_epoch() == 3);
  CHECK(stopping.best_loss() == 2);
  CHECK(best_parameters(stopping) == std::vector{0.3});
}

TEST_CASE("an improvement that is too small counts as none") {
  EarlyStopping stopping(10, 0.5);
  stopping.report(2, {});
  CHECK_FALSE(stopping.report(1.75, {}));
  CHECK_FALSE(stopping.report(1.5, {}));  // by no more than 0.5
  CHECK(stopping.best_loss() == 2);       // small steps add up against it
  CHECK(stopping.report(1.25, {}));
}

TEST_CASE("a loss that is NaN or infinite is no improvement, also at first") {
  EarlyStopping stopping(3);
  CHECK_FALSE(stopping.report(not_a_number, std::array{1.0}));
  CHECK_FALSE(stopping.report(infinity, std::array{2.0}));
  CHECK_FALSE(EarlyStopping(1).report(-infinity, std::array{2.0}));
  CHECK(stopping.best_epoch() == 0);
  CHECK(stopping.best_loss() == infinity);
  CHECK(stopping.best_parameters().empty());
  SUBCASE("they use up the patience") {
    stopping.report(not_a_number, std::array{1.0});
    CHECK(stopping.should_stop());
  }
  SUBCASE("a number is one") {
    CHECK(stopping.report(1e300, std::array{3.0}));
    CHECK_FALSE(stopping.report(not_a_number, std::array{4.0}));
    CHECK(best_parameters(stopping) == std::vector{3.0});
  }
}

TEST_CASE("a training that was stopped and goes on stops where it would have") {
  const std::array losses = {3.0, 2.0, 2.5, 1.0, 1.5, 1.25, 1.125, 0.5};
  for (std::size_t before = 0; before <= losses.size(); ++before) {
    CAPTURE(before);
    EarlyStopping whole(3);
    for (std::size_t i = 0; i < before; ++i) whole.report(losses[i], std::array{losses[i]});
    EarlyStopping resumed(3);
    resumed.restore(whole.state());
    for (std::size_t i = before; i < losses.size(); ++i) {
      CHECK(resumed.report(losses[i], std::array{losses[i]}) ==
            whole.report(losses[i], std::array{losses[i]}));
      CHECK(resumed.should_stop() == whole.should_stop());
    }
    CHECK(resumed.state() == whole.state());
  }
}

TEST_CASE("parameters of another network are refused") {
  EarlyStopping stopping(3);
  stopping.report(1, std::array{1.0, 2.0});
  const SavedState before = stopping.state();
  CHECK_THROWS_WITH_AS(stopping.report(0, std::array{1.0}),
                       "EarlyStopping::report: 1 parameters after 2 in the best epoch; use one "
                       "EarlyStopping for each network",
                       ShapeError);
  CHECK(stopping.state() == before);
}

TEST_CASE("a state that contradicts itself is refused, and changes nothing") {
  EarlyStopping stopping(3);
  stopping.report(1, std::array{1.0, 2.0});
  const SavedState before = stopping.state();
  for (const SavedState& state : {
           SavedState{},
           SavedState{{"epochs", std::vector<std::uint64_t>{1}}},
           stopping_state(2, 3, 1, {1, 2}),         // the best is yet to come
           stopping_state(2, 0, 1, {1, 2}),         // a loss of no epoch
           stopping_state(2, 1, infinity, {1, 2}),  // an epoch without loss
           stopping_state(2, 0, infinity, {1, 2}),
           stopping_state(2, 1, not_a_number, {1, 2}),
           stopping_state(2, 0, not_a_number, {}),
       })
    CHECK_THROWS_AS(stopping.restore(state), ArgumentError);
  CHECK_THROWS_WITH_AS(stopping.restore(stopping_state(2, 3, 1, {1, 2})),
                       "EarlyStopping::restore: epoch 3 of 2 cannot be the best, with loss 1 and 2 "
                       "parameters; nothing was changed",
                       ArgumentError);
  SavedState two = before;
  two[0].numbers = std::vector<std::uint64_t>{1, 2};
  CHECK_THROWS_AS(stopping.restore(two), ShapeError);
  CHECK(stopping.state() == before);
}

TEST_CASE("early stopping refuses what makes no sense") {
  CHECK_THROWS_WITH_AS(EarlyStopping(0), "EarlyStopping: patience is 0; pass at least one epoch",
                       ArgumentError);
  for (double least : {-0.1, infinity, not_a_number}) {
    CAPTURE(least);
    CHECK_THROWS_AS(EarlyStopping(1, least), ArgumentError);
  }
}
