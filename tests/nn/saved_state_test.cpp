#include "tapegrad/nn/saved_state.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

const SavedState inner = {{"mean", std::vector{0.5, -2.0}},
                          {"step", std::vector<std::uint64_t>{18446744073709551615u}}};

}  // namespace

TEST_CASE("parts of a state come back as they were put in") {
  SavedState all;
  add_part(all, "optimizer", inner);
  add_part(all, "optimizer2", {{"mean", std::vector{7.0}}});
  add_part(all, "nothing", {});
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "optimizer.mean");
  CHECK(part_of(all, "optimizer") == inner);
  CHECK(part_of(all, "optimizer2") == SavedState{{"mean", std::vector{7.0}}});
  CHECK(part_of(all, "nothing").empty());
  CHECK(part_of(all, "optim").empty());

  SavedState outer;
  add_part(outer, "training", all);
  CHECK(part_of(part_of(outer, "training"), "optimizer") == inner);
}

TEST_CASE("a name that is taken is refused, and changes nothing") {
  SavedState all;
  add_part(all, "a", {{"mean", std::vector{1.0}}});
  const SavedState before = all;
  CHECK_THROWS_WITH_AS(add_part(all, "a", {{"step", std::vector{1.0}}, {"mean", std::vector{2.0}}}),
                       "add_part: the state has 'a.mean' already", ArgumentError);
  CHECK(all == before);
}

TEST_CASE("numbers are found by name and kind") {
  CHECK(doubles_of("Who", inner, "mean") == std::vector{0.5, -2.0});
  CHECK(word_of("Who", inner, "step") == 18446744073709551615u);
  CHECK_THROWS_WITH_AS(doubles_of("Who", inner, "velocity"),
                       "Who: the state has no 'velocity', only [\"mean\", \"step\"]",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(doubles_of("Who", inner, "step"), "Who: 'step' should hold doubles",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(words_of("Who", inner, "mean"),
                       "Who: 'mean' should hold integers of 64 bits", ArgumentError);
  CHECK_THROWS_WITH_AS(double_of("Who", inner, "mean"),
                       "Who: 'mean' has 2 numbers; it should have one", ShapeError);
}

TEST_CASE("names are those needed in any order, none more, less or twice") {
  CHECK_NOTHROW(check_names("Who", inner, {"step", "mean"}));
  CHECK_NOTHROW(check_names("Who", {}, {}));
  CHECK_THROWS_AS(check_names("Who", inner, {"mean"}), ArgumentError);
  CHECK_THROWS_AS(check_names("Who", inner, {"mean", "step", "square"}), ArgumentError);
  CHECK_THROWS_AS(check_names("Who", {inner[0], inner[0]}, {"mean"}), ArgumentError);
  CHECK_THROWS_WITH_AS(check_names("Who", inner, {"words"}),
                       "Who: the state has the parts [\"mean\", \"step\"] where [\"words\"] are "
                       "needed; it is that of something else",
                       ArgumentError);
}
