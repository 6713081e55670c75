// Comparisons that a tape keeps, so that a replay can tell when it would have branched otherwise.

#include <doctest/doctest.h>

#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

TEST_CASE("a tape without guards records no comparisons") {
  Tape tape;
  const Value x = tape.variable(2);
  CHECK(x > 1);
  CHECK(tape.size() == 1);
  CHECK(tape.guards().empty());
}

TEST_CASE("a tape with guards keeps each comparison, and how it came out, in order") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2), y = tape.variable(3);
  struct Row {
    Op op;
    double outcome;
  };
  CHECK(x < y);
  CHECK(!(x >= y));
  CHECK(x <= 2);
  CHECK(3 > x);
  CHECK(!(x == y));
  CHECK(x != 5);
  const std::vector<Row> expected = {{Op::Less, 1},    {Op::GreaterEqual, 0}, {Op::LessEqual, 1},
                                     {Op::Greater, 1}, {Op::Equal, 0},        {Op::NotEqual, 1}};
  REQUIRE(tape.guards().size() == expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) {
    CAPTURE(k);
    const Node guard = tape.node(tape.guards()[k]);
    CHECK(guard.index() == 3 + k);
    CHECK(guard.op() == expected[k].op);
    CHECK(guard.value() == expected[k].outcome);
  }
  CHECK(tape.node(5).operands()[1].constant == 2);  // x <= 2
  CHECK(tape.node(6).operands()[0].constant == 3);  // 3 > x
}

TEST_CASE("comparisons of constants are no guards, conditions neither") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2);
  CHECK(Value(1) < Value(2));
  CHECK(Value(1) != 2);
  CHECK(is_less(x, 3).holds());
  CHECK(tape.size() == 2);
  CHECK(tape.guards().empty());
}

TEST_CASE("guards change no gradient") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2);
  Value y = 1;
  while (y < 100) y = y * x;
  tape.backward(y);
  CHECK(y.value() == 128);
  CHECK(x.grad() == 7 * 64);
  CHECK(tape.guards().size() == 7);  // the first y was a constant
}

TEST_CASE("many guards are kept without the time growing faster than they do") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2);
  int held = 0;
  for (int k = 0; k < 300'000; ++k) held += x > k;  // minutes if each copied those before
  CHECK(held == 2);
  CHECK(tape.guards().size() == 300'000);
}

TEST_CASE("a stale value in a comparison is refused where it would be a guard") {
  Tape tape({.guards = true});
  const Value old = tape.variable(2);
  tape.clear();
  const Value x = tape.variable(2);
  const auto compare = [&] { return old < x; };
  CHECK_THROWS_AS(compare(), StaleValueError);
  CHECK(tape.guards().empty());
  CHECK(tape.size() == 1);
}

TEST_CASE("a guard for which the tape has no room is not half recorded") {
  Tape tape({.node_limit = 2, .guards = true});
  const Value x = tape.variable(2);
  CHECK(x > 1);
  const auto compare = [&] { return x > 1; };
  CHECK_THROWS_AS(compare(), TapeFullError);
  CHECK(tape.guards().size() == 1);
  CHECK(tape.size() == 2);
}
