#include "tapegrad/nn/split.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;

namespace {

/// Rows i, 10·i of the class i % 3.
Dataset numbered(std::size_t rows) {
  Dataset data{.inputs = 2, .classes = 3, .x = {}, .labels = {}};
  for (std::size_t i = 0; i < rows; ++i) {
    data.x.push_back(static_cast<double>(i));
    data.x.push_back(static_cast<double>(10 * i));
    data.labels.push_back(i % 3);
  }
  return data;
}

/// Rows i of the classes 0, 1, ... with so many samples, mixed.
Dataset of_classes(const std::vector<std::size_t>& counts) {
  Dataset data{.inputs = 1, .classes = counts.size(), .x = {}, .labels = {}};
  for (std::size_t label = 0; label < counts.size(); ++label)
    data.labels.insert(data.labels.end(), counts[label], label);
  std::vector<std::size_t> mixed = data.labels;
  const std::vector<std::size_t> order = Random(3).permutation(mixed.size());
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    mixed[i] = data.labels[order[i]];
    data.x.push_back(static_cast<double>(i));
  }
  data.labels = mixed;
  return data;
}

/// Is each sample of `data`, whose first inputs are 0, 1, 2, ..., in one of the parts, once?
bool deals_all(const Dataset& data, const std::vector<const Dataset*>& parts) {
  std::vector<int> seen(data.size());
  for (const Dataset* part : parts) {
    if (part->inputs != data.inputs || part->classes != data.classes) return false;
    for (std::size_t i = 0; i < part->size(); ++i) {
      const auto original = static_cast<std::size_t>(part->row(i)[0]);
      ++seen.at(original);
      if (!std::ranges::equal(part->row(i), data.row(original))) return false;
      if (part->labels[i] != data.labels[original]) return false;
    }
  }
  return std::ranges::all_of(seen, [](int times) { return times == 1; });
}

std::size_t rounded(double fraction, std::size_t count) {
  return static_cast<std::size_t>(std::floor(fraction * static_cast<double>(count) + 0.5));
}

}  // namespace

TEST_CASE("split deals every sample, with its label, to exactly one part") {
  const Dataset data = numbered(100);
  const Split parts = split(data, 0.25, 1);
  CHECK(parts.test.size() == 25);
  CHECK(parts.train.size() == 75);
  CHECK(deals_all(data, {&parts.train, &parts.test}));
  CHECK_FALSE(std::is_sorted(parts.train.x.begin(), parts.train.x.end()));
}

TEST_CASE("a seed names one split for ever") {
  Dataset data{.inputs = 1, .classes = 1, .x = {}, .labels = std::vector<std::size_t>(12)};
  for (int i = 0; i < 12; ++i) data.x.push_back(i);
  const Split one = split(data, 0.25, 1);
  CHECK(one.test.x == std::vector<double>{9, 5, 10});
  CHECK(one.train.x == std::vector<double>{11, 4, 2, 6, 3, 8, 0, 7, 1});
  const Split seven = split(data, 0.25, 7);
  CHECK(seven.test.x == std::vector<double>{3, 10, 11});
  CHECK(seven.train.x == std::vector<double>{7, 1, 9, 5, 0, 4, 8, 2, 6});
}

TEST_CASE("split rounds to the nearest number of samples") {
  CHECK(split(numbered(10), 0.24, 1).test.size() == 2);
  CHECK(split(numbered(10), 0.26, 1).test.size() == 3);
}

TEST_CASE("split refuses fractions outside (0, 1) and empty parts") {
  const Dataset data = numbered(10);
  for (double fraction : {0.0, 1.0, -0.5, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(fraction);
    CHECK_THROWS_AS(split(data, fraction, 1), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(split(data, 1, 1),
                       "split: test_fraction is 1; pass a number between 0 and 1", ArgumentError);
  CHECK_THROWS_WITH_AS(split(data, 0.01, 1),
                       "split: of 10 samples 0 go to validation and 0 to test, which leaves a part "
                       "empty; pass other fractions",
                       ArgumentError);
  CHECK_THROWS_AS(split(data, 0.99, 1), ArgumentError);
  CHECK_THROWS_AS(split(Dataset{}, 0.5, 1), ArgumentError);
}

TEST_CASE("no split takes a set whose numbers or labels are wrong") {
  Dataset data = numbered(10);
  data.x.pop_back();
  CHECK_THROWS_AS(split(data, 0.5, 1), ShapeError);
  CHECK_THROWS_AS(split(data, {.test = 0.5}, 1), ShapeError);
  CHECK_THROWS_AS(stratified_split(data, {.test = 0.5}, 1), ShapeError);
  data = numbered(10);
  data.classes = 2;
  CHECK_THROWS_AS(split(data, 0.5, 1), ArgumentError);
  CHECK_THROWS_AS(split(data, {.test = 0.5}, 1), ArgumentError);
  CHECK_THROWS_AS(stratified_split(data, {.test = 0.5}, 1), ArgumentError);
  CHECK_THROWS_AS(
      split(Samples{.inputs = 1, .targets = 1, .x = {1}, .y = {1, 2}}, {.test = 0.5}, 1),
      ShapeError);
}

TEST_CASE("three parts have their fractions, and together every sample once") {
  const Dataset data = numbered(50);
  const auto parts = split(data, {.validation = 0.2, .test = 0.3}, 5);
  CHECK(parts.train.size() == 25);
  CHECK(parts.validation.size() == 10);
  CHECK(parts.test.size() == 15);
  CHECK(deals_all(data, {&parts.train, &parts.validation, &parts.test}));
  CHECK(split(data, {.validation = 0.2, .test = 0.3}, 5).train.x == parts.train.x);
  CHECK(split(data, {.validation = 0.2, .test = 0.3}, 6).train.x != parts.train.x);
}

TEST_CASE("three parts without validation are the two of the other split") {
  const Dataset data = numbered(40);
  const auto three = split(data, {.test = 0.2}, 9);
  const Split two = split(data, 0.2, 9);
  CHECK(three.train.x == two.train.x);
  CHECK(three.test.x == two.test.x);
  CHECK(three.validation.size() == 0);
  CHECK(three.validation.inputs == 2);
  CHECK(split(data, Fractions{}, 9).train.size() == 40);
}

TEST_CASE("samples with targets are split as their inputs are") {
  const Dataset data = numbered(30);
  Samples samples{.inputs = 2, .targets = 1, .x = data.x, .y = {}};
  for (std::size_t i = 0; i < 30; ++i) samples.y.push_back(-static_cast<double>(i));
  const Fractions fractions{.validation = 0.2, .test = 0.3};
  const auto parts = split(samples, fractions, 4);
  const auto labelled = split(data, fractions, 4);
  CHECK(parts.train.x == labelled.train.x);
  CHECK(parts.validation.x == labelled.validation.x);
  CHECK(parts.test.x == labelled.test.x);
  for (const Samples* part : {&parts.train, &parts.validation, &parts.test})
    for (std::size_t i = 0; i < part->size(); ++i) CHECK(part->target(i)[0] == -part->row(i)[0]);
}

TEST_CASE("fractions that leave nothing, or are none, are refused") {
  const Dataset data = numbered(9);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Fractions& fractions :
       {Fractions{0.5, 0.5}, Fractions{-0.1, 0.5}, Fractions{0.5, -0.1}, Fractions{nan, 0.1},
        Fractions{0.1, nan}, Fractions{0, 1}, Fractions{1e300, 0}}) {
    CAPTURE(fractions.validation);
    CAPTURE(fractions.test);
    CHECK_THROWS_AS(split(data, fractions, 1), ArgumentError);
    CHECK_THROWS_AS(stratified_split(data, fractions, 1), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(split(data, {.validation = 0.5, .test = 0.5}, 1),
                       "split: 0.5 to validate and 0.5 to test; pass fractions from 0 whose sum is "
                       "below 1",
                       ArgumentError);
  CHECK_THROWS_AS(split(data, {.validation = 0.01, .test = 0.5}, 1), ArgumentError);
  CHECK_THROWS_AS(split(data, {.validation = 0.49, .test = 0.5}, 1), ArgumentError);  // 4 + 5
}

TEST_CASE("a stratified split gives each part its share of each class, to the nearest sample") {
  const std::vector<std::size_t> counts{50, 10, 33, 4};
  const Dataset data = of_classes(counts);
  const Fractions fractions{.validation = 0.1, .test = 0.25};
  const auto parts = stratified_split(data, fractions, 2);
  CHECK(deals_all(data, {&parts.train, &parts.validation, &parts.test}));
  const auto train = count_classes(parts.train), validation = count_classes(parts.validation),
             test = count_classes(parts.test);
  for (std::size_t label = 0; label < counts.size(); ++label) {
    CAPTURE(label);
    CHECK(test[label] == rounded(0.25, counts[label]));
    // A tenth of 4 is nearest to none, and a part that was asked for gets one.
    CHECK(validation[label] == std::max<std::size_t>(1, rounded(0.1, counts[label])));
    CHECK(train[label] == counts[label] - test[label] - validation[label]);
  }
  CHECK(stratified_split(data, fractions, 2).train.x == parts.train.x);
  CHECK(stratified_split(data, fractions, 3).train.x != parts.train.x);
}

TEST_CASE("a stratified split mixes the classes in each part") {
  const auto parts = stratified_split(of_classes({40, 40}), {.validation = 0.25, .test = 0.25}, 1);
  for (const Dataset* part : {&parts.train, &parts.validation, &parts.test})
    CHECK_FALSE(std::is_sorted(part->labels.begin(), part->labels.end()));
}

TEST_CASE("a stratified split makes two parts where only two are asked for") {
  const auto parts = stratified_split(of_classes({2, 2}), {.test = 0.1}, 1);
  CHECK(parts.test.size() == 2);
  CHECK(parts.validation.size() == 0);
  CHECK(parts.train.size() == 2);
  CHECK(stratified_split(of_classes({1, 1}), {}, 1).train.size() == 2);
}

TEST_CASE("a stratified split names the class that cannot be dealt out") {
  CHECK_THROWS_WITH_AS(
      stratified_split(of_classes({5, 0, 5}), {.test = 0.2}, 1),
      "Dataset: class 1 of 3 has no sample; bring some, or number the classes anew", ArgumentError);
  CHECK_THROWS_WITH_AS(
      stratified_split(of_classes({5, 2, 5}), {.validation = 0.2, .test = 0.2}, 1),
      "stratified_split: class 1 has 2 samples; 1 to validate with and 1 to test with leave none "
      "to train with; bring more of them, or pass other fractions",
      ArgumentError);
  CHECK_THROWS_AS(stratified_split(of_classes({1}), {.test = 0.2}, 1), ArgumentError);
  CHECK_THROWS_AS(stratified_split(of_classes({4}), {.validation = 0.49, .test = 0.49}, 1),
                  ArgumentError);  // 2 and 2
}
