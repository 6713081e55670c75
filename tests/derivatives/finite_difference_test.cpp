// Differences against closed forms, and what they say of themselves where they cannot be good.

#include "derivatives/finite_difference.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

using namespace tapegrad;

namespace {

struct Counted {
  Difference difference;
  int evaluations = 0;  // beside the one at x
};

// Of a function of one number.
template <class F> Counted counted_difference(const F& f, double x) {
  Counted counted;
  const PlainFunctions plain = [&](std::span<const double> at, std::span<double> out) {
    out[0] = f(at[0]);
    ++counted.evaluations;
  };
  const double point[] = {x};
  FiniteDifferences differences(plain, point, 1, 1e-8);
  CHECK(counted.evaluations == 1);
  counted.evaluations = 0;
  counted.difference = differences.by(0)[0];
  return counted;
}

template <class F> Difference difference(const F& f, double x) {
  return counted_difference(f, x).difference;
}

// The difference is right, and its error estimate honest: not exceeded by more than ten times,
// which is what verdicts allow.
template <class F> void check_honest(const F& f, double x, double expected) {
  CAPTURE(x);
  const Difference d = difference(f, x);
  CHECK(d.doubt == Doubt::none);
  CHECK(d.value == doctest::Approx(expected).epsilon(1e-7));
  CHECK(std::abs(d.value - expected) <= 10 * d.error);
}

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("differences of smooth functions are right to seven digits and know their error") {
  for (const double x : {-3.0, -0.5, 0.0, 1e-9, 0.7, 2.0, 30.0}) {
    check_honest([](double t) { return std::sin(t); }, x, std::cos(x));
    check_honest([](double t) { return std::exp(t); }, x, std::exp(x));
    check_honest([](double t) { return 1 / (1 + t * t); }, x, -2 * x / ((1 + x * x) * (1 + x * x)));
    check_honest([](double t) { return 5 + 3 * t; }, x, 3);
  }
  check_honest([](double t) { return t * t * t; }, 1e9, 3e18);
  check_honest([](double t) { return std::sqrt(t); }, 1e12, 0.5e-6);
}

TEST_CASE("functions that change within a small part of the first step get smaller steps") {
  for (const double fast : {1e2, 1e4, 1e6}) {
    CAPTURE(fast);
    check_honest([=](double t) { return std::sin(fast * t); }, 0.3, fast * std::cos(fast * 0.3));
  }
  check_honest([](double t) { return std::sin(t); }, 1e6, std::cos(1e6));
  for (const double x : {1e-4, 1e-8, 1e-15, 1e-200})
    check_honest([](double t) { return std::log(t); }, x, 1 / x);
  check_honest([](double t) { return 1 / t; }, -1e-3, -1e6);
  check_honest([](double t) { return t < -1e-5 ? -1 : t * t + t; }, 0, 1);  // a jump near by
}

TEST_CASE("steps do not fall into step with a periodic function") {
  for (int k = 1; k <= 100; ++k) {
    const double turns = 2 * std::acos(-1.0) * k;
    CAPTURE(k);
    check_honest([=](double t) { return std::sin(turns * t); }, 0.0, turns);
  }
}

TEST_CASE("a smooth function takes at most fourteen evaluations") {
  CHECK(counted_difference([](double t) { return t * t; }, 0.4).evaluations == 8);
  CHECK(counted_difference([](double t) { return std::sin(t); }, 0.4).evaluations <= 14);
  CHECK(counted_difference([](double t) { return std::exp(t); }, 2.0).evaluations <= 14);
  CHECK(counted_difference([](double) { return 7.0; }, 2.0).evaluations == 8);
}

TEST_CASE("no function takes more than 70 evaluations, or 98 near 0") {
  const auto hopeless = [](double t) { return t > 0 ? no_number : t < 0 ? no_number : 0.0; };
  CHECK(counted_difference(hopeless, 0).evaluations == 70);
  CHECK(counted_difference([](double t) { return t > 0 ? 1 / t : no_number; }, 0).evaluations ==
        70);
  CHECK(counted_difference([](double t) { return t == 1e-9 ? 0 : no_number; }, 1e-9).evaluations ==
        98);
}

TEST_CASE("kinks are seen, with the derivatives of both sides") {
  const Difference at_abs = difference([](double t) { return std::abs(t); }, 0);
  CHECK(at_abs.doubt == Doubt::kink);
  CHECK(at_abs.left == doctest::Approx(-1));
  CHECK(at_abs.right == doctest::Approx(1));
  const auto bent = [](double t) { return t < 2 ? std::sin(t) : std::sin(2) + 3 * (t - 2); };
  const Difference at_bent = difference(bent, 2);
  CHECK(at_bent.doubt == Doubt::kink);
  CHECK(at_bent.left == doctest::Approx(std::cos(2)));
  CHECK(at_bent.right == doctest::Approx(3));
}

TEST_CASE("a small kink beside a large slope is seen") {
  const auto bent = [](double t) { return 100 * t + 0.01 * std::abs(t); };
  const Difference d = difference(bent, 0);
  CHECK(d.doubt == Doubt::kink);
  CHECK(d.right - d.left == doctest::Approx(0.02).epsilon(1e-6));
}

TEST_CASE("curves that are sharp but smooth are no kinks") {
  for (const double sharp : {10.0, 1e3, 1e6}) {
    CAPTURE(sharp);
    const auto soft = [=](double t) {  // softplus
      return std::max(t, 0.0) + std::log1p(std::exp(-sharp * std::abs(t))) / sharp;
    };
    check_honest(soft, 0, 0.5);
    check_honest(soft, 0.1 / sharp, 1 / (1 + std::exp(-0.1)));
  }
}

TEST_CASE("where left and right are not known to meet the error says so") {
  const Difference d = difference([](double t) { return std::pow(std::abs(t), 1.3); }, 0);
  CHECK(d.value == 0);  // by symmetry, at each step
  CHECK(d.error > 1e-4);
}

TEST_CASE("a kink elsewhere does no harm") {
  const auto bent = [](double t) { return std::abs(t - 1e-3); };
  check_honest(bent, 0, -1);
  check_honest(bent, 2e-3, 1);
  const auto half_flat = [](double t) { return t > 1e-3 ? t - 1e-3 : 0; };
  check_honest(half_flat, 0, 0);
  check_honest(half_flat, 1.1e-3, 1);
}

TEST_CASE("jumps, cusps and infinite derivatives are steep") {
  const auto is_steep = [](const auto& f, double x) {
    return difference(f, x).doubt == Doubt::steep;
  };
  CHECK(is_steep([](double t) { return std::floor(t); }, 3));
  CHECK(is_steep([](double t) { return t > 0 ? 1.0 : 0.0; }, 0));
  CHECK(is_steep([](double t) { return t == 2 ? 1.0 : t; }, 2));  // at one point only
  CHECK(is_steep([](double t) { return std::cbrt(t); }, 0));
  CHECK(is_steep([](double t) { return std::sqrt(std::abs(t)); }, 0));
  CHECK(is_steep([](double t) { return std::sqrt(t); }, 0));
  CHECK(is_steep([](double t) { return std::asin(t); }, 1));
  CHECK_FALSE(is_steep([](double t) { return std::exp(20 * t); }, 1));
}

TEST_CASE("where f is finite on one side only the differences of that side count") {
  const auto right = [](double t) { return t < 0 ? no_number : 2 * t + t * t; };
  const Difference from_right = difference(right, 0);
  CHECK(from_right.doubt == Doubt::one_sided);
  CHECK(from_right.value == doctest::Approx(2).epsilon(1e-8));
  const auto left = [](double t) { return t > 1 ? infinity : std::exp(t); };
  const Difference from_left = difference(left, 1);
  CHECK(from_left.doubt == Doubt::one_sided);
  CHECK(from_left.value == doctest::Approx(std::exp(1)).epsilon(1e-8));
}

TEST_CASE("where f is not finite there is no difference") {
  CHECK(difference([](double t) { return t == 0 ? infinity : t; }, 0).doubt == Doubt::not_finite);
  CHECK(difference([](double) { return no_number; }, 1).doubt == Doubt::not_finite);
  CHECK(difference([](double t) { return t; }, no_number).doubt == Doubt::not_finite);
  CHECK(difference([](double t) { return t; }, infinity).doubt == Doubt::not_finite);
}

TEST_CASE("at the edge of the range of numbers the steps stay finite") {
  constexpr double largest = std::numeric_limits<double>::max();
  check_honest([](double t) { return t / 4; }, largest / 1.05, 0.25);
  check_honest([](double t) { return 3 * t; }, std::numeric_limits<double>::denorm_min(), 3);
  const double x = largest / 1.05;  // x + h is infinite, f is not
  check_honest([](double t) { return 1e300 * std::atan(t / 1e308); }, x,
               1e-8 / (1 + x / 1e308 * (x / 1e308)));
}

TEST_CASE("noise of f widens the error") {
  // Rounding to multiples of 1e-6, as single precision or a file of six digits would do.
  const auto coarse = [](double t) { return std::round(std::sin(t) * 1e6) / 1e6; };
  for (const double x : {0.1, 0.4, 1.1, 1.9}) {
    CAPTURE(x);
    const Difference d = difference(coarse, x);
    CHECK(std::abs(d.value - std::cos(x)) <= 10 * d.error);
    CHECK(d.error > 1e-8);
    CHECK(d.error < 1e-3);
  }
  // Of no pattern at all, a thousand times the rounding of f.
  const auto rough = [](double t) { return std::sin(t) + 1e-13 * std::sin(1e17 * t); };
  for (double x = 0.1; x < 2; x += 0.1) {
    CAPTURE(x);
    const Difference d = difference(rough, x);
    CHECK(d.doubt == Doubt::none);
    CHECK(std::abs(d.value - std::cos(x)) < 1e-10);
    CHECK(d.error < 1e-9);
  }
  const auto rougher = [](double t) { return std::sin(t) + 1e-9 * std::sin(1e17 * t); };
  for (double x = 0.1; x < 3; x += 0.01) {
    const Difference d = difference(rougher, x);
    CAPTURE(x);
    CHECK(d.doubt != Doubt::steep);
    CHECK(std::abs(d.value - std::cos(x)) < 1e-6);
  }
  const auto cancelling = [](double t) { return (1e10 + t) - 1e10; };
  const Difference d = difference(cancelling, 0.3);
  CHECK(std::abs(d.value - 1) <= 10 * d.error);
  CHECK(d.error > 1e-7);
}

TEST_CASE("a derivative that is lost beside the value is within the error of rounding") {
  const Difference constant = difference([](double) { return 1e6; }, 0.5);
  CHECK(constant.value == 0);
  CHECK(constant.is_at_rounding);
  const Difference lost = difference([](double t) { return 1e18 + 1e-8 * t; }, 0.5);
  CHECK(lost.is_at_rounding);
  CHECK(lost.error > 1e-8);
  CHECK_FALSE(difference([](double t) { return std::abs(t); }, 0).is_at_rounding);
}

TEST_CASE("results of one function are differenced together, each with its own verdict") {
  int evaluations = 0;
  const PlainFunctions f = [&](std::span<const double> x, std::span<double> y) {
    y[0] = x[0] * x[1];
    y[1] = std::abs(x[0]);
    y[2] = std::sin(x[1]);
    ++evaluations;
  };
  const double x[] = {0, 2};
  FiniteDifferences differences(f, x, 3, 1e-8);
  const std::vector<Difference> by_first = differences.by(0);
  CHECK(by_first[0].value == doctest::Approx(2));
  CHECK(by_first[1].doubt == Doubt::kink);
  CHECK(by_first[2].value == 0);
  evaluations = 0;
  const std::vector<Difference> by_second = differences.by(1);
  CHECK(evaluations <= 14);
  CHECK(by_second[0].value == 0);
  CHECK(by_second[1].value == 0);
  CHECK(by_second[2].value == doctest::Approx(std::cos(2)));
}

TEST_CASE("points lie at the same distance left and right, without rounding") {
  for (const double x : {0.1, -0.1, 1e6, -1e6, 123.456, -123.456}) {
    CAPTURE(x);
    std::vector<double> points;
    difference([&](double t) { return points.push_back(t), std::exp(t / 1e6) * std::abs(t - x); },
               x);
    REQUIRE(points.size() == 71);
    for (std::size_t p = 1; p < points.size(); p += 2) CHECK(points[p] - x == x - points[p + 1]);
  }
}
