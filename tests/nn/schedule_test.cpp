#include "tapegrad/nn/schedule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "tapegrad/core/error.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t end_of_time = std::numeric_limits<std::uint64_t>::max();

}  // namespace

TEST_CASE("a constant rate stays") {
  const Schedule schedule = constant_rate(0.1);
  CHECK(schedule(0) == 0.1);
  CHECK(schedule(end_of_time) == 0.1);
}

TEST_CASE("step decay multiplies the rate each time a period is over") {
  const Schedule schedule = step_decay(8, 10, 0.5);
  CHECK(schedule(0) == 8);
  CHECK(schedule(9) == 8);
  CHECK(schedule(10) == 4);
  CHECK(schedule(35) == 1);
  CHECK(schedule(end_of_time) == 0);  // underflows
  CHECK(step_decay(3, 1, 1)(1000) == 3);
}

TEST_CASE("cosine decay goes through the points of half a cosine") {
  // cos of 0, π/3, π/2, 2π/3, π: 1, 1/2, 0, -1/2, -1
  const Schedule schedule = cosine_decay(5, 6, 1);
  CHECK(schedule(0) == 5);
  CHECK(schedule(2) == doctest::Approx(4).epsilon(1e-15));
  CHECK(schedule(3) == doctest::Approx(3).epsilon(1e-15));
  CHECK(schedule(4) == doctest::Approx(2).epsilon(1e-15));
  CHECK(schedule(6) == 1);
  CHECK(schedule(end_of_time) == 1);
}

TEST_CASE("cosine decay falls from step to step, and to 0 only at its end") {
  const Schedule schedule = cosine_decay(0.1, 1000);
  CHECK(schedule(0) == 0.1);
  for (std::uint64_t t = 1; t < 1000; ++t) {
    CAPTURE(t);
    CHECK(schedule(t) < schedule(t - 1));
    CHECK(schedule(t) > 0);
  }
  CHECK(schedule(1000) == 0);
}

TEST_CASE("a warm-up climbs in equal steps to the schedule that follows") {
  const Schedule schedule = warm_up(3, step_decay(8, 2, 0.5));
  CHECK(schedule(0) == 2);
  CHECK(schedule(1) == 4);
  CHECK(schedule(2) == 6);
  CHECK(schedule(3) == 8);
  CHECK(schedule(4) == 8);
  CHECK(schedule(5) == 4);
}

TEST_CASE("a warm-up of no steps is the schedule itself, also a lambda") {
  const Schedule schedule = warm_up(0, [](std::uint64_t t) { return 1 / (1 + double(t)); });
  CHECK(schedule(0) == 1);
  CHECK(schedule(3) == 0.25);
}

TEST_CASE("the longest warm-up does not wrap around") {
  const Schedule schedule = warm_up(end_of_time, constant_rate(1));
  CHECK(schedule(0) == 0x1p-64);
  CHECK(schedule(end_of_time) == 1);
}

TEST_CASE("schedules refuse what makes no sense") {
  for (double rate : {0.0, -1.0, infinity, not_a_number}) {
    CAPTURE(rate);
    CHECK_THROWS_AS(constant_rate(rate), ArgumentError);
    CHECK_THROWS_AS(step_decay(rate, 1, 0.5), ArgumentError);
    CHECK_THROWS_AS(cosine_decay(rate, 1), ArgumentError);
  }
  for (double factor : {0.0, -0.5, 1.5, not_a_number}) {
    CAPTURE(factor);
    CHECK_THROWS_AS(step_decay(1, 1, factor), ArgumentError);
  }
  for (double least : {-0.1, 1.5, not_a_number}) {
    CAPTURE(least);
    CHECK_THROWS_AS(cosine_decay(1, 1, least), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(constant_rate(-1),
                       "constant_rate: the rate is -1; pass a finite number above 0",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(step_decay(1, 0, 0.5),
                       "step_decay: every is 0; pass a number of steps or epochs", ArgumentError);
  CHECK_THROWS_WITH_AS(cosine_decay(1, 0),
                       "cosine_decay: duration is 0; pass a number of steps or epochs",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(warm_up(3, Schedule()), "warm_up: there is no schedule to lead to; pass one",
                       ArgumentError);
}
