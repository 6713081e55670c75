// Programs held against functions, some of which deceive them.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "bench/kernels.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/check.hpp"

using namespace tapegrad;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

// Branches on a plain number: no guard.
Value escapes(X x) { return x[0].value() > 0 ? x[0] * x[1] : x[1] - x[0]; }

}  // namespace

TEST_CASE(
    "a program of a kernel agrees with it to the last bit, wherever no guard says otherwise") {
  bench::for_each_kernel([]<class Kernel>(const Kernel& kernel) {
    CAPTURE(Kernel::name);
    const Numbers x = kernel.inputs();
    const Program program = compile(kernel, x);
    if (program.instructions().size() > 10'000) return;
    std::vector<Numbers> points{x, x};
    for (double& xi : points[1]) xi *= 1 + 1e-5;
    const ProgramCheck check = check_program(kernel, points, 0);
    CHECK_FALSE(check.differs());
    CHECK(check.points[0].verdict == ProgramVerdict::agrees);
    CHECK(check.points[0].disagreement == 0);
  });
}

TEST_CASE("a value() in a condition is found where it decides otherwise") {
  const ProgramCheck check = check_program(escapes, {{1, 2}, {3, 5}, {-1, 2}});
  CHECK_FALSE(check.agrees());
  CHECK(check.differs());
  CHECK(check.points[1].verdict == ProgramVerdict::agrees);
  const PointCheck& found = check.points[2];
  CHECK(found.verdict == ProgramVerdict::differs);
  CHECK(found.output == "y[0]");
  CHECK(found.by_program == -2);  // x·y, as recorded
  CHECK(found.by_function == 3);
  CHECK(found.disagreement == doctest::Approx(5.0 / 3));
}

TEST_CASE("a number taken out with value() is found, as it comes back a constant") {
  const auto f = [](X x) { return x[0] * std::exp(x[1].value()); };
  const ProgramCheck check = check_program(f, {{1, 2}, {1, 3}});
  CHECK(check.points[0].verdict == ProgramVerdict::agrees);
  CHECK(check.points[1].verdict == ProgramVerdict::differs);
}

TEST_CASE("equal values with other gradients are told, by the derivative that is furthest off") {
  const auto f = [](X x) { return x[0].value() > 0 ? x[0] + x[1] : x[0] + x[1].value(); };
  const ProgramCheck check = check_program(f, {{1, 2}, {-3, 2}});
  // The constant is 2 at both points, so that it is the gradient alone that tells.
  CHECK(check.points[1].verdict == ProgramVerdict::differs);
  CHECK(check.points[1].output == "d/dx[1]");
  CHECK(check.points[1].by_program == 1);
  CHECK(check.points[1].by_function == 0);
  // A program of the value alone has nothing to say of it.
  CHECK(check_program(compile(f, Numbers{1, 2}), f, {{-3, 2}}).agrees());
}

TEST_CASE("a guard that comes out otherwise is named, and is no difference") {
  const auto f = [](X x) { return x[0] > 0.0 ? x[0] : -x[0]; };
  const ProgramCheck check = check_program(f, {{1}, {-1}});
  CHECK_FALSE(check.agrees());
  CHECK_FALSE(check.differs());
  CHECK(check.points[1].verdict == ProgramVerdict::branches);
  CHECK(check.points[1].guard.find("x[0]") != std::string::npos);
  CHECK(check.count(ProgramVerdict::branches) == 1);
}

TEST_CASE("a function that is not the same each time is told from one that a guard has missed") {
  int calls = 0;
  const auto counts = [&](X x) { return x[0] * static_cast<double>(++calls); };
  const ProgramCheck check = check_program(counts, {{1}, {2}});
  CHECK(check.count(ProgramVerdict::changes) == 2);
  CHECK(check.differs());
  CHECK(to_string(ProgramVerdict::changes) == "CHANGES from call to call");
}

TEST_CASE("a program of another function, or of another time, is told") {
  const auto f = [](X x) { return x[0] * x[1]; };
  const auto other = [](X x) { return x[0] + x[1]; };
  const Program program = differentiate(compile(f, Numbers{2, 2}));
  CHECK(check_program(program, f, {{1, 5}}, 0).agrees());
  const ProgramCheck check = check_program(program, other, {{2, 2}, {1, 5}});
  CHECK(check.points[0].verdict == ProgramVerdict::differs);  // the values are 4 and 4
  CHECK(check.points[0].output == "d/dx[0]");
  CHECK(check.points[1].verdict == ProgramVerdict::differs);
}

TEST_CASE("several results are compared by their values, and arrays are taken") {
  const auto f = [](const std::array<Value, 2>& x) {
    return std::array<Value, 2>{x[0] + x[1], x[1].value() > 1 ? x[0] : x[1]};
  };
  const std::vector<std::array<double, 2>> points{{5, 2}, {7, 3}, {7, 0.5}};
  const ProgramCheck check = check_program(f, points);
  CHECK(check.outputs == 2);
  CHECK(check.count(ProgramVerdict::agrees) == 2);
  CHECK(check.points[2].output == "y[1]");
  CHECK(check.points[2].by_program == 7);
  CHECK(check.points[2].by_function == 0.5);
  CHECK(check_program(compile(f, points[0]), f, points).differs());
}

TEST_CASE("NaN agrees with NaN alone, and infinity with itself") {
  const double inf = std::numeric_limits<double>::infinity();
  const auto f = [](X x) { return x[1].value() > 0 ? log(x[0]) : log(x[0]) * 2.0; };
  const ProgramCheck check =
      check_program(compile(f, Numbers{1, 1}), f, {{-1, -1}, {inf, -1}, {0, -1}, {2, -1}});
  CHECK(check.points[0].verdict == ProgramVerdict::agrees);  // NaN both
  CHECK(check.points[1].verdict == ProgramVerdict::agrees);  // ∞ and 2·∞
  CHECK(check.points[2].verdict == ProgramVerdict::agrees);
  CHECK(check.points[3].verdict == ProgramVerdict::differs);
  const auto nan_below = [](X x) { return x[0].value() > 0 ? x[0] : x[0] * std::nan(""); };
  const ProgramCheck other = check_program(nan_below, {{1}, {-1}});
  CHECK(other.points[1].verdict == ProgramVerdict::differs);
  CHECK(other.points[1].disagreement == inf);
}

TEST_CASE("the tolerance is relative: to the value, and to the largest derivative") {
  const auto f = [](X x) { return x[0] * x[1]; };
  const auto nearly = [](X x) { return x[0] * x[1] * (1 + 1e-6); };
  const Program program = differentiate(compile(f, Numbers{1, 1}));
  CHECK(check_program(program, nearly, {{1e8, 1e-8}}, 2e-6).agrees());
  CHECK(check_program(program, nearly, {{1e8, 1e-8}}, 1e-7).differs());
  const auto small = [](X x) { return x[0] * x[1] + 1e-7 * (x[0] - x[0].value()); };
  // ∂x[0] is off by 1e-7 beside a derivative of 1e8, or beside 1
  CHECK(check_program(program, small, {{1e8, 1}}).agrees());
  CHECK(check_program(program, small, {{1, 1}}).differs());
}

TEST_CASE("a check that would check nothing, and what does not fit, are told") {
  const Program program = compile(escapes, Numbers{1, 2});
  CHECK_THROWS_AS(check_program(escapes, std::vector<Numbers>{}), ArgumentError);
  CHECK_THROWS_AS(check_program(program, escapes, std::vector<Numbers>{}), ArgumentError);
  CHECK_THROWS_WITH_AS(check_program(escapes, {{1, 2}, {1, 2, 3}}),
                       "check_program: point 1 is of 3 numbers; the program has 2 inputs",
                       ShapeError);
  for (const double tolerance : {-1.0, std::nan(""), HUGE_VAL})
    CHECK_THROWS_AS(check_program(escapes, {{1, 2}}, tolerance), ArgumentError);
  const auto pair = [](X x) { return std::vector<Value>{x[0], x[1]}; };
  CHECK_THROWS_WITH_AS(check_program(program, pair, {{1, 2}}),
                       "check_program: the program has 1 outputs; the function has 2 results and "
                       "derivatives at point 0",
                       ShapeError);
  CHECK_THROWS_AS(check_program(compile(pair, Numbers{1, 2}), escapes, {{1, 2}}), ShapeError);
}

TEST_CASE("what the function throws passes through") {
  const auto f = [](X x) {
    if (x[0].value() < 0) throw ArgumentError("below 0");
    return x[0];
  };
  CHECK_THROWS_WITH_AS(check_program(f, {{1}, {-1}}), "below 0", ArgumentError);
}

TEST_CASE("the report names the five worst points, and what to do") {
  CHECK(to_string(check_program(escapes, {{1, 2}, {2, 1}})) ==
        "program of 3 outputs at 2 points: agrees at 2\n");
  const auto f = [](X x) { return x[0] < 4.0 ? escapes(x) : x[0]; };
  const ProgramCheck check = check_program(f, {{1, 2}, {-1, 2}, {5, 1}});
  const std::string guard = check.points[2].guard;
  CHECK(to_string(check) ==
        "program of 3 outputs at 3 points: DIFFERS at 1, branches otherwise at 1, agrees at 1\n"
        "  point 1: y[0] is -2 by the program, 3 by the function: DIFFERS\n"
        "  point 2: " +
            guard +
            "\n"
            "differs: something decides that no guard sees, a value() in a condition or in a "
            "formula; compare Values, or choose with select()\n"
            "branches: Program and Replay say so; ProgramCache compiles the other ways as well\n");
  std::vector<Numbers> many{{1, 2}};
  for (int k = 1; k <= 7; ++k) many.push_back({-1.0 / k, 2});
  const std::string text = to_string(check_program(escapes, many));
  CHECK(text.find("  and 2 more\n") != std::string::npos);
}
