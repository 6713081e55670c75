// The order in which a chain of steps is run again, held against dynamic programming.

#include "derivatives/binomial_schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

using namespace tapegrad;

namespace {

constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();

struct Walk {
  std::size_t forward_steps = 0;
  std::size_t moves = 0;
  std::size_t most_snapshots = 0;
  bool is_right = true;  // every step reversed, the last one first, from a state that was at hand
};

// Follows the moves with the number of a state in place of the state.
Walk follow(std::size_t steps, std::size_t snapshots) {
  using Kind = ScheduleMove::Kind;
  constexpr std::size_t none = largest;
  Walk walk;
  std::size_t state = 0;
  std::size_t to_reverse = steps;
  std::vector<std::size_t> slots;
  BinomialSchedule schedule(steps, snapshots);
  for (ScheduleMove move = schedule.next(); move.kind != Kind::done; move = schedule.next()) {
    ++walk.moves;
    switch (move.kind) {
      case Kind::advance:
        walk.is_right &= state == move.from && move.from < move.to && move.to < to_reverse;
        walk.forward_steps += move.to - move.from;
        state = move.to;
        break;
      case Kind::store:
        walk.is_right &= state == move.from && move.slot <= slots.size();
        slots.resize(move.slot);  // those above have served
        slots.push_back(state);
        walk.most_snapshots = std::max(walk.most_snapshots, slots.size());
        break;
      case Kind::restore:
        walk.is_right &= move.slot < slots.size() && slots[move.slot] == move.from;
        state = move.from;
        break;
      case Kind::reverse:
        walk.is_right &= state == move.from && move.from + 1 == to_reverse;
        state = none;
        --to_reverse;
        break;
      case Kind::done:
        break;
    }
    if (!walk.is_right) return walk;
  }
  walk.is_right &= to_reverse == 0 && schedule.next().kind == Kind::done;
  return walk;
}

// fewest[s][l]: by trying every place for the next snapshot.
std::vector<std::vector<std::size_t>> fewest_by_trying(std::size_t steps, std::size_t snapshots) {
  std::vector<std::vector<std::size_t>> fewest(snapshots + 1, std::vector<std::size_t>(steps + 1));
  for (std::size_t l = 2; l <= steps; ++l) {
    fewest[1][l] = l * (l - 1) / 2;
    for (std::size_t s = 2; s <= snapshots; ++s) {
      std::size_t best = largest;
      for (std::size_t m = 1; m < l; ++m)
        best = std::min(best, m + fewest[s - 1][l - m] + fewest[s][m]);
      fewest[s][l] = best;
    }
  }
  return fewest;
}

}  // namespace

TEST_CASE("the schedule runs as few steps as any that keeps as many snapshots") {
  constexpr std::size_t most_steps = 150, most_snapshots = 12;
  const auto fewest = fewest_by_trying(most_steps, most_snapshots);
  for (std::size_t s = 1; s <= most_snapshots; ++s) {
    for (std::size_t l = 0; l <= most_steps; ++l) {
      CAPTURE(s);
      CAPTURE(l);
      const Walk walk = follow(l, s);
      REQUIRE(walk.is_right);
      REQUIRE(walk.forward_steps == fewest[s][l]);
      REQUIRE(fewest_forward_steps(l, s) == fewest[s][l]);
      REQUIRE(walk.most_snapshots <= std::min(s, l));
    }
  }
}

TEST_CASE("C(s + r, r) steps are reversed with s snapshots if each is run again r times at most") {
  // s = 3, r = 4: C(7, 3) = 35. Of one more step some would have to run a fifth time.
  CHECK(fewest_forward_steps(35, 3) == 4 * 35 - (1 + 4 + 10 + 20));
  CHECK(fewest_forward_steps(36, 3) == fewest_forward_steps(35, 3) + 5);
}

TEST_CASE("without steps there is nothing to do, and a single step is reversed at once") {
  CHECK(BinomialSchedule(0, 5).next().kind == ScheduleMove::Kind::done);
  BinomialSchedule one(1, 5);
  const ScheduleMove move = one.next();
  CHECK(move.kind == ScheduleMove::Kind::reverse);
  CHECK(move.from == 0);
  CHECK(one.next().kind == ScheduleMove::Kind::done);
}

TEST_CASE("with a snapshot for every step each is run once") {
  const Walk walk = follow(1000, 1'000'000);
  CHECK(walk.is_right);
  CHECK(walk.forward_steps == 999);
  CHECK(walk.most_snapshots == 999);
}

TEST_CASE("a million steps take a few million moves") {
  constexpr std::size_t steps = 1'000'000;
  for (const std::size_t snapshots : {3u, 10u, 1000u}) {
    CAPTURE(snapshots);
    const Walk walk = follow(steps, snapshots);
    CHECK(walk.is_right);
    CHECK(walk.most_snapshots == snapshots);
    CHECK(walk.forward_steps == fewest_forward_steps(steps, snapshots));
    CHECK(walk.moves <= 4 * steps);
  }
  // C(13 + 10, 10) = 1,144,066 is enough, C(12 + 10, 10) is not
  CHECK(fewest_forward_steps(steps, 10) <= 13 * steps);
  CHECK(fewest_forward_steps(steps, 10) > 11 * steps);
}

TEST_CASE("a number of steps beyond all measure comes back as the largest number") {
  CHECK(fewest_forward_steps(largest, 1) == largest);
  CHECK(fewest_forward_steps(largest, 100) == largest);
  CHECK(fewest_forward_steps(largest, largest) == largest - 1);
  CHECK(fewest_forward_steps(std::size_t{1} << 32, 1) ==
        (std::size_t{1} << 31) * ((std::size_t{1} << 32) - 1));
}
