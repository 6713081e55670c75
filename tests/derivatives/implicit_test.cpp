// Functions given by equations: their roots and derivatives, against closed forms, against Newton's
// method recorded step by step, and against finite differences.

#include "tapegrad/derivatives/implicit.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "agreement.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/check.hpp"
#include "tapegrad/derivatives/linear_algebra.hpp"
#include "tapegrad/derivatives/user_operation.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Values = std::span<const Value>;

// Kepler's equation: E - e·sin E = M, with the parameters e and M.
std::vector<Value> kepler(Values u, Values p) { return {u[0] - p[0] * sin(u[0]) - p[1]}; }

// x² + y² = p0 and x·y = p1: x ± y = sqrt(p0 ± 2 p1).
std::vector<Value> circle(Values u, Values p) {
  return {u[0] * u[0] + u[1] * u[1] - p[0], u[0] * u[1] - p[1]};
}
std::vector<Value> circle_closed(Values p) {
  const Value sum = sqrt(p[0] + 2.0 * p[1]), difference = sqrt(p[0] - 2.0 * p[1]);
  return {(sum + difference) / 2, (sum - difference) / 2};
}

// Three unknowns tied to each other, four parameters.
std::vector<Value> tied(Values u, Values p) {
  return {2.0 * u[0] + sin(u[1]) * p[0] - p[3], u[1] + p[1] * u[0] * u[2] - exp(-u[0]) * p[2],
          3.0 * u[2] + tanh(u[0] + p[3] * u[1]) - p[0] * p[2]};
}
const Numbers at_tied{0.4, -0.3, 0.9, 0.7};

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("Kepler's equation has the derivatives of the closed form") {
  const double e = 0.6, anomaly = 1.1;
  Tape tape;
  const std::vector<Value> p = tape.variables(Numbers{e, anomaly});
  const Value u = implicit_function(kepler, Numbers{anomaly}, p)[0];
  const double E = u.value();
  CHECK(std::abs(E - e * std::sin(E) - anomaly) < 1e-15);
  CHECK(tape.size() == 2 + 2);
  CHECK(tape.node(3).operation() == "implicit_function");
  tape.backward(u);
  const double slope = 1 / (1 - e * std::cos(E));
  CHECK(p[0].grad() == doctest::Approx(std::sin(E) * slope).epsilon(1e-14));
  CHECK(p[1].grad() == doctest::Approx(slope).epsilon(1e-14));
  // ∂²E/∂M² = -e·sin E / (1 - e·cos E)³
  CHECK(hessian(u, p)(1, 1) ==
        doctest::Approx(-e * std::sin(E) * slope * slope * slope).epsilon(1e-13));
}

TEST_CASE("two unknowns have all derivatives of their closed form, on the branch of the guess") {
  const Numbers p{5, 1.9};
  check_agreement(
      [](Values v) {
        return implicit_function(circle, Numbers{2, 1}, v);
      },
      circle_closed, p, 1e-12);  // near the branch point p0 = 2 p1 digits are lost
  check_agreement(
      [](Values v) {
        return implicit_function(circle, Numbers{1, 2}, v);
      },
      [](Values v) {
        const std::vector<Value> u = circle_closed(v);
        return std::vector{u[1], u[0]};
      },
      p, 1e-12);
}

TEST_CASE("three unknowns by four parameters agree with Newton's method recorded on the tape") {
  const auto recorded = [](Values p) {
    // The Jacobian by the unknowns by hand; quadratic convergence also of the derivatives.
    std::vector<Value> u(3, 0.0);
    for (int iteration = 0; iteration < 9; ++iteration) {
      const Value slope = 1.0 - pow(tanh(u[0] + p[3] * u[1]), 2);
      const std::vector<Value> jacobian_of_u{
          2.0,   cos(u[1]) * p[0], 0.0, p[1] * u[2] + exp(-u[0]) * p[2], 1.0, p[1] * u[0],
          slope, slope * p[3],     3.0};
      const std::vector<Value> step = solve(jacobian_of_u, tied(u, p), 3);
      for (std::size_t i = 0; i < 3; ++i) u[i] -= step[i];
    }
    return u;
  };
  check_agreement(
      [](Values p) {
        return implicit_function(tied, Numbers{0, 0, 0}, p);
      },
      recorded, at_tied, 1e-12);
}

TEST_CASE("a gradient and a Hessian through a root agree with finite differences") {
  const auto f = [](Values p) {
    const std::vector<Value> u = implicit_function(tied, Numbers{0, 0, 0}, p);
    return mixed(u) * p[1];
  };
  CHECK(check_gradient(f, at_tied).agrees());
  const Matrix h = hessian(f, at_tied);
  const double step = 1e-5;
  for (std::size_t k = 0; k < 4; ++k) {
    Numbers above = at_tied, below = at_tied;
    above[k] += step;
    below[k] -= step;
    const Numbers g_above = gradient(f, above).gradient, g_below = gradient(f, below).gradient;
    for (std::size_t i = 0; i < 4; ++i)  // error of order step² and 1e-16 / step
      CHECK(h(i, k) == doctest::Approx((g_above[i] - g_below[i]) / (2 * step)).epsilon(1e-7));
  }
}

TEST_CASE("a root of a root: an implicit function in the residual of another") {
  // v = cbrt(p) from v³ = p, and u from u² = v: u = p^(1/6).
  const Residual cube = [](Values u, Values p) { return std::vector{u[0] * u[0] * u[0] - p[0]}; };
  const Residual square_of_cube_root = [&](Values u, Values p) {
    return std::vector{u[0] * u[0] - implicit_function(cube, Numbers{1}, p)[0]};
  };
  check_agreement([&](Values p) { return implicit_function(square_of_cube_root, Numbers{1}, p); },
                  [](Values p) { return std::vector{pow(p[0], 1.0 / 6)}; }, {2.5}, 1e-13);
}

TEST_CASE("a fixed point where the iteration itself runs away") {
  // u = p·cosh(u)... runs away from u = 0 where p·sinh(u) > 1; at p = 0.6 there are two, and the
  // guess leads to the larger one.
  const auto g = [](Values u, Values p) { return std::vector{p[0] * cosh(u[0])}; };
  Tape tape;
  const Value p = tape.variable(0.6);
  const Value u = fixed_point(g, Numbers{2}, std::vector{p})[0];
  const double at = u.value();
  CHECK(at == doctest::Approx(0.6 * std::cosh(at)).epsilon(1e-14));
  CHECK(0.6 * std::sinh(at) > 1);
  CHECK(tape.node(2).operation() == "fixed_point");
  tape.backward(u);
  CHECK(p.grad() == doctest::Approx(std::cosh(at) / (1 - 0.6 * std::sinh(at))).epsilon(1e-13));
}

TEST_CASE("steps are halved where Newton's method alone runs away") {
  const Residual f = [](Values u, Values p) { return std::vector{atan(u[0] - p[0])}; };
  const std::vector<Value> u = implicit_function(f, Numbers{20}, std::vector<Value>{3.0});
  CHECK(u[0].value() == doctest::Approx(3).epsilon(1e-14));
}

TEST_CASE("a root in small units is found if its scale is said, and one at 0 without") {
  const Residual square = [](Values u, Values p) { return std::vector{u[0] * u[0] - p[0]}; };
  const std::vector<Value> p{4e-18};
  const auto u = implicit_function(square, Numbers{1e-9}, p, {.scale = 1e-9});
  CHECK(u[0].value() == doctest::Approx(2e-9).epsilon(1e-14));
  const Residual odd = [](Values v, Values) { return std::vector{sinh(v[0])}; };
  CHECK(std::abs(implicit_function(odd, Numbers{1}, {})[0].value()) < 1e-15);
}

TEST_CASE("a root is found also where rounding keeps the steps above the tolerance") {
  // Beside 1e9 the unknown is seen in units of 2^-23: the residual stays at 4e-8.
  const Residual coarse = [](Values u, Values p) {
    return std::vector{((u[0] + 1e9) - 1e9) - p[0]};
  };
  const auto u = implicit_function(coarse, Numbers{0}, std::vector<Value>{1.0 / 3});
  CHECK(u[0].value() == doctest::Approx(1.0 / 3).epsilon(1e-6));
}

TEST_CASE("an infinite partial reaches only the derivatives that it belongs to") {
  const Residual residual = [](Values u, Values p) {
    return std::vector{u[0] - sqrt(p[0]) - p[1], u[1] - p[1]};
  };
  Tape tape;
  const std::vector<Value> p = tape.variables(Numbers{0, 2});
  const std::vector<Value> u = implicit_function(residual, Numbers{1, 1}, p);
  tape.backward(u[1]);
  CHECK(p[0].grad() == 0);
  CHECK(p[1].grad() == 1);
  tape.backward(u[0]);
  CHECK(p[0].grad() == std::numeric_limits<double>::infinity());
  CHECK(p[1].grad() == 1);
  CHECK(directional(u[0], p, Numbers{0, 1}) == 1);
}

TEST_CASE("constants give a constant root, without a tape and without a node") {
  const std::vector<Value> p{0.5, 1.0};
  CHECK(implicit_function(kepler, Numbers{1}, p)[0].is_constant());
  Tape tape;
  const Value u = implicit_function(kepler, Numbers{1}, p)[0];
  CHECK(u.is_constant());
  CHECK(u.value() - 0.5 * std::sin(u.value()) == doctest::Approx(1.0).epsilon(1e-15));
  CHECK(tape.empty());
  CHECK(implicit_function(kepler, Numbers{}, p).empty());
}

TEST_CASE("a constant among the parameters takes no adjoint and no tangent") {
  Tape tape;
  const Value m = tape.variable(1.0);
  const Value u = implicit_function(kepler, Numbers{1}, std::vector<Value>{0.5, m})[0];
  const double slope = 1 / (1 - 0.5 * std::cos(u.value()));
  CHECK(directional(u, std::vector{m}, Numbers{1}) == doctest::Approx(slope).epsilon(1e-14));
  CHECK(hessian(u, std::vector{m})(0, 0) ==
        doctest::Approx(-0.5 * std::sin(u.value()) * std::pow(slope, 3)).epsilon(1e-13));
}

TEST_CASE("first derivatives do not call the residual again, which may be gone by then") {
  Tape tape;
  const Value p = tape.variable(4);
  int calls = 0;
  const Residual square = [&](Values u, Values q) {
    ++calls;
    return std::vector{u[0] * u[0] - q[0]};
  };
  const Value u = implicit_function(square, Numbers{1}, std::vector{p})[0];
  const int before = calls;
  tape.backward(u);
  CHECK(p.grad() == 0.25);
  CHECK(directional(u, std::vector{p}, Numbers{1}) == 0.25);
  CHECK(calls == before);
  hessian(u, std::vector{p});
  CHECK(calls == before + 1);
}

// ---- Errors ----

TEST_CASE("where there is no root, the error says how far it came") {
  Tape tape;
  const Value p = tape.variable(1);
  const Residual positive = [](Values u, Values q) {
    return std::vector{u[0] * u[0] + u[0] + q[0]};
  };
  // It stops near the lowest point, where the Jacobian is 0.
  CHECK_THROWS_AS(implicit_function(positive, Numbers{3}, std::vector{p}), NoConvergenceError);
  CHECK(tape.size() == 1);
  const Residual exponential = [](Values u, Values) { return std::vector{exp(-u[0])}; };
  CHECK_THROWS_WITH_AS(
      implicit_function(exponential, Numbers{0}, {}, {.most_iterations = 3, .name = "decay"}),
      "decay: no root after 3 iterations: at u = (3) the largest residual is 0.0498, and still on "
      "its way; start nearer to it, or see whether there is one",
      NoConvergenceError);
  const Residual undefined = [](Values u, Values) { return std::vector{log(u[0])}; };
  CHECK(message_of([&] { implicit_function(undefined, Numbers{-1}, {}); }) ==
        "implicit_function: no root after 0 iterations: at u = (-1) the largest residual is nan, "
        "and it is not finite; start nearer to it, or see whether there is one");
}

TEST_CASE("where the residual can't be made smaller, the error says so") {
  // A slope that is wrong in sign, from a rule of the user's own: no step leads downhill.
  const UserOperation wrong{{.name = "wrong",
                             .value = [](auto x) { return std::vector{x[0]}; },
                             .pull_back = [](auto, auto, auto a) { return std::vector{-a[0]}; }}};
  const Residual residual = [&](Values u, Values) { return wrong({u[0]}); };
  CHECK(message_of([&] { implicit_function(residual, Numbers{1.5}, {}); }) ==
        "implicit_function: no root after 0 iterations: at u = (1.5) the largest residual is 1.5, "
        "and no step along Newton's direction makes it smaller; start nearer to it, or see whether "
        "there is one");
}

TEST_CASE("a step that is not finite is an error") {
  const Residual flat = [](Values u, Values) { return std::vector{1e-300 * u[0] + 1e300}; };
  CHECK(message_of([&] {
          implicit_function(flat, Numbers{1}, {});
        }).find("Newton's step is not finite") != std::string::npos);
}

TEST_CASE("a singular Jacobian is an error that says where") {
  const Residual square = [](Values u, Values p) { return std::vector{u[0] * u[0] - p[0]}; };
  CHECK_THROWS_WITH_AS(
      implicit_function(square, Numbers{0}, std::vector<Value>{1.0}),
      "implicit_function: at u = (0), where another guess may help, the Jacobian of the residual "
      "by the unknowns is singular: pivot 1 of 1 is 0, or no more than the rounding of what it is "
      "computed from",
      ArgumentError);
  const Residual twice_the_same = [](Values u, Values) {
    return std::vector<Value>{u[0] + u[1], u[0] + u[1] - 1.0};
  };
  CHECK_THROWS_AS(implicit_function(twice_the_same, Numbers{0, 0}, {}), ArgumentError);
  const Residual of_no_unknown = [](Values, Values) { return std::vector<Value>{1.0}; };
  CHECK_THROWS_AS(implicit_function(of_no_unknown, Numbers{0}, {}), ArgumentError);
}

TEST_CASE("as many residuals as unknowns, sensible options, and a function are asked for") {
  CHECK_THROWS_WITH_AS(
      implicit_function(kepler, Numbers{1, 2}, std::vector<Value>{0.1, 1.0}),
      "implicit_function: the residual gives 1 numbers for 2 unknowns; it has to give as many",
      ShapeError);
  const Residual none = [](Values, Values) { return std::vector<Value>{}; };
  CHECK_THROWS_AS(fixed_point(none, Numbers{1}, {}), ShapeError);
  CHECK_THROWS_AS(implicit_function(kepler, Numbers{1}, {}, {.tolerance = 0}), ArgumentError);
  CHECK_THROWS_AS(implicit_function(kepler, Numbers{1}, {}, {.scale = -1}), ArgumentError);
  CHECK_THROWS_AS(implicit_function(kepler, Numbers{1}, {}, {.most_iterations = 0}), ArgumentError);
  CHECK_THROWS_AS(implicit_function(nullptr, Numbers{1}, {}), ArgumentError);
  CHECK_THROWS_AS(fixed_point(nullptr, Numbers{1}, {}), ArgumentError);
}

TEST_CASE("a captured Value of the tape is an error, used or returned, and not a lost gradient") {
  Tape tape;
  const Value p = tape.variable(2), captured = tape.variable(3);
  const Residual uses = [&](Values u, Values) { return std::vector{u[0] - captured}; };
  const Residual returns = [&](Values, Values) { return std::vector{captured}; };
  CHECK_THROWS_AS(implicit_function(uses, Numbers{1}, std::vector{p}), StaleValueError);
  CHECK_THROWS_AS(implicit_function(returns, Numbers{1}, std::vector{p}), StaleValueError);
  CHECK(tape.is_active());
  CHECK(tape.size() == 2);
}

TEST_CASE("parameters without their tape are an error before the residual is called") {
  std::vector<Value> p{0.1, 1.0};
  {
    Tape tape;
    p[1] = tape.variable(1);
  }
  const Residual never = [](Values u, Values) {
    FAIL("called");
    return std::vector<Value>(u.begin(), u.end());
  };
  CHECK_THROWS_AS(implicit_function(never, Numbers{1}, p), NoActiveTapeError);
  Tape tape;
  CHECK_THROWS_AS(implicit_function(never, Numbers{1}, p), StaleValueError);
}

TEST_CASE("what a residual throws comes out, and the tape is as before") {
  Tape tape;
  const Value p = tape.variable(2);
  int left = 3;
  const Residual failing = [&](Values u, Values q) {
    if (--left == 0) throw std::runtime_error("half-way");
    return std::vector{u[0] * u[0] - q[0]};
  };
  CHECK_THROWS_WITH(implicit_function(failing, Numbers{1}, std::vector{p}), "half-way");
  CHECK(tape.is_active());
  CHECK(tape.size() == 1);
  CHECK((p * p).node() == 2);
}

TEST_CASE("an operation without second derivatives in a residual stops only the Hessian") {
  const UserOperation square{
      {.name = "square",
       .value = [](auto x) { return std::vector{x[0] * x[0]}; },
       .pull_back = [](auto x, auto, auto a) { return std::vector{2 * x[0] * a[0]}; }}};
  const Residual residual = [&](Values u, Values p) {
    return std::vector{square({u[0]})[0] - p[0]};
  };
  const auto root = [&](Values p) { return implicit_function(residual, Numbers{1}, p)[0]; };
  CHECK(gradient(root, Numbers{4}).gradient[0] == doctest::Approx(0.25).epsilon(1e-15));
  CHECK_THROWS_AS(hessian(root, Numbers{4}), UnsupportedError);
}

TEST_CASE("a step that is too small for a number ends the search") {
  Tape tape;
  const std::vector<Value> p{tape.variable(1e-200)};
  const Residual steep = [](Values u, Values q) { return std::vector{u[0] * 1e300 - q[0]}; };
  const Value u = implicit_function(steep, Numbers{0}, p)[0];
  CHECK(u.value() == 0);
  tape.backward(u);
  CHECK(p[0].grad() == 1e-300);
}
