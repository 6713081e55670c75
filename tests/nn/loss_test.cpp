#include "tapegrad/nn/loss.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/program.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Value and gradient of a loss of Values.
template <class Loss> ValueAndGradient recorded(Loss&& loss, const std::vector<double>& x) {
  return gradient([&](std::span<const Value> leaves) { return loss(leaves); }, x);
}

}  // namespace

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

TEST_CASE("absolute error and its derivative, the sign of a - y, are exact") {
  const std::vector<double> a{0.5, 2.0, -1.0};
  const std::vector<double> y{1.0, -1.0, -1.0};
  const auto sum = recorded([&](auto x) { return absolute_error(x, y); }, a);
  CHECK(sum.value == 3.5);
  CHECK(sum.gradient == std::vector<double>{-1, 1, 0});  // 0 at the kink
  const auto mean = recorded([&](auto x) { return mean_absolute_error(x, y); }, a);
  CHECK(mean.value == 3.5 / 3);
  CHECK(mean.gradient[1] == 1.0 / 3);
  CHECK(absolute_error(a, y) == 3.5);
  CHECK(mean_absolute_error(a, y) == 3.5 / 3);
}

TEST_CASE("Huber's loss is half the square up to delta and a line beyond, exactly") {
  const std::vector<double> a{0.25, -0.5, 1, -3};
  const std::vector<double> y{0, 0, 0.5, 0};
  // errors 0.25, -0.5 and 0.5 at the seam, -3: halves of squares, and 0.5 · (3 - 0.25)
  const auto huber = recorded([&](auto x) { return huber_loss(x, y, 0.5); }, a);
  CHECK(huber.value == 0.03125 + 0.125 + 0.125 + 1.375);
  CHECK(huber_loss(a, y, 0.5) == huber.value);
  CHECK(huber.gradient == std::vector<double>{0.25, -0.5, 0.5, -0.5});
}

TEST_CASE("Huber's loss is curved by 1 up to delta, also where the error is 0, and flat beyond") {
  const std::vector<double> y{0, 0, 0, 0};
  const auto loss = [&](std::span<const Value> a) { return huber_loss(a, y, 0.5); };
  const Matrix second = hessian(loss, std::vector{0.0, 0.25, -0.5, 2.0});
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      CAPTURE(i);
      CAPTURE(j);
      CHECK(second(i, j) == (i == j && i < 3 ? 1 : 0));
    }
  }
}

TEST_CASE("Huber's loss of errors without bounds is linear, and NaN of NaN") {
  const std::vector<double> y{0};
  const auto loss = [&](auto x) { return huber_loss(x, y, 2); };
  CHECK(recorded(loss, {1e200}).value == 2e200);
  CHECK(recorded(loss, {1e200}).gradient[0] == 2);
  CHECK(recorded(loss, {-infinity}).value == infinity);
  CHECK(recorded(loss, {-infinity}).gradient[0] == -2);
  CHECK(std::isnan(recorded(loss, {not_a_number}).value));
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

TEST_CASE("the divergence of softmax from p is the sum of p ln(p/q), with derivative q - p") {
  const std::vector<double> p{0.5, 0, 0.125, 0.375};
  const std::vector<double> pa{0.5, 3, -1, 2};
  double total = 0;
  for (const double x : pa) total += std::exp(x);
  double expected = 0;
  for (const std::size_t k : {0u, 2u, 3u})
    expected += p[k] * std::log(p[k] / (std::exp(pa[k]) / total));
  const auto kl = recorded([&](auto x) { return kl_divergence(p, x); }, pa);
  CHECK(kl.value == doctest::Approx(expected).epsilon(1e-14));
  CHECK(kl.value == kl_divergence(p, pa));
  for (std::size_t k = 0; k < 4; ++k)
    CHECK(kl.gradient[k] == doctest::Approx(std::exp(pa[k]) / total - p[k]).epsilon(1e-13));
}

TEST_CASE("the divergence is 0 for the same distribution, and takes its logarithms as they are") {
  const std::vector<double> p{0.1, 0.2, 0.7};
  std::vector<double> log_p;
  for (const double share : p) log_p.push_back(std::log(share));
  CHECK(std::abs(kl_divergence(p, log_p)) < 1e-15);
  for (double& x : log_p) x += 500;  // the same softmax
  CHECK(std::abs(kl_divergence(p, log_p)) < 1e-12);
}

TEST_CASE("the divergence from a one-hot p is the softmax cross-entropy") {
  const std::vector<double> pa{0.5, -1, 1000};
  for (std::size_t label = 0; label < 3; ++label) {
    CAPTURE(label);
    std::vector<double> p(3);
    p[label] = 1;
    const auto kl = recorded([&](auto x) { return kl_divergence(p, x); }, pa);
    const auto cross = recorded([&](auto x) { return softmax_cross_entropy(x, label); }, pa);
    CHECK(kl.value == cross.value);
    CHECK(kl.gradient == cross.gradient);
  }
}

TEST_CASE("a class of probability 0 costs nothing, one that only the network thinks impossible ∞") {
  const std::vector<double> pa{0, -infinity};
  const auto never = recorded([](auto x) { return kl_divergence(std::vector{1.0, 0.0}, x); }, pa);
  CHECK(never.value == 0);
  CHECK(never.gradient == std::vector<double>{0, 0});
  const auto half = recorded([](auto x) { return kl_divergence(std::vector{0.5, 0.5}, x); }, pa);
  CHECK(half.value == infinity);
  CHECK(half.gradient == std::vector<double>{0.5, -0.5});
}

TEST_CASE("the hinge loss ends at a margin of 1 on the right side, with derivative 0 there") {
  const auto hinge = [](double pa, double y) {
    const auto result = recorded([y](auto x) { return hinge_loss(x[0], y); }, {pa});
    CHECK(result.value == hinge_loss(pa, y));
    return result;
  };
  CHECK(hinge(0.25, 1).value == 0.75);
  CHECK(hinge(0.25, 1).gradient[0] == -1);
  CHECK(hinge(0.25, -1).value == 1.25);
  CHECK(hinge(0.25, -1).gradient[0] == 1);
  CHECK(hinge(2, 1).value == 0);
  CHECK(hinge(2, 1).gradient[0] == 0);
  CHECK(hinge(-1, -1).value == 0);  // the kink
  CHECK(hinge(-1, -1).gradient[0] == 0);
  CHECK(hinge(infinity, 1).value == 0);
  CHECK(hinge(-infinity, 1).value == infinity);
}

TEST_CASE("the multi-class hinge loss sums what each other class lacks in distance") {
  const std::vector<double> pa{0.5, 2, 1, 1.75, -4};
  // margins against class 1: -0.5, 0 (the kink), 0.75, -5
  const auto loss = recorded([](auto x) { return multiclass_hinge_loss(x, 1); }, pa);
  CHECK(loss.value == 0.75);
  CHECK(loss.gradient == std::vector<double>{0, -1, 0, 1, 0});
  CHECK(multiclass_hinge_loss(pa, 1) == 0.75);
  // against class 2: 0.5, 2, 1.75, -4
  const auto wrong = recorded([](auto x) { return multiclass_hinge_loss(x, 2); }, pa);
  CHECK(wrong.value == 4.25);
  CHECK(wrong.gradient == std::vector<double>{1, 1, -3, 1, 0});
  CHECK(multiclass_hinge_loss(std::vector{7.0}, 0) == 0);
}

TEST_CASE("losses with kinks branch nowhere: a program serves both sides of each") {
  const std::vector<double> y{0, 0};
  const auto all = [&](auto x) {
    return absolute_error(x, y) + huber_loss(x, y, 0.5) + hinge_loss(x[0], 1.0) +
           multiclass_hinge_loss(x, 0);
  };
  const Program program = compile([&](std::span<const Value> x) { return all(x); }, {0.25, -2.0});
  for (const std::vector<double>& x : {std::vector{0.25, -2.0}, std::vector{-3.0, 0.125}})
    CHECK(program.run(x)[0] == all(std::span(x)));
}

TEST_CASE("every loss agrees with central differences, and with itself in doubles") {
  const std::vector<double> y{0.5, -1.25, 2};
  const std::vector<double> p{0.25, 0.25, 0.5};
  const auto all = [&](auto x) {
    return squared_error(x, y) + mean_squared_error(x, y) + absolute_error(x, y) +
           mean_absolute_error(x, y) + huber_loss(x, y, 0.75) + binary_cross_entropy(x[0], 0.25) +
           softmax_cross_entropy(x, 1) + kl_divergence(p, x) + hinge_loss(x[1], -1.0) +
           multiclass_hinge_loss(x, 2);
  };
  for (const std::vector<double>& x : {std::vector{0.25, -1.125, 1.5}, std::vector{-3.0, 0.5, 0.75},
                                       std::vector{1.875, 2.5, -0.25}}) {
    CAPTURE(x[0]);
    CHECK(recorded(all, x).value == all(std::span(x)));
    const auto report =
        check_gradient([&](std::span<const Value> leaves) { return all(leaves); }, x);
    CHECK_MESSAGE(report.verdict() == Verdict::agrees, to_string(report));
  }
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
  CHECK_THROWS_AS(binary_cross_entropy(0.0, not_a_number), ArgumentError);
}

TEST_CASE("absolute, Huber's and hinge losses and the divergence refuse what they cannot mean") {
  const std::vector<double> two{1, 2};
  const std::vector<double> none;
  CHECK_THROWS_WITH_AS(absolute_error(two, std::vector{1.0}),
                       "absolute_error: 2 outputs against 1 true values; it needs as many, and at "
                       "least one",
                       ShapeError);
  CHECK_THROWS_AS(mean_absolute_error(none, none), ShapeError);
  CHECK_THROWS_AS(huber_loss(none, none, 1), ShapeError);
  for (const double delta : {0.0, -1.0, infinity, not_a_number}) {
    CAPTURE(delta);
    CHECK_THROWS_AS(huber_loss(two, two, delta), ArgumentError);
  }
  CHECK_THROWS_WITH_AS(hinge_loss(0.5, 0.0), "hinge_loss: y = 0; the two classes are 1 and -1",
                       ArgumentError);
  CHECK_THROWS_AS(hinge_loss(0.5, not_a_number), ArgumentError);
  CHECK_THROWS_WITH_AS(multiclass_hinge_loss(two, 2),
                       "multiclass_hinge_loss: label 2 is outside of 2 classes; they count from 0",
                       ArgumentError);
  CHECK_THROWS_AS(multiclass_hinge_loss(none, 0), ArgumentError);

  CHECK_THROWS_AS(kl_divergence(none, none), ShapeError);
  CHECK_THROWS_AS(kl_divergence(std::vector{1.0}, two), ShapeError);
  CHECK_THROWS_WITH_AS(kl_divergence(std::vector{1.5, -0.5}, two),
                       "kl_divergence: p = 1.5 is no probability; it goes from 0 to 1",
                       ArgumentError);
  CHECK_THROWS_AS(kl_divergence(std::vector{not_a_number, 0.5}, two), ArgumentError);
  CHECK_THROWS_WITH_AS(kl_divergence(std::vector{0.5, 0.25}, two),
                       "kl_divergence: the probabilities p sum to 0.75; divide them by their sum",
                       ArgumentError);
  CHECK_NOTHROW(kl_divergence(std::vector{0.5, 0.5000001}, two));  // rounded to float somewhere
}
