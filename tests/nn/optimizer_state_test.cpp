#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "nn/optimizers.hpp"
#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

void descend(Optimizer& optimizer, std::vector<double>& p, int steps) {
  for (int i = 0; i < steps; ++i) optimizer.step(p, rosenbrock_gradient(p));
}

/// A state of Adam with some numbers exchanged.
SavedState adam_state(std::uint64_t step, std::vector<double> mean, std::vector<double> square) {
  return {{"step", std::vector{step}}, {"mean", mean}, {"square", square}};
}

}  // namespace

TEST_CASE("a training that was stopped goes on to the last bit") {
  for (const OptimizerMaker& maker : every_optimizer) {
    CAPTURE(maker.name);
    for (int before : {0, 1, 37}) {
      CAPTURE(before);
      const auto whole = maker.make();
      std::vector<double> p = {-1.2, 1};
      descend(*whole, p, before);

      const auto resumed = maker.make();
      std::vector<double> other = {5, 5};
      descend(*resumed, other, 3);  // which the state replaces
      resumed->restore(whole->state());
      CHECK(resumed->steps() == whole->steps());
      CHECK(resumed->state() == whole->state());
      other = p;
      descend(*whole, p, 100);
      descend(*resumed, other, 100);
      CHECK(p == other);
    }
  }
}

TEST_CASE("an optimizer's state is its count of steps and its memories, by name") {
  for (const OptimizerMaker& maker : every_optimizer) {
    CAPTURE(maker.name);
    const auto optimizer = maker.make();
    for (std::size_t size : {0u, 2u}) {
      const SavedState state = optimizer->state();
      REQUIRE(state.size() == 1 + maker.memories.size());
      CHECK(state[0] == NamedNumbers{"step", std::vector{optimizer->steps()}});
      for (std::size_t k = 0; k < maker.memories.size(); ++k) {
        CHECK(state[k + 1].name == maker.memories[k]);
        CHECK(std::get<std::vector<double>>(state[k + 1].numbers).size() == size);
      }
      std::vector<double> p = {1, 2};
      descend(*optimizer, p, 1);
    }
  }
}

TEST_CASE("Adam's state holds the mean and the square of the rule") {
  Adam optimizer({.rate = 0.1, .beta1 = 0.75, .beta2 = 0.875});
  std::vector<double> p = {1};
  optimizer.step(p, std::array{3.0});
  CHECK(optimizer.state() == adam_state(1, {0.75}, {1.125}));
}

TEST_CASE("the state before the first step makes an optimizer new, for any size") {
  for (const OptimizerMaker& maker : every_optimizer) {
    CAPTURE(maker.name);
    const auto optimizer = maker.make();
    const SavedState fresh = optimizer->state();
    std::vector<double> p = {-1.2, 1};
    descend(*optimizer, p, 5);
    optimizer->restore(fresh);
    CHECK(optimizer->steps() == 0);
    std::vector<double> three = {1, 2, 3};
    optimizer->step(three, three);
    std::vector<double> expected = {1, 2, 3};
    maker.make()->step(expected, expected);
    CHECK(three == expected);
  }
}

TEST_CASE("a restored optimizer refuses parameters of another size") {
  Adam optimizer(0.1);
  optimizer.restore(adam_state(7, {1, 2}, {1, 2}));
  std::vector<double> three = {1, 2, 3};
  CHECK_THROWS_AS(optimizer.step(three, three), ShapeError);
}

TEST_CASE("the rate is not part of the state") {
  Momentum fast(0.5, 0.5);
  Momentum slow(0.25, 0.5);
  slow.restore(fast.state());
  CHECK(slow.rate() == 0.25);
}

TEST_CASE("a state that does not fit is refused, and changes nothing") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  Adam optimizer(0.1);
  std::vector<double> p = {1, 2};
  optimizer.step(p, p);
  const SavedState before = optimizer.state();

  const auto refuses = [&optimizer](const SavedState& state) {
    CHECK_THROWS_AS(optimizer.restore(state), ArgumentError);
  };
  refuses({});
  refuses(Momentum(0.1, 0.5).state());
  refuses({{"step", std::vector{1.0}},  // doubles
           {"mean", std::vector{1.0, 2.0}},
           {"square", std::vector{1.0, 2.0}}});
  refuses({{"step", std::vector<std::uint64_t>{1}},
           {"mean", std::vector<std::uint64_t>{1, 2}},  // integers
           {"square", std::vector{1.0, 2.0}}});
  refuses(adam_state(1, {1, not_a_number}, {1, 2}));
  refuses(adam_state(1, {1, 2}, {1, infinity}));
  refuses(adam_state(1, {1, 2}, {-1, 2}));
  refuses(adam_state(std::numeric_limits<std::uint64_t>::max(), {1, 2}, {1, 2}));
  SavedState extra = before;
  extra.push_back({"velocity", std::vector{1.0, 2.0}});
  refuses(extra);
  SavedState twice = before;
  twice[1] = twice[2];
  refuses(twice);

  CHECK_THROWS_AS(optimizer.restore(adam_state(1, {1, 2, 3}, {1, 2, 3})), ShapeError);
  CHECK_THROWS_AS(optimizer.restore(adam_state(1, {1, 2}, {1})), ShapeError);
  CHECK_THROWS_AS(optimizer.restore(adam_state(0, {1, 2}, {1, 2})), ShapeError);
  SavedState two_steps = before;
  two_steps[0].numbers = std::vector<std::uint64_t>{1, 2};
  CHECK_THROWS_AS(optimizer.restore(two_steps), ShapeError);
  CHECK(optimizer.state() == before);
}

TEST_CASE("refusals of a state say what is wrong with it") {
  Adam optimizer(0.1);
  CHECK_THROWS_WITH_AS(optimizer.restore(Momentum(0.1, 0.5).state()),
                       "Optimizer::restore: the state has the parts [\"step\", \"velocity\"] where "
                       "[\"mean\", \"square\", \"step\"] are needed; it is that of something else",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(optimizer.restore(adam_state(1, {1, 2}, {1})),
                       "Optimizer::restore: 'square' has 1 numbers where 2 belong; nothing was "
                       "changed, was it saved for another network?",
                       ShapeError);
  CHECK_THROWS_WITH_AS(optimizer.restore(adam_state(1, {1, 2}, {1, -2})),
                       "Optimizer::restore: 'square' holds -2 for parameter 1, which no steps can "
                       "have left; nothing was changed",
                       ArgumentError);
}
