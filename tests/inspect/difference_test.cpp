#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/inspect/dump.hpp"

using namespace tapegrad;

TEST_CASE("a recording does not differ from itself, nor from one made alike") {
  Tape one;
  const Value y = log(one.variable(-1)) * 2;  // NaN
  one.backward(y);
  Tape other;
  other.backward(log(other.variable(-1)) * 2);
  CHECK(difference(one, one) == "3 nodes before, 3 now: no change\n");
  CHECK(difference(one, other) == "3 nodes before, 3 now: no change\n");
  other.clear();
  Tape empty;
  CHECK(difference(other, empty) == "0 nodes before, 0 now: no change\n");
}

TEST_CASE("a difference names operations, values, adjoints, and what came and went") {
  Tape before;
  Value x = before.variable(2, "x"), w = before.variable(3, "w");
  before.backward((x * w + 1) * 2);
  Tape now;
  x = now.variable(2, "x"), w = now.variable(4, "w");
  const Value longer = exp(x * w - 1) * 2 + 0;
  now.backward(longer);
  CHECK(difference(before, now) ==
        "5 nodes before, 7 now: 2 added, 2 of another operation, 2 of another value, 3 of "
        "another adjoint\n"
        "  #1 x variable: adjoint 6 -> 8773.07\n"
        "  #2 w variable: value 3 -> 4, adjoint 4 -> 4386.53\n"
        "  #3 mul: value 6 -> 8, adjoint 2 -> 2193.27\n"
        "  #4 add(#3, 1) = 7  adjoint 2 -> #4 sub(#3, 1) = 7  adjoint 2193.27\n"
        "  #5 mul(#4, 2) = 14  adjoint 1 -> #5 exp(#4) = 1096.63  adjoint 2\n"
        "+ #6 mul(#5, 2) = 2193.27  adjoint 1\n"
        "+ #7 add(#6, 0) = 2193.27  adjoint 1\n");
  CHECK(difference(now, before)
            .ends_with("- #6 mul(#5, 2) = 2193.27  adjoint 1\n"
                       "- #7 add(#6, 0) = 2193.27  adjoint 1\n"));
}

TEST_CASE("a difference that six digits hide is shown with all") {
  Tape before;
  before.variable(1, "x");
  Tape now;
  now.variable(std::nextafter(1.0, 2.0), "x");
  CHECK(difference(before, now) ==
        "1 node before, 1 now: 1 of another value\n"
        "  #1 x variable: value 1 -> 1.0000000000000002\n");
}

TEST_CASE("other operands and constants are another operation") {
  Tape before;
  Value x = before.variable(1), y = before.variable(1);
  Value z = x + y, c = x * 2;
  Tape now;
  x = now.variable(1), y = now.variable(1);
  z = y + x, c = x * 3;
  CHECK(difference(before, now) ==
        "4 nodes before, 4 now: 2 of another operation\n"
        "  #3 add(#1, #2) = 2 -> #3 add(#2, #1) = 2\n"
        "  #4 mul(#1, 2) = 2 -> #4 mul(#1, 3) = 3\n");
}

TEST_CASE("adjoints are compared only where both tapes have them") {
  Tape before;
  before.variables(std::vector{1.0});
  Tape now;
  now.backward(now.variable(2));
  CHECK(difference(before, now) ==
        "1 node before, 1 now: 1 of another value\n"
        "swept only now: adjoints are not compared\n"
        "  #1 variable: value 1 -> 2\n");
  CHECK(difference(now, before).find("swept only before") != std::string::npos);
}

TEST_CASE("fifty changes are shown, and the others counted") {
  Tape before, now;
  std::vector<double> x(1000);
  {
    const auto scope = before.activate();
    before.variables(x);
  }
  for (double& number : x) number = 1;
  now.variables(x);
  const std::string text = difference(before, now);
  CHECK(text.starts_with("1000 nodes before, 1000 now: 1000 of another value\n"));
  CHECK(text.ends_with("  #50 variable: value 0 -> 1\n... and 950 more\n"));
}
