// What explain() says, word by word.

#include <doctest/doctest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/inspect/explain.hpp"

using namespace tapegrad;

namespace {

struct Triple : External {
  std::string_view name() const override { return "triple"; }
  void pull_back(std::span<const double>, std::span<const double> in,
                 std::span<double> out) const override {
    out[0] += 3 * in[0];
  }
};

std::string why(Value y, Value x, std::size_t paths = 5) { return to_string(explain(y, x, paths)); }

}  // namespace

TEST_CASE("contributions, their shares and the chains, and the rest as one sum") {
  Tape tape;
  const Value w = tape.variable(-3, "w"), x = tape.variable(2, "x");
  const Value scaled = w * x;
  tape.name(scaled, "w*x");
  const Value squashed = tanh(scaled + 6.5);
  const Value half = w * 0.5;
  const Value y = squashed + scaled - half;
  tape.name(y, "y");
  CHECK(why(y, w) ==
        "d(#8 y)/d(#1 w) = 3.0729, the sum over 3 paths\n"
        "       2   49.1 %  #8 y sub: 1 <- #7 add: 1 <- #3 w*x mul: 2 <- #1 w\n"
        "  1.5729   38.6 %  #8 y sub: 1 <- #7 add: 1 <- #5 tanh: 0.786448 <- #4 add: 1 <- "
        "#3 w*x mul: 2 <- #1 w\n"
        "    -0.5   12.3 %  #8 y sub: -1 <- #6 mul: 0.5 <- #1 w\n");
  CHECK(why(y, w, 1) ==
        "d(#8 y)/d(#1 w) = 3.0729, the sum over 3 paths\n"
        "  2   49.1 %  #8 y sub: 1 <- #7 add: 1 <- #3 w*x mul: 2 <- #1 w\n"
        "  and 2 more paths: 1.0729\n");
  CHECK(why(y, x, 1) ==
        "d(#8 y)/d(#2 x) = -5.35934, the sum over 2 paths\n"
        "  -3   56.0 %  #8 y sub: 1 <- #7 add: 1 <- #3 w*x mul: -3 <- #2 x\n"
        "  and 1 more path: -2.35934\n");
}

TEST_CASE("paths that read alike are one line") {
  Tape tape;
  const Value x = tape.variable(3, "x");
  const Value square = x * x;
  CHECK(why(square + x, x) ==
        "d(#3)/d(#1 x) = 7, the sum over 3 paths\n"
        "  2 × 3   85.7 %  #3 add: 1 <- #2 mul: 3 <- #1 x\n"
        "      1   14.3 %  #3 add: 1 <- #1 x\n");
  CHECK(why(square, x, 1) ==
        "d(#2)/d(#1 x) = 6, the sum over 2 paths\n"
        "  3   50.0 %  #2 mul: 3 <- #1 x\n"
        "  and 1 more path: 3\n");
  const Value power = pow(x, x);  // ∂/∂a = 27, ∂/∂b = 27 ln 3
  CHECK(why(power, x) ==
        "d(#4)/d(#1 x) = 56.6625, the sum over 2 paths\n"
        "  29.6625   52.3 %  #4 pow: 29.6625 <- #1 x\n"
        "       27   47.7 %  #4 pow: 27 <- #1 x\n");
}

TEST_CASE("the same node, later nodes, nodes that nothing uses or that lead elsewhere") {
  Tape tape;
  const Value x = tape.variable(2, "x"), y = tape.variable(3, "y");
  const Value z = exp(x);
  CHECK(why(x, x) == "d(#1 x)/d(#1 x) = 1: the same node\n");
  CHECK(why(x, z) == "d(#1 x)/d(#3) = 0: #3 was recorded after #1 x\n");
  CHECK(why(z, y) == "d(#3)/d(#2 y) = 0: nothing uses #2 y\n");
  const Value elsewhere = y * 2, more = z + 1;
  CHECK(elsewhere.value() == 6);
  CHECK(why(more, y) == "d(#5)/d(#2 y) = 0: #2 y does not reach #5; its first use is #4\n");
}

TEST_CASE("every place is named where the adjoint stops") {
  Tape tape;
  const Value x = tape.variable(-1, "x");
  const Value y = relu(x), z = tanh(x * 100);
  const Value m = max(x, 0.0), f = floor(x), c = is_less(x, 0).indicator();
  const Value s = select(is_less(x, 0), 7.0, x), p = x * 0;
  CHECK(why(sum(std::vector{y, z, m, f, c, s, p}), x) ==
        "d(#11)/d(#1 x) = 0: every path is cut off by a partial of 0\n"
        "  #10 mul = -0: partial 0 to #1 x = -1 (multiplied by 0)\n"
        "  #9 select = 7: partial 0 to #8 = 1 (only the condition)\n"
        "  #9 select = 7: partial 0 to #1 x = -1 (not chosen)\n"
        "  #7 less = 1: partial 0 to #1 x = -1 (a comparison is flat)\n"
        "  #6 floor = -1: partial 0 to #1 x = -1 (a step is flat)\n"
        "  #5 max = 0: partial 0 to #1 x = -1 (not chosen)\n"
        "  #4 tanh = -1: partial 0 to #3 = -100 (saturated)\n"
        "  #2 relu = 0: partial 0 to #1 x = -1 (dead relu)\n");
}

TEST_CASE("of many places where the adjoint stops ten are named") {
  Tape tape;
  const Value x = tape.variable(-1, "x");
  std::vector<Value> dead;
  for (int i = 0; i < 12; ++i) dead.push_back(relu(x));
  const std::string text = why(sum(dead), x);
  CHECK(
      text.starts_with("d(#14)/d(#1 x) = 0: every path is cut off by a partial of 0\n"
                       "  #13 relu = 0: partial 0 to #1 x = -1 (dead relu)\n"));
  CHECK(
      text.ends_with("  #4 relu = 0: partial 0 to #1 x = -1 (dead relu)\n"
                     "  ... and 2 more\n"));
}

TEST_CASE("a partial that is not finite is marked, and a user's operation") {
  Tape tape;
  const Value x = tape.variable(0, "x");
  const Value twice = x * 2;
  CHECK(why(log(x) + twice, x) ==
        "d(#4)/d(#1 x) = inf, the sum over 2 paths\n"
        "  inf        -  #4 add: 1 <- #3 log: inf <- #1 x  not finite: #3 log\n"
        "    2  100.0 %  #4 add: 1 <- #2 mul: 2 <- #1 x\n");
  const Value own = tape.external(std::make_shared<Triple>(), std::vector{x}, std::vector{6.0})[0];
  CHECK(why(own + x, x) ==
        "d(#7)/d(#1 x) = nan, the sum over 2 paths\n"
        "  nan        -  #7 add: 1 <- #6 result: unknown <- #5 triple: unknown <- #1 x  "
        "through triple (unknown)\n"
        "    1  100.0 %  #7 add: 1 <- #1 x\n");
  CHECK(why(sqrt(x * 0), x) ==
        "d(#9)/d(#1 x) = nan, the sum over 1 path\n"
        "  nan        -  #9 sqrt: inf <- #8 mul: 0 <- #1 x  not finite: #9 sqrt\n");
}

TEST_CASE("a chain of more than 13 nodes is shortened in the middle") {
  Tape tape;
  const Value x = tape.variable(1, "x");
  Value y = x;
  for (int i = 0; i < 12; ++i) y = y * 2;
  CHECK(why(y, x) ==
        "d(#13)/d(#1 x) = 4096, the sum over 1 path\n"
        "  4096  100.0 %  #13 mul: 2 <- #12 mul: 2 <- #11 mul: 2 <- #10 mul: 2 <- #9 mul: 2 <- "
        "#8 mul: 2 <- #7 mul: 2 <- #6 mul: 2 <- #5 mul: 2 <- #4 mul: 2 <- #3 mul: 2 <- "
        "#2 mul: 2 <- #1 x\n");
  CHECK(why(y * 3, x) ==
        "d(#14)/d(#1 x) = 12288, the sum over 1 path\n"
        "  12288  100.0 %  #14 mul: 3 <- #13 mul: 2 <- #12 mul: 2 <- #11 mul: 2 <- #10 mul: 2 <- "
        "#9 mul: 2 <- (2 nodes: 4) <- #6 mul: 2 <- #5 mul: 2 <- #4 mul: 2 <- #3 mul: 2 <- "
        "#2 mul: 2 <- #1 x\n");
}

TEST_CASE("sizes beyond a double are written out") {
  Tape tape;
  const Value x = tape.variable(1, "x");
  Value y = x;
  for (int i = 0; i < 2000; ++i) y = y * 0.5;
  CHECK(why(y + x, x) ==
        "d(#2002)/d(#1 x) = 1, the sum over 2 paths\n"
        "          1  100.0 %  #2002 add: 1 <- #1 x\n"
        "  8.71e-603    0.0 %  #2002 add: 1 <- #2001 mul: 0.5 <- #2000 mul: 0.5 <- "
        "#1999 mul: 0.5 <- #1998 mul: 0.5 <- #1997 mul: 0.5 <- (1990 nodes: 8.92e-600) <- "
        "#6 mul: 0.5 <- #5 mul: 0.5 <- #4 mul: 0.5 <- #3 mul: 0.5 <- #2 mul: 0.5 <- #1 x\n");
  y = x;
  for (int i = 0; i < 4000; ++i) y = y + y * -3;
  const std::string text = why(y, x, 1);  // the sweep adds ∞ and -∞
  CAPTURE(text);
  CHECK(text.starts_with("d(#10002)/d(#1 x) = nan, the sum over 1.32e+1204 paths\n"));
  CHECK(text.ends_with("\n  and 1.32e+1204 more paths: -3.06e+1908\n"));
}
