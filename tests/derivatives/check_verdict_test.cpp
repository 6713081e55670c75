// When a check says agrees, undecided or disagrees.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/nn/random.hpp"

using namespace tapegrad;

namespace {

// What the check says of a derivative by a sweep that found that number.
template <class F> PartialCheck told(F f, double by_sweep, double x, double tolerance = 1e-6) {
  const PlainFunction plain = [&](std::span<const double> v) { return f(v[0]); };
  const double point[] = {x};
  return compare_with_differences(plain, point, {f(x), {by_sweep}}, tolerance).partials[0];
}

template <class F> PartialCheck first_partial(F f, double x) {
  const double point[] = {x};
  return check_gradient([&](std::span<const Value> v) { return f(v[0]); }, point).partials[0];
}

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("the verdict changes from agrees to disagrees where the tolerance says so") {
  const auto f = [](double x) { return std::sin(x) * std::exp(x); };
  const auto off_by = [](double relative, double x) {
    return (std::sin(x) + std::cos(x)) * std::exp(x) * (1 + relative);
  };
  for (const double tolerance : {1e-3, 1e-6, 1e-8})
    for (const double x : {-2.0, 0.0, 0.3, 4.0}) {
      CAPTURE(tolerance);
      CAPTURE(x);
      CHECK(told(f, off_by(0, x), x, tolerance).verdict == Verdict::agrees);
      CHECK(told(f, off_by(tolerance / 2, x), x, tolerance).verdict == Verdict::agrees);
      CHECK(told(f, off_by(2 * tolerance, x), x, tolerance).verdict == Verdict::disagrees);
      CHECK(told(f, off_by(-2 * tolerance, x), x, tolerance).verdict == Verdict::disagrees);
    }
}

TEST_CASE("a tolerance finer than differences can show leaves it undecided") {
  const auto f = [](double x) { return 1000 + std::sin(x); };
  const PartialCheck check = told(f, std::cos(0.4), 0.4, 1e-15);
  CHECK(check.verdict != Verdict::disagrees);
  CHECK(check.error > 1e-15);
}

TEST_CASE("at a kink any number between the sides is undecided, and others are wrong") {
  for (const double between : {-1.0, -0.3, 0.0, 1.0}) {
    const PartialCheck check = told([](double x) { return std::abs(x); }, between, 0);
    CAPTURE(between);
    CHECK(check.verdict == Verdict::undecided);
    CHECK(check.doubt == Doubt::kink);
    CHECK(check.left == doctest::Approx(-1));
    CHECK(check.right == doctest::Approx(1));
  }
  for (const double outside : {-1.1, 1.1, 5.0})
    CHECK(told([](double x) { return std::abs(x); }, outside, 0).verdict == Verdict::disagrees);
  CHECK(first_partial([](Value x) { return relu(x); }, 0).doubt == Doubt::kink);
  CHECK(first_partial([](Value x) { return max(x, 2 * x); }, 0).verdict == Verdict::undecided);
}

TEST_CASE("two kinks that cancel are a smooth function, and a wrong gradient there is found") {
  // max(x, 0) + min(x, 0) is x: with half to each side 1, with relu's 0 at 0 wrong.
  CHECK(first_partial([](Value x) { return max(x, Value(0)) + min(x, Value(0)); }, 0).verdict ==
        Verdict::agrees);
  CHECK(first_partial([](Value x) { return relu(x) - relu(-x); }, 0).verdict == Verdict::disagrees);
}

TEST_CASE("near a kink, but not on it, the gradient is checked as elsewhere") {
  for (const double x : {1e-6, -1e-6, 1e-4, -1e-2}) {
    CAPTURE(x);
    CHECK(first_partial([](Value v) { return abs(v); }, x).verdict == Verdict::agrees);
    CHECK(told([](double v) { return std::abs(v); }, 0, x).verdict == Verdict::disagrees);
  }
}

TEST_CASE("on the flat side of relu the gradient is checked up to 1e-5 from the kink") {
  const auto at = [](double x) {
    return first_partial([](Value v) { return relu(v); }, x).verdict;
  };
  for (const double x : {1e-6, 1e-4, -1e-4, -1e-2}) CHECK(at(x) == Verdict::agrees);
  // There x might also have been lost beside larger numbers.
  CHECK(at(-1e-6) == Verdict::undecided);
}

TEST_CASE("jumps and infinite derivatives are undecided") {
  for (const PartialCheck& check : {first_partial([](Value x) { return floor(x); }, 3),
                                    first_partial([](Value x) { return sqrt(x); }, 0),
                                    first_partial([](Value x) { return cbrt(x); }, 0),
                                    first_partial([](Value x) { return asin(x); }, 1)}) {
    CHECK(check.verdict == Verdict::undecided);
    CHECK(check.doubt == Doubt::steep);
  }
  CHECK(first_partial([](Value x) { return floor(x); }, 3.01).verdict == Verdict::agrees);
}

TEST_CASE("far out on a staircase 0 is not called wrong") {
  // From afar its slope is 1, and its steps are smaller than those that x can be trusted to feel.
  for (const double x : {-442484.8669, 61520.0625, 12345678.9})
    CHECK(first_partial([](Value v) { return floor(v); }, x).verdict != Verdict::disagrees);
  CHECK(told([](double v) { return std::floor(v); }, -1.0, 61520.0625).verdict ==
        Verdict::disagrees);
}

TEST_CASE("where rounding makes a staircase of f, a difference of 0 calls nothing wrong") {
  for (const double large : {1e11, 1e12, 1e13, 1e14, 1e15}) {
    CAPTURE(large);
    const auto rounded = [&](auto x) { return (x + large) - large; };
    CHECK(first_partial(rounded, 1).verdict == Verdict::undecided);
    CHECK(first_partial([&](Value x) { return sin(rounded(x)); }, 1).verdict == Verdict::undecided);
    CHECK(told(rounded, 5, 1).verdict == Verdict::disagrees);  // its steps would show that
  }
  // Flat to one side whatever the step, and to both.
  CHECK(told([](double x) { return std::max(x, 0.0); }, 0.01, -0.05).verdict == Verdict::disagrees);
  CHECK(told([](double) { return 3.0; }, 1e-3, 1).verdict == Verdict::disagrees);
}

TEST_CASE("log near its pole takes smaller steps, and at it there is nothing to compare") {
  for (const double x : {1e-2, 1e-6, 1e-12, 1e-100}) {
    CAPTURE(x);
    CHECK(first_partial([](Value v) { return log(v); }, x).verdict == Verdict::agrees);
  }
  const PartialCheck at_pole = first_partial([](Value v) { return log(v); }, 0);
  CHECK(at_pole.verdict == Verdict::undecided);
  CHECK(at_pole.doubt == Doubt::not_finite);
}

TEST_CASE("at the end of a domain the differences of the other side count") {
  const auto f = [](double x) { return x < 0 ? std::nan("") : 3 * x + x * x; };
  const PartialCheck right = told(f, 3, 0);
  CHECK(right.verdict == Verdict::agrees);
  CHECK(right.doubt == Doubt::one_sided);
  CHECK(told(f, -3, 0).verdict == Verdict::disagrees);
}

TEST_CASE("a derivative that is not finite where the difference is, is wrong") {
  for (const double not_finite : {std::nan(""), infinity, -infinity}) {
    const PartialCheck check = told([](double x) { return x * x; }, not_finite, 1.5);
    CHECK(check.verdict == Verdict::disagrees);
    CHECK(std::isnan(check.disagreement));
  }
}

TEST_CASE("noise and cancellation leave a fine tolerance undecided and a coarse one decided") {
  const auto f = [](Value x) { return (1e10 + x) - 1e10; };
  const PartialCheck fine = first_partial(f, 0.3);
  CHECK(fine.verdict == Verdict::undecided);
  CHECK(fine.doubt == Doubt::imprecise);
  // Also where the sweep hits the inexact number by chance.
  const auto plain = [](double x) { return (1e10 + x) - 1e10; };
  CHECK(told(plain, fine.difference, 0.3).verdict == Verdict::undecided);
  const double point[] = {0.3};
  const auto of_span = [&](std::span<const Value> v) { return f(v[0]); };
  CHECK(check_gradient(of_span, point, 1e-2).agrees());
}

TEST_CASE("a wrong derivative too small to be seen is said to be so, and one that is seen is not") {
  const auto beside = [](double large) {
    return told([=](double x) { return large + x; }, 2, 0.5);
  };
  const PartialCheck unseen = beside(1e18);
  CHECK(unseen.verdict == Verdict::agrees);
  CHECK(unseen.doubt == Doubt::below_rounding);
  CHECK(beside(1e10).verdict == Verdict::disagrees);
}

TEST_CASE("derivatives of 0 agree, exact and beside the rounding of the value") {
  CHECK(first_partial([](Value x) { return (x - 0.3) * (x - 0.3); }, 0.3).verdict ==
        Verdict::agrees);
  CHECK(first_partial([](Value x) { return 5 + cos(x); }, 0).verdict == Verdict::agrees);
  CHECK(first_partial([](Value x) { return tanh(x) + 1e-30 * x; }, 50).verdict == Verdict::agrees);
  const auto shifted = [](std::span<const Value> v) {  // adding the same to all changes nothing
    const Value total = exp(v[0]) + exp(v[1]);
    return log(exp(v[0]) / total + exp(v[1]) / total) + v[2];
  };
  const double point[] = {0.4, -1.2, 0.1};
  CHECK(check_gradient(shifted, point).agrees());
}

TEST_CASE("undecided partials keep a check from agreeing, and are counted") {
  const double x[] = {0.0, 1.0, 2.0};
  const GradientCheck check =
      check_gradient([](std::span<const Value> v) { return abs(v[0]) + v[1] * v[2]; }, x);
  CHECK_FALSE(check.agrees());
  CHECK_FALSE(check.disagrees());
  CHECK(check.verdict() == Verdict::undecided);
  CHECK(check.count(Verdict::undecided) == 1);
  CHECK(check.count(Verdict::agrees) == 2);
  CHECK(to_string(check).starts_with("gradient of 3 inputs at value 2: undecided in 1 of 3; "));
  CHECK(to_string(check).find("undecided: left and right differences differ: kink, -1 and 1\n") !=
        std::string::npos);
}

TEST_CASE("every verdict and every doubt has its words") {
  CHECK(to_string(Verdict::agrees) == "agrees");
  CHECK(to_string(Verdict::undecided) == "undecided");
  CHECK(to_string(Verdict::disagrees) == "DISAGREES");
  CHECK(to_string(Doubt::none).empty());
  CHECK(to_string(Doubt::imprecise) == "the difference is the inaccurate side");
  CHECK(to_string(Doubt::below_rounding) == "too small to be seen beside the function's value");
  CHECK(to_string(Doubt::kink) == "left and right differences differ: kink");
  CHECK(to_string(Doubt::steep) ==
        "differences grow as the step shrinks: jump or infinite derivative");
  CHECK(to_string(Doubt::one_sided) == "the function is finite on one side only");
  CHECK(to_string(Doubt::not_finite) == "not finite (find_anomalies() says where)");
}

TEST_CASE("the table shows five partials, wrong ones before undecided ones") {
  const std::vector<double> x{0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
  const auto f = [](std::span<const Value> v) {
    Value total = abs(v[0]) + v[1] * Value(v[1].value());
    for (std::size_t i = 2; i < v.size(); ++i) total += sin(v[i]);
    return total;
  };
  const std::string text = to_string(check_gradient(f, x));
  CHECK(std::ranges::count(text, '\n') == 7);  // summary, heading, five rows
  CHECK(text.find("DISAGREES; ") != std::string::npos);
  CHECK(text.find("x[1]  ") < text.find("x[0]  "));
}

TEST_CASE("an exception of the function passes through, and leaves no tape behind") {
  int calls = 0;
  const auto failing = [&](std::span<const Value> v) {
    if (++calls == 4) throw std::runtime_error("half-way");
    return v[0] * v[0];
  };
  const double x[] = {1.0};
  Tape tape;
  CHECK_THROWS_WITH(check_gradient(failing, x), "half-way");
  CHECK(tape.is_active());
  CHECK(tape.empty());
  CHECK(check_gradient(failing, x).agrees());
}

TEST_CASE("a Jacobian is checked result by result") {
  const auto f = [](std::span<const Value> v) {
    return std::vector<Value>{v[0] * v[1], sin(v[0]), Value(3.0), v[1] * Value(v[1].value())};
  };
  const double x[] = {0.4, 1.3};
  const JacobianCheck check = check_jacobian(f, x);
  CHECK(check.rows == 4);
  CHECK(check.columns == 2);
  CHECK(check(0, 0).difference == doctest::Approx(1.3));
  CHECK(check(1, 0).sweep == std::cos(0.4));
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 2; ++i) CHECK(check(k, i).verdict == Verdict::agrees);
  CHECK_THROWS_WITH_AS(check(0, 2), "check: entry (0, 2) of 4 × 2; they count from 0", ShapeError);
  CHECK_THROWS_AS(check(4, 0), ShapeError);
  CHECK(check(3, 0).verdict == Verdict::agrees);
  CHECK(check(3, 1).verdict == Verdict::disagrees);
  CHECK(check.disagrees());
  CHECK(
      to_string(check).starts_with("Jacobian of 4 results by 2 inputs: DISAGREES; worst relative "
                                   "disagreement 0.5 at f[3] by x[1]\n"));
}

TEST_CASE(
    "Jacobians of no results or no inputs agree, and a changing number of results is refused") {
  const auto none = [](std::span<const Value>) { return std::vector<Value>(); };
  const double x[] = {0.5};
  CHECK(check_jacobian(none, x).agrees());
  const auto two = [](std::span<const Value>) { return std::vector<Value>{1.0, 2.0}; };
  CHECK(check_jacobian(two, std::span<const double>()).agrees());
  const auto changing = [](std::span<const Value> v) {
    return std::vector<Value>(v[0] > 0.5 ? 2 : 1, v[0]);
  };
  CHECK_THROWS_WITH_AS(check_jacobian(changing, x),
                       "check_jacobian: the function has 1 results at x and 2 beside it; it must "
                       "have as many everywhere",
                       ShapeError);
  const PlainFunctions plain = [](std::span<const double> v, std::span<double> y) { y[0] = v[0]; };
  CHECK_THROWS_WITH_AS(compare_with_differences(plain, x, Matrix(1, 2), 1e-6),
                       "check_jacobian: a Jacobian of 2 columns by 1 inputs", ShapeError);
  CHECK_THROWS_AS(check_jacobian(two, x, 0.0), ArgumentError);
}
