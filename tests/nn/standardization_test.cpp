#include "tapegrad/nn/standardization.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/random.hpp"
#include "tapegrad/nn/split.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Of one class.
Dataset rows(std::size_t inputs, const std::vector<double>& x) {
  return {.inputs = inputs,
          .classes = 1,
          .x = x,
          .labels = std::vector<std::size_t>(x.size() / inputs)};
}

}  // namespace

TEST_CASE("mean and deviation are those of each input over the samples") {
  const Standardization fitted(rows(2, {1, 10, 3, 10, 5, 40, 7, 40}));
  CHECK(fitted.mean() == std::vector<double>{4, 25});
  CHECK(fitted.deviation()[0] == doctest::Approx(std::sqrt(5.0)).epsilon(1e-15));  // (9+1+1+9)/4
  CHECK(fitted.deviation()[1] == 15);
}

TEST_CASE("standardised inputs have mean 0 and deviation 1, whatever they had") {
  Random random(1);
  Dataset data{.inputs = 3, .classes = 1, .x = {}, .labels = std::vector<std::size_t>(200)};
  for (int i = 0; i < 200; ++i)
    for (double scale : {1e-200, 1.0, 1e200}) data.x.push_back(scale * (7 + random.normal()));
  Standardization(data).apply(data);
  const Standardization again(data);
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(std::abs(again.mean()[i]) < 1e-14);  // 200 roundings of numbers up to 3 · 2^-53
    CHECK(again.deviation()[i] == doctest::Approx(1).epsilon(1e-14));
  }
}

TEST_CASE("what is fitted to the training part is applied to the others") {
  Random random(2);
  Dataset data{.inputs = 1, .classes = 1, .x = {}, .labels = std::vector<std::size_t>(20)};
  for (int i = 0; i < 20; ++i) data.x.push_back(random.uniform(5, 9));
  Split parts = split(data, 0.25, 1);
  const Standardization fitted(parts.train);
  const std::vector<double> before = parts.test.x;
  fitted.apply(parts.test);
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK(parts.test.x[i] == (before[i] - fitted.mean()[0]) / fitted.deviation()[0]);
    CHECK(fitted(std::vector{before[i]})[0] == parts.test.x[i]);
  }
}

TEST_CASE("a constant input has deviation 1 and becomes 0, also where its mean is inexact") {
  Dataset data = rows(2, {0.1, 1e16, 0.1, 1e16, 0.1, 1e16});
  const Standardization fitted(data);
  CHECK(fitted.mean() == std::vector<double>{0.1, 1e16});
  CHECK(fitted.deviation() == std::vector<double>{1, 1});
  fitted.apply(data);
  CHECK(data.x == std::vector<double>(6));
  CHECK(Standardization(rows(1, {3})).deviation()[0] == 1);  // a single sample
}

TEST_CASE("inputs that differ by the least number there is count as constant or are kept apart") {
  const double least = std::numeric_limits<double>::denorm_min();
  Dataset data = rows(1, {0, 0, 0, 0, 0, 0, 0, least});
  const Standardization fitted(data);
  CHECK(fitted.deviation()[0] > 0);
  fitted.apply(data);
  for (double x : data.x) CHECK(std::isfinite(x));
}

TEST_CASE("its numbers make the same standardisation again") {
  const Standardization fitted(rows(2, {1, 2, 3, 5, 8, 13}));
  const Standardization again(fitted.mean(), fitted.deviation());
  const std::vector<double> x{0.3, -0.7};
  CHECK(again(x) == fitted(x));
}

TEST_CASE("samples with targets are standardised in their inputs only") {
  Samples samples{.inputs = 1, .targets = 2, .x = {1, 3}, .y = {1, 2, 3, 4}};
  const Standardization fitted(samples);
  CHECK(fitted.mean() == std::vector<double>{2});
  fitted.apply(samples);
  CHECK(samples.x == std::vector<double>{-1, 1});
  CHECK(samples.y == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("what cannot be fitted is refused, naming the input") {
  CHECK_THROWS_WITH_AS(Standardization(Dataset{}),
                       "Standardization: there is no sample to fit it to; pass a training set",
                       ArgumentError);
  CHECK_THROWS_AS(Standardization(Samples{}), ArgumentError);
  CHECK_THROWS_WITH_AS(Standardization(rows(2, {1, 2, 3, infinity})),
                       "Standardization: input 1 has no finite mean and deviation; look for "
                       "samples where it is NaN, infinite or as good as that",
                       ArgumentError);
  for (const std::vector<double>& x : std::vector<std::vector<double>>{{not_a_number, 1},
                                                                       {1, not_a_number},
                                                                       {-infinity, 1},
                                                                       {infinity, infinity},
                                                                       {1.7e308, -1.7e308}}) {
    CAPTURE(x[0]);
    CHECK_THROWS_AS(Standardization(rows(1, x)), ArgumentError);
  }
  Dataset torn = rows(2, {1, 2, 3, 4});
  torn.x.pop_back();
  CHECK_THROWS_AS(Standardization{torn}, ShapeError);
}

TEST_CASE("numbers that are no standardisation are refused") {
  CHECK_THROWS_WITH_AS(
      Standardization({1, 2}, {1}),
      "Standardization: 2 means and 1 deviations; pass as many of both, and at least one",
      ShapeError);
  CHECK_THROWS_AS(Standardization({}, {}), ShapeError);
  CHECK_THROWS_WITH_AS(Standardization({1, 2}, {1, 0}),
                       "Standardization: the mean 2 and the deviation 0 of input 1; pass finite "
                       "numbers, and deviations above 0",
                       ArgumentError);
  for (double wrong : {-1.0, not_a_number, infinity}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(Standardization({0}, {wrong}), ArgumentError);
  }
  CHECK_THROWS_AS(Standardization({not_a_number}, {1}), ArgumentError);
  CHECK_THROWS_AS(Standardization({infinity}, {1}), ArgumentError);
}

TEST_CASE("a set with another number of inputs is refused and stays as it was") {
  const Standardization two({1, 2}, {1, 1});
  Dataset data = rows(4, {1, 2, 3, 4});
  CHECK_THROWS_WITH_AS(two.apply(data), "Standardization: 4 inputs, where it was made for 2",
                       ShapeError);
  CHECK(data.x == std::vector<double>{1, 2, 3, 4});
  CHECK_THROWS_AS(two(std::vector<double>{1}), ShapeError);
  CHECK_THROWS_AS(two(std::vector<double>{}), ShapeError);
  Samples samples{.inputs = 1, .targets = 1, .x = {1, 2}, .y = {1, 2}};
  CHECK_THROWS_AS(two.apply(samples), ShapeError);
  data.x.pop_back();
  CHECK_THROWS_AS(two.apply(data), ShapeError);
}
