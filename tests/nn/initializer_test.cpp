#include "tapegrad/nn/initializer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "tapegrad/core/error.hpp"

using tapegrad::ArgumentError;
using tapegrad::initialize;
using tapegrad::Initializer;
using tapegrad::Random;
using tapegrad::ShapeError;

namespace {

constexpr std::size_t fan_in = 300;
constexpr std::size_t fan_out = 100;

struct Row {
  std::string name;
  Initializer initializer;
  double variance;  // of the papers' formulas, for the fans above
};

const std::array uniform_rows = {
    Row{"xavier_uniform", Initializer::xavier_uniform, 2.0 / 400},
    Row{"he_uniform", Initializer::he_uniform, 2.0 / 300},
    Row{"lecun_uniform", Initializer::lecun_uniform, 1.0 / 300},
};
const std::array normal_rows = {
    Row{"xavier_normal", Initializer::xavier_normal, 2.0 / 400},
    Row{"he_normal", Initializer::he_normal, 2.0 / 300},
    Row{"lecun_normal", Initializer::lecun_normal, 1.0 / 300},
};

std::vector<double> weights_of(Initializer initializer, std::uint64_t seed) {
  std::vector<double> weights(fan_in * fan_out);
  Random random(seed);
  initialize(weights, fan_in, fan_out, initializer, random);
  return weights;
}

double moment(const std::vector<double>& weights, int power) {
  double sum = 0;
  for (double weight : weights) sum += std::pow(weight, power);
  return sum / static_cast<double>(weights.size());
}

}  // namespace

TEST_CASE("uniform initialisers keep the published bound, reach it, and have its variance") {
  for (const Row& row : uniform_rows) {
    CAPTURE(row.name);
    const std::vector<double> weights = weights_of(row.initializer, 1);
    const double limit = std::sqrt(3 * row.variance);
    const auto [least, greatest] = std::minmax_element(weights.begin(), weights.end());
    CHECK(*least >= -limit);
    CHECK(*greatest <= limit);
    CHECK(*least < -0.999 * limit);
    CHECK(*greatest > 0.999 * limit);
    // Five standard errors of N draws; the fourth moment is 9/5 of the variance squared.
    const auto n = static_cast<double>(weights.size());
    CHECK(std::abs(moment(weights, 1)) < 5 * std::sqrt(row.variance / n));
    CHECK(std::abs(moment(weights, 2) / row.variance - 1) < 5 * std::sqrt(0.8 / n));
  }
}

TEST_CASE("normal initialisers have the published variance and a normal distribution's tails") {
  for (const Row& row : normal_rows) {
    CAPTURE(row.name);
    const std::vector<double> weights = weights_of(row.initializer, 2);
    const auto n = static_cast<double>(weights.size());
    CHECK(std::abs(moment(weights, 1)) < 5 * std::sqrt(row.variance / n));
    CHECK(std::abs(moment(weights, 2) / row.variance - 1) < 5 * std::sqrt(2 / n));
    const double fourth = moment(weights, 4) / (row.variance * row.variance);
    CHECK(std::abs(fourth - 3) < 5 * std::sqrt(96 / n));
  }
}

TEST_CASE("zeros overwrites whatever was there and draws nothing") {
  std::vector<double> weights = {1, -2, 3};
  Random random(3);
  initialize(weights, 3, 1, Initializer::zeros, random);
  CHECK(weights == std::vector<double>{0, 0, 0});
  CHECK(random.next() == Random(3).next());
}

TEST_CASE("the same seed gives the same weights, another seed gives others") {
  for (const Row& row : {uniform_rows[0], normal_rows[1]}) {
    CAPTURE(row.name);
    CHECK(weights_of(row.initializer, 4) == weights_of(row.initializer, 4));
    CHECK(weights_of(row.initializer, 4) != weights_of(row.initializer, 5));
  }
}

TEST_CASE("a layer without inputs or neurons is an error and leaves the weights alone") {
  std::vector<double> weights = {1, 2};
  Random random(6);
  CHECK_THROWS_WITH_AS(initialize(weights, 0, 2, Initializer::he_normal, random),
                       "initialize: a layer of 0 inputs and 2 neurons has no weights; pass at "
                       "least 1 of each",
                       ShapeError);
  CHECK_THROWS_AS(initialize(weights, 2, 0, Initializer::zeros, random), ShapeError);
  CHECK(weights == std::vector<double>{1, 2});
}

TEST_CASE("a number that is no initialiser is an error") {
  std::vector<double> weights = {1};
  Random random(7);
  CHECK_THROWS_WITH_AS(initialize(weights, 1, 1, static_cast<Initializer>(99), random),
                       "initialize: 99 is no Initializer; use one of its names", ArgumentError);
}
