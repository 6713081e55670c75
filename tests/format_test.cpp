#include "tapegrad/format.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "tapegrad/core.hpp"

using namespace tapegrad;

TEST_CASE("a Value prints like a double") {
  const Value x = 0.7071067811865476;
  CHECK(fmt::format("{}", x) == "0.7071067811865476");
  CHECK(fmt::format("{:8.3f}|{:+.1e}", x, Value(2)) == "   0.707|+2.0e+00");
  std::ostringstream out;
  out << x << ' ' << Value(3);
  CHECK(out.str() == "0.707107 3");
}

TEST_CASE("a Node prints as its line") {
  Tape tape;
  const Value x = tape.variable(2.0, "x");
  const Value y = 3.0 - x;
  tape.backward(y);
  CHECK(fmt::format("{}", tape.node(x)) == "#1 x = variable = 2  adjoint -1");
  std::ostringstream out;
  out << tape.node(y);
  CHECK(out.str() == "#2 sub(3, #1) = 1  adjoint 1");
}

TEST_CASE("a gradient check prints as its report") {
  const double x[] = {2.0};
  const GradientCheck check = check_gradient([](auto v) { return v[0] * v[0]; }, x);
  CHECK(fmt::format("{}", check) == to_string(check));
  std::ostringstream out;
  out << check;
  CHECK(out.str() == to_string(check));
}
