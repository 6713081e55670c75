// Integrals and their derivatives, against closed forms, against sums recorded point by point, and
// against finite differences.

#include "tapegrad/derivatives/quadrature.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "agreement.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/user_operation.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Values = std::span<const Value>;

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

double integral_of(const Integrand& f, double a, double b) { return integrate(f, a, b).value(); }

}  // namespace

TEST_CASE("polynomials up to degree 22 are exact in one interval, and x²⁴ is not") {
  for (int degree = 0; degree <= 24; degree += 2) {
    CAPTURE(degree);
    int calls = 0;
    const double sum = integrate([&](Value x, Values) { return ++calls, pow(x, degree); }, -1.0,
                                 1.0, {}, {.tolerance = 10})
                           .value();
    const double exact = 2.0 / (degree + 1);
    CHECK(calls == 15);
    if (degree <= 22)
      CHECK(sum == doctest::Approx(exact).epsilon(4e-16));
    else
      CHECK(std::abs(sum - exact) > 1e-9);
  }
}

TEST_CASE("integrals have the values that one knows") {
  const double within = 1e-10;  // the default tolerance
  CHECK(integral_of([](Value x, Values) { return sin(x); }, 0, M_PI) ==
        doctest::Approx(2).epsilon(within));
  CHECK(integral_of([](Value x, Values) { return sin(x); }, M_PI, 0) ==
        doctest::Approx(-2).epsilon(within));
  CHECK(integral_of([](Value x, Values) { return 1.0 / (1.0 + 1e4 * x * x); }, -1, 1) ==
        doctest::Approx(2 * std::atan(100) / 100).epsilon(within));
  CHECK(integral_of([](Value x, Values) { return log(x); }, 0, 1) ==
        doctest::Approx(-1).epsilon(within));
  CHECK(integral_of([](Value x, Values) { return 1.0 / sqrt(x); }, 0, 1) ==
        doctest::Approx(2).epsilon(within));
  CHECK(integral_of([](Value x, Values) { return select(is_less(x, Value(0.3)), 1.0, 2.0); }, 0,
                    1) == doctest::Approx(1.7).epsilon(within));
}

TEST_CASE("an integral of 0 is found: of 0, of an odd function, and of no width") {
  CHECK(integral_of([](Value, Values) { return 0.0; }, 0, 1) == 0);
  CHECK(std::abs(integral_of([](Value x, Values) { return x * exp(-x * x); }, -3, 3)) < 1e-15);
  CHECK(integral_of([](Value x, Values) { return exp(x); }, 2, 2) == 0);
}

TEST_CASE("derivatives by both ends and by parameters are those of the closed form, to 2nd order") {
  // ∫ p·exp(q x) dx = p (exp(q b) - exp(q a)) / q
  const auto by_quadrature = [](Values v) {
    const auto f = [](Value x, Values p) { return p[0] * exp(p[1] * x); };
    return std::vector{integrate(f, v[0], v[1], v.subspan(2), {.tolerance = 1e-14})};
  };
  const auto closed = [](Values v) {
    return std::vector{v[2] * (exp(v[3] * v[1]) - exp(v[3] * v[0])) / v[3]};
  };
  check_agreement(by_quadrature, closed, {-0.3, 1.2, 2, 0.8}, 1e-13);
  check_agreement(by_quadrature, closed, {1.2, -0.3, 2, 0.8}, 1e-13);
}

TEST_CASE("derivatives by parameters are those of the sum itself, however rough it is") {
  // With a tolerance that everything meets, the sum is that of 15 points, and not the integral.
  const auto peak = [](Value x, Values p) { return 1.0 / (1.0 + p[0] * x * x); };
  const auto rough = [&](Values p) { return integrate(peak, -1.0, 1.0, p, {.tolerance = 10}); };
  const Numbers at{1e3};
  const double sum = gradient(rough, at).value;
  CHECK(std::abs(sum - 2 * std::atan(std::sqrt(1e3)) / std::sqrt(1e3)) > 1e-3);
  const auto value = [&](double p) { return gradient(rough, Numbers{p}).value; };
  CHECK(gradient(rough, at).gradient[0] ==
        doctest::Approx((value(1e3 + 1e-2) - value(1e3 - 1e-2)) / 2e-2).epsilon(1e-8));
  const auto slope = [&](double p) { return gradient(rough, Numbers{p}).gradient[0]; };
  CHECK(hessian(rough, at)(0, 0) ==
        doctest::Approx((slope(1e3 + 1e-2) - slope(1e3 - 1e-2)) / 2e-2).epsilon(1e-8));
}

TEST_CASE("an integral is two nodes, of constants none and without a tape") {
  const auto f = [](Value x, Values p) { return p[0] * x; };
  CHECK(integrate(f, 0.0, 2.0, std::vector<Value>{3.0}).value() == doctest::Approx(6));
  Tape tape;
  const Value p = tape.variable(3);
  CHECK(integrate(f, 0.0, 2.0, std::vector<Value>{3.0}).is_constant());
  const Value y = integrate(f, 0.0, 2.0, std::vector{p});
  CHECK(tape.size() == 3);
  CHECK(tape.node(2).operation() == "integrate");
  CHECK(tape.node(2).operands().size() == 3);
  tape.backward(y * 10.0);
  CHECK(p.grad() == doctest::Approx(20).epsilon(1e-15));
}

TEST_CASE("an end that is constant may be a pole, and one that is not has f there as its slope") {
  const auto f = [](Value x, Values p) { return p[0] / sqrt(x); };
  Tape tape;
  const Value a = tape.variable(0), b = tape.variable(4), p = tape.variable(1);
  const Value y = integrate(f, 0.0, b, std::vector{p});
  tape.backward(y);
  CHECK(b.grad() == 0.5);
  CHECK(p.grad() == doctest::Approx(4).epsilon(1e-9));
  const Matrix h = hessian(y, std::vector{b, p});
  CHECK(h(0, 0) == -0.0625);
  CHECK(h(0, 1) == 0.5);
  CHECK(h(1, 1) == 0);
  const Value from_pole = integrate(f, a, b, std::vector{p});
  tape.backward(from_pole);
  CHECK(a.grad() == -infinity);
  CHECK(b.grad() == 0.5);
  CHECK(directional(from_pole, std::vector{b}, Numbers{1}) == 0.5);
  CHECK(hessian(from_pole, std::vector{b, p}) == h);  // where a stays
}

TEST_CASE("at an end that is constant f is not evaluated, not even for a Hessian") {
  const auto f = [](Value x, Values p) {
    if (x.value() == 0) throw std::runtime_error("at the end");
    return p[0] * x;
  };
  const auto y = [&](Values v) { return integrate(f, 0.0, v[0], v.subspan(1)); };
  CHECK(relative_difference(hessian(y, Numbers{2, 3}).numbers, Numbers{3, 2, 2, 0}) < 1e-15);
}

TEST_CASE("a double integral is an integral in an integral, with its derivatives") {
  // ∫ from 0 to b ∫ from 0 to x of p·y² dy dx = p·b⁴/12
  const auto outer = [](Values v) {
    const auto inner = [](Value x, Values p) {
      return integrate([](Value y, Values q) { return q[0] * y * y; }, 0.0, x, p);
    };
    return std::vector{integrate(inner, 0.0, v[0], v.subspan(1))};
  };
  const auto closed = [](Values v) { return std::vector{v[1] * pow(v[0], 4) / 12}; };
  check_agreement(outer, closed, {1.5, 0.7}, 1e-13);
}

TEST_CASE("an integrand that does not use its parameters has derivative 0 by them") {
  Tape tape;
  const Value p = tape.variable(1), b = tape.variable(2);
  const Value y = integrate([](Value, Values) { return 3.0; }, 0.0, b, std::vector{p});
  tape.backward(y);
  CHECK(p.grad() == 0);
  CHECK(b.grad() == 3);
  CHECK(hessian(y, std::vector{p, b}) == Matrix(2, 2));
}

TEST_CASE("first derivatives do not call the integrand again") {
  Tape tape;
  const Value p = tape.variable(4), b = tape.variable(1);
  int calls = 0;
  const auto f = [&](Value x, Values q) { return ++calls, q[0] * x; };
  const Value y = integrate(f, 0.0, b, std::vector{p});
  CHECK(calls == 15 + 15 + 1);
  tape.backward(y);
  directional(y, std::vector{p}, Numbers{1});
  CHECK(calls == 31);
  hessian(y, std::vector{p, b});
  CHECK(calls > 31);
}

// ---- Edges and errors ----

TEST_CASE("NaN and infinity of the integrand are the integral's, and no error") {
  Tape tape;
  const Value p = tape.variable(no_number);
  const Value y = integrate([](Value x, Values q) { return q[0] * x; }, 0.0, 1.0, std::vector{p});
  CHECK(std::isnan(y.value()));
  tape.backward(y);
  CHECK(p.grad() == doctest::Approx(0.5).epsilon(1e-15));
  CHECK(integral_of([](Value, Values) { return infinity; }, 0, 1) == infinity);
  CHECK(std::isnan(integral_of([](Value x, Values) { return x; }, 0, no_number)));
}

TEST_CASE("too few intervals, a pole, and no room left are errors that say where it is worst") {
  Tape tape;
  const auto pole = [](Value x, Values) { return 1.0 / abs(x * x - 0.5); };  // never quite 0.5
  CHECK_THROWS_AS(integrate(pole, 0.0, 1.0), NoConvergenceError);
  const auto root_at_1 = [](Value x, Values) { return 1.0 / sqrt(1.0 - x); };
  CHECK_THROWS_AS(integrate(root_at_1, 0.0, 1.0), NoConvergenceError);
  CHECK_THROWS_WITH_AS(
      integrate([](Value x, Values) { return sqrt(x); }, 0.0, 1.0, {}, {.most_intervals = 3}),
      "integrate: 3 intervals do not reach the tolerance 1e-10; it is worst from x = 0 to 0.25: is "
      "there a pole or a jump? Cut the range there, or allow more",
      NoConvergenceError);
  CHECK(tape.empty());
}

TEST_CASE("infinite ends, senseless options, and no function are refused") {
  const auto f = [](Value x, Values) { return exp(-x); };
  CHECK_THROWS_WITH_AS(
      integrate(f, 0.0, infinity),
      "integrate: from 0 to inf; both ends have to be finite: substitute another variable",
      ArgumentError);
  CHECK_THROWS_AS(integrate(f, -infinity, 0.0), ArgumentError);
  CHECK_THROWS_AS(integrate(f, 0.0, 1.0, {}, {.tolerance = 0}), ArgumentError);
  CHECK_THROWS_AS(integrate(f, 0.0, 1.0, {}, {.tolerance = no_number}), ArgumentError);
  CHECK_THROWS_AS(integrate(f, 0.0, 1.0, {}, {.most_intervals = 0}), ArgumentError);
  CHECK_THROWS_AS(integrate(nullptr, 0.0, 1.0), ArgumentError);
}

TEST_CASE("a captured Value of the tape is an error, used or returned, and not a lost gradient") {
  Tape tape;
  const Value captured = tape.variable(3);
  CHECK_THROWS_AS(integrate([&](Value x, Values) { return x * captured; }, 0.0, 1.0),
                  StaleValueError);
  CHECK_THROWS_AS(integrate([&](Value, Values) { return captured; }, 0.0, 1.0), StaleValueError);
  CHECK(tape.is_active());
  CHECK(tape.size() == 1);
}

TEST_CASE("parameters or ends without their tape are an error before f is called") {
  Value old;
  {
    Tape tape;
    old = tape.variable(1);
  }
  const auto never = [](Value, Values) -> Value {
    FAIL("called");
    return {};
  };
  CHECK_THROWS_AS(integrate(never, 0.0, old), NoActiveTapeError);
  Tape tape;
  CHECK_THROWS_AS(integrate(never, old, 1.0), StaleValueError);
  CHECK_THROWS_AS(integrate(never, 0.0, 1.0, std::vector{old}), StaleValueError);
}

TEST_CASE("what an integrand throws comes out, and the tape is as before") {
  Tape tape;
  const Value p = tape.variable(2);
  int left = 20;  // while it records gradients
  const auto failing = [&](Value x, Values q) {
    if (--left == 0) throw std::runtime_error("half-way");
    return x * q[0];
  };
  CHECK_THROWS_WITH(integrate(failing, 0.0, 1.0, std::vector{p}), "half-way");
  CHECK(tape.is_active());
  CHECK(tape.size() == 1);
}

TEST_CASE("an operation without second derivatives in an integrand stops only the Hessian") {
  const UserOperation square{
      {.name = "square",
       .value = [](auto x) { return std::vector{x[0] * x[0]}; },
       .pull_back = [](auto x, auto, auto a) { return std::vector{2 * x[0] * a[0]}; }}};
  const auto f = [&](Values v) {
    return integrate([&](Value x, Values p) { return square({x * p[0]})[0]; }, 0.0, 1.0, v);
  };
  CHECK(gradient(f, Numbers{3}).gradient[0] == doctest::Approx(2).epsilon(1e-14));
  CHECK_THROWS_AS(hessian(f, Numbers{3}), UnsupportedError);
}
