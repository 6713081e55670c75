#include "draw/training_page/training_facts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "nn/small_training.hpp"
#include "pictures.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

TEST_CASE("samples are chosen evenly") {
  Samples data{.inputs = 1, .targets = 1, .x = std::vector<double>(1000), .y = {}};
  std::iota(data.x.begin(), data.x.end(), 0.0);
  data.y = data.x;
  const Samples chosen = evenly_chosen(data, 400);
  REQUIRE(chosen.size() == 400);
  CHECK(chosen.x == chosen.y);
  CHECK(chosen.x.front() == 0);
  for (std::size_t i = 1; i < chosen.size(); ++i) {
    const double step = chosen.x[i] - chosen.x[i - 1];
    CHECK((step == 2 || step == 3));
  }
  CHECK(evenly_chosen(data, 1000).x == data.x);
}

TEST_CASE("the gradient is that of the mean loss, by either engine") {
  MLP network({2, 4, 3}, Activation::tanh, Activation::identity, 1);
  const Objective objective = classification();
  const Samples train = one_hot(testing::three_blobs(30, 1));
  std::vector<double> expected(network.parameters().size());
  for (std::size_t i = 0; i < train.size(); ++i) {
    Tape tape;
    const std::span<const double> x = train.row(i), y = train.target(i);
    tape.backward(objective.loss(network(std::vector<Value>(x.begin(), x.end())),
                                 std::vector<Value>(y.begin(), y.end())));
    const std::vector<double> gradient = network.gradient();
    for (std::size_t k = 0; k < expected.size(); ++k) expected[k] += gradient[k] / 30;
  }
  for (const Engine engine : {Engine::program, Engine::tape}) {
    MeanGradient gradient(network, objective, train, {.engine = engine});
    const std::vector<double> found = gradient.at(network.parameters());
    for (std::size_t k = 0; k < expected.size(); ++k)
      CHECK(found[k] == doctest::Approx(expected[k]).epsilon(1e-12));
  }
}

TEST_CASE("a confusion matrix has a row for each truth, and a column for no answer") {
  // One neuron for each class, which answers its input: the sample says what it is taken for.
  MLP network({3, 3}, Activation::tanh, Activation::identity, 1);
  std::ranges::fill(network.parameters(), 0.0);
  for (std::size_t k = 0; k < 3; ++k) network.parameters()[4 * k] = 1;
  Samples data{.inputs = 3, .targets = 3, .x = {}, .y = {}};
  const auto add = [&](std::size_t truth, std::vector<double> answer) {
    data.x.insert(data.x.end(), answer.begin(), answer.end());
    for (const double share : one_hot(truth, 3)) data.y.push_back(share);
  };
  add(0, {1, 0, 0});
  add(0, {0, 0, 1});
  add(1, {2, 2, 1});  // the first of two
  add(2, {0, 0, 5});
  add(2, {0, not_a_number, 0});
  CHECK(confusion(network, data) == std::vector<std::size_t>{1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1});
}

TEST_CASE("the plane holds all samples that are anywhere") {
  const Samples first{.inputs = 2, .targets = 1, .x = {0, 5, 10, 5}, .y = {0, 0}};
  const Samples second{.inputs = 2, .targets = 1, .x = {2, 5, not_a_number, 100}, .y = {0, 0}};
  const auto plane = plane_of(std::array{&first, &second}, 10);
  REQUIRE(plane);
  CHECK(plane->ranges[0].low == doctest::Approx(-0.8));
  CHECK(plane->ranges[0].high == doctest::Approx(10.8));
  CHECK(plane->ranges[1].low == 4);  // all alike
  CHECK(plane->ranges[1].high == 6);
  CHECK(plane->at(0, 0)[0] == doctest::Approx(-0.8 + 0.58));
  CHECK(plane->at(0, 0)[1] == doctest::Approx(5.9));
  CHECK(plane->at(9, 9)[0] == doctest::Approx(10.8 - 0.58));
  CHECK(plane->at(9, 9)[1] == doctest::Approx(4.1));

  const auto is_there = [](const std::vector<double>& x, std::size_t inputs) {
    const Samples data{
        .inputs = inputs, .targets = 1, .x = x, .y = std::vector<double>(x.size() / inputs)};
    return plane_of(std::array{&data}, 10).has_value();
  };
  CHECK(is_there({0, 0}, 2));
  CHECK_FALSE(is_there({0, 0, 0}, 3));
  CHECK_FALSE(is_there({infinity, 0}, 2));
  CHECK_FALSE(is_there({-1.7e308, 0, 1.7e308, 1}, 2));
  CHECK_FALSE(is_there({1e300, 0}, 2));  // a rim of 1 is lost in it
}

TEST_CASE("a map has the class of each cell, and its probability where outputs are some") {
  const Plane plane{.ranges = {Range{-1, 1}, Range{-1, 1}}, .points = 5};
  for (const Activation output : {Activation::identity, Activation::softmax, Activation::sigmoid}) {
    CAPTURE(to_string(output));
    const MLP network({2, 4, 3}, Activation::tanh, output, 3);
    const ClassMap map = class_map(network, plane);
    REQUIRE(map.classes.size() == 25);
    REQUIRE(map.shares.size() == 25);
    for (std::size_t cell = 0; cell < 25; ++cell) {
      const std::vector<double> a = network(plane.at(cell / 5, cell % 5));
      double sum = 0;
      for (const double each : a) sum += std::exp(each);
      const double greatest = *std::ranges::max_element(a);
      CHECK(a[map.classes[cell]] == greatest);
      const double share = output == Activation::identity  ? std::exp(greatest) / sum
                           : output == Activation::softmax ? greatest
                                                           : 1;
      CHECK(map.shares[cell] == doctest::Approx(share));
    }
    CHECK(value_map(network, plane)[7] == network(plane.at(1, 2))[0]);
  }
  MLP broken({2, 2}, Activation::tanh, Activation::identity, 1);
  broken.parameters()[0] = not_a_number;
  CHECK(class_map(broken, plane).classes[0] == ClassMap::none);
}
