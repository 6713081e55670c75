#include "tapegrad/nn/loss.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

TEST_CASE("squared error and its derivative 2(a - y) are exact") {
  Tape tape;
  const std::vector<Value> a = tape.variables(std::vector{0.5, 2.0});
  const std::vector<double> y{1.0, -1.0};
  const Value loss = squared_error(a, y);
  CHECK(loss.value() == 0.25 + 9.0);
  tape.backward(loss);
  CHECK(a[0].grad() == -1.0);
  CHECK(a[1].grad() == 6.0);
  const Value mean = mean_squared_error(a, y);
  CHECK(mean.value() == 9.25 / 2);
  tape.backward(mean);
  CHECK(a[1].grad() == 3.0);
  CHECK(mean_squared_error(std::vector{0.5, 2.0}, y) == 9.25 / 2);
}

TEST_CASE("binary cross-entropy is -y ln a - (1 - y) ln(1 - a), with derivative a - y") {
  for (const double y : {0.0, 0.25, 1.0}) {
    for (const double pa : {-3.0, -0.5, 0.0, 2.0}) {
      CAPTURE(y);
      CAPTURE(pa);
      Tape tape;
      const Value leaf = tape.variable(pa);
      const Value loss = binary_cross_entropy(leaf, y);
      const double a = 1 / (1 + std::exp(-pa));
      CHECK(loss.value() ==
            doctest::Approx(-y * std::log(a) - (1 - y) * std::log(1 - a)).epsilon(1e-13));
      CHECK(loss.value() == binary_cross_entropy(pa, y));
      tape.backward(loss);
      CHECK(leaf.grad() == doctest::Approx(a - y).epsilon(1e-13));
    }
  }
}

TEST_CASE("softmax cross-entropy is -ln of the softmax, with derivative softmax - one-hot") {
  const std::vector<double> pa{0.5, -1.0, 2.0};
  Tape tape;
  const std::vector<Value> leaves = tape.variables(pa);
  const Value loss = softmax_cross_entropy(leaves, 1);
  double total = 0;
  for (const double p : pa) total += std::exp(p);
  CHECK(loss.value() == doctest::Approx(-std::log(std::exp(-1.0) / total)).epsilon(1e-14));
  CHECK(loss.value() == softmax_cross_entropy(pa, 1));
  tape.backward(loss);
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(leaves[k].grad() ==
          doctest::Approx(std::exp(pa[k]) / total - (k == 1 ? 1 : 0)).epsilon(1e-13));
}

TEST_CASE("cross-entropies of far-off logits are finite and exact where the naive form is not") {
  CHECK(binary_cross_entropy(1000.0, 0.0) == 1000.0);
  CHECK(binary_cross_entropy(-1000.0, 0.0) == 0.0);
  CHECK(softmax_cross_entropy(std::vector{1000.0, 0.0}, 1) == 1000.0);
  CHECK(softmax_cross_entropy(std::vector{-1000.0, 0.0}, 1) == 0.0);
  Tape tape;
  const std::vector<Value> pa = tape.variables(std::vector{1000.0, 0.0});
  tape.backward(softmax_cross_entropy(pa, 1));
  CHECK(pa[0].grad() == 1.0);
  CHECK(pa[1].grad() == -1.0);
}

TEST_CASE("losses refuse what they cannot mean") {
  const std::vector<double> two{1, 2};
  const std::vector<double> none;
  CHECK_THROWS_WITH_AS(squared_error(two, std::vector{1.0}),
                       "squared_error: 2 outputs against 1 true values; it needs as many, and at "
                       "least one",
                       ShapeError);
  CHECK_THROWS_AS(mean_squared_error(none, none), ShapeError);
  CHECK_THROWS_WITH_AS(softmax_cross_entropy(two, 2),
                       "softmax_cross_entropy: label 2 is outside of 2 classes; they count from 0",
                       ArgumentError);
  CHECK_THROWS_AS(softmax_cross_entropy(none, 0), ArgumentError);
  CHECK_THROWS_AS(binary_cross_entropy(0.0, 1.5), ArgumentError);
  CHECK_THROWS_AS(binary_cross_entropy(0.0, std::numeric_limits<double>::quiet_NaN()),
                  ArgumentError);
}
