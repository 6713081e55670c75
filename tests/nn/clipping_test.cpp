#include "tapegrad/nn/clipping.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("clip_norm shortens a long gradient to the limit and returns what it was") {
  std::vector<double> g = {3, -4};
  CHECK(clip_norm(g, 2.5) == 5);
  CHECK(g[0] == doctest::Approx(1.5).epsilon(1e-15));
  CHECK(g[1] == doctest::Approx(-2).epsilon(1e-15));
}

TEST_CASE("clip_norm leaves a gradient that is short enough as it is") {
  std::vector<double> g = {3, -4};
  CHECK(clip_norm(g, 5) == 5);
  CHECK(clip_norm(g, infinity) == 5);
  CHECK(g == std::vector<double>{3, -4});
  std::vector<double> zeros = {0, -0.0};
  CHECK(clip_norm(zeros, 1) == 0);
  CHECK(std::signbit(zeros[1]));
  CHECK(clip_norm({}, 1) == 0);
}

TEST_CASE("clip_norm's norm is norm()'s to the last bit, and its direction stays") {
  Random random(1);
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<double> g(1 + random.below(20));
    for (double& derivative : g) derivative = random.normal();
    const std::vector<double> before = g;
    const double length = norm(g);
    CHECK(clip_norm(g, 0.1) == length);
    // each of the n squares and the root round: a few units in the last place
    CHECK(norm(g) == doctest::Approx(0.1).epsilon(1e-14));
    for (std::size_t i = 0; i < g.size(); ++i)
      CHECK(g[i] == doctest::Approx(before[i] * (0.1 / length)).epsilon(1e-14));
  }
}

TEST_CASE("clip_norm neither overflows nor underflows") {
  std::vector<double> huge = {1.5e308, 1.5e308};
  CHECK(clip_norm(huge, 1) == infinity);
  CHECK(huge[0] == doctest::Approx(std::sqrt(0.5)).epsilon(1e-15));
  CHECK(huge[1] == huge[0]);
  std::vector<double> tiny = {3e-200, 4e-200};
  CHECK(clip_norm(tiny, 1e-200) == doctest::Approx(5e-200).epsilon(1e-15));
  CHECK(tiny[0] == doctest::Approx(0.6e-200).epsilon(1e-15));
}

TEST_CASE("clip_norm returns NaN or infinity and changes nothing where a derivative is") {
  std::vector<double> g = {100, infinity};
  CHECK(clip_norm(g, 1) == infinity);
  CHECK(g == std::vector<double>{100, infinity});
  g = {100, -infinity, not_a_number};
  CHECK(std::isnan(clip_norm(g, 1)));
  CHECK(g[0] == 100);
  CHECK(g[1] == -infinity);
  CHECK(std::isnan(g[2]));
}

TEST_CASE("clip_values clips each derivative, counts them and lets NaN and infinity be") {
  std::vector<double> g = {0.5, -0.5, 0.75, -3, infinity, -infinity, not_a_number, -0.0};
  CHECK(clip_values(g, 0.5) == 2);
  CHECK(std::vector(g.begin(), g.begin() + 6) ==
        std::vector<double>{0.5, -0.5, 0.5, -0.5, infinity, -infinity});
  CHECK(std::isnan(g[6]));
  CHECK(std::signbit(g[7]));
}

TEST_CASE("weight decay is the gradient of decay/2 times the sum of squares") {
  const std::vector<double> x = {1.5, -2, 0};
  std::vector<double> g = {1, 1, -1};
  add_weight_decay(g, x, 0.5);
  CHECK(g == std::vector<double>{1.75, 0, -1});

  const auto loss = [](std::span<const Value> p) {
    return p[0] + p[1] - p[2] + 0.25 * (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
  };
  CHECK(gradient(loss, x).gradient == g);
}

TEST_CASE("clipping and weight decay refuse what makes no sense") {
  std::vector<double> g = {1, 2};
  for (double limit : {0.0, -1.0, not_a_number}) {
    CAPTURE(limit);
    CHECK_THROWS_AS(clip_norm(g, limit), ArgumentError);
    CHECK_THROWS_AS(clip_values(g, limit), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(clip_norm(g, -1), "clip_norm: the limit is -1; pass a number above 0",
                       ArgumentError);
  for (double decay : {-0.1, infinity, not_a_number}) {
    CAPTURE(decay);
    CHECK_THROWS_AS(add_weight_decay(g, g, decay), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(add_weight_decay(g, std::array{1.0}, 0.1),
                       "add_weight_decay: 2 derivatives for 1 parameters; pass one for each "
                       "parameter",
                       ShapeError);
  CHECK(g == std::vector<double>{1, 2});
}
