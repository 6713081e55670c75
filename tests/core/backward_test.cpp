// What backward() and accumulate() leave in the adjoints.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using tapegrad::testing::same_bits;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("backward leaves in every node the derivative of the output by it") {
  Tape tape;
  const Value x = tape.variable(2), w = tape.variable(-3), b = tape.variable(7);
  const Value product = w * x;
  const Value pa = product + b;
  const Value y = pa * pa;
  tape.backward(y);
  CHECK(y.grad() == 1);
  CHECK(pa.grad() == 2);
  CHECK(product.grad() == 2);
  CHECK(x.grad() == -6);
  CHECK(w.grad() == 4);
  CHECK(b.grad() == 2);
  tape.backward(y, -0.5);
  CHECK(y.grad() == -0.5);
  CHECK(w.grad() == -2);
}

TEST_CASE("sweeping does not consume the recording, and each sweep starts from zero") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x, z = y * x;
  for (int k = 0; k < 3; ++k) {
    tape.backward(z);
    CHECK(x.grad() == 27);
    tape.backward(y);
    CHECK(x.grad() == 6);
    CHECK(z.grad() == 0);  // not reached from y
  }
  CHECK(tape.size() == 3);
}

TEST_CASE("accumulate after backward is exactly twice the gradient at the leaves") {
  Tape tape;
  const Value x = tape.variable(0.3), w = tape.variable(0.7);
  const Value pa = w * x;
  const Value y = tanh(pa) * exp(x);
  tape.backward(y);
  const double by_x = x.grad(), by_w = w.grad(), by_pa = pa.grad();
  tape.accumulate(y);
  CHECK(same_bits(x.grad(), 2 * by_x));
  CHECK(same_bits(w.grad(), 2 * by_w));
  CHECK(same_bits(pa.grad(), by_pa));
  CHECK(y.grad() == 1);
  tape.accumulate(y, -2);
  CHECK(x.grad() == 0);
  tape.backward(y);
  CHECK(same_bits(x.grad(), by_x));
}

TEST_CASE("accumulate without a sweep before starts from zero, also at new leaves") {
  Tape tape;
  const Value x = tape.variable(2);
  tape.accumulate(x * x);
  CHECK(x.grad() == 4);
  const Value w = tape.variable(5);
  tape.accumulate(w * x);
  CHECK(x.grad() == 9);
  CHECK(w.grad() == 2);
  tape.clear();
  const Value z = tape.variable(1);
  tape.accumulate(z);
  CHECK(z.grad() == 1);
}

TEST_CASE("several outputs are swept at once, each with its seed") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x, z = y * x;
  tape.backward({{y, 10}, {z, 0.5}});
  CHECK(x.grad() == 10 * 6 + 0.5 * 27);
  tape.backward({{z, 0.5}, {y, 10}});
  CHECK(x.grad() == 10 * 6 + 0.5 * 27);
  tape.accumulate({{y, 1}, {x, 100}});
  CHECK(x.grad() == 10 * 6 + 0.5 * 27 + 6 + 100);
  const std::vector<Seed> seeds = {{y, 2}, {y, 3}};  // the same twice
  tape.backward(seeds);
  CHECK(x.grad() == 5 * 6);
  tape.accumulate(seeds);
  CHECK(x.grad() == 10 * 6);
}

TEST_CASE("a leaf may be an output") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  tape.backward(x, 4);
  CHECK(x.grad() == 4);
  CHECK(y.grad() == 0);
  tape.accumulate(x, 4);
  CHECK(x.grad() == 8);
}

TEST_CASE("constant outputs among others contribute nothing") {
  Tape tape;
  const Value x = tape.variable(3);
  tape.backward({{Value(5), 100}, {x * x, 1}, {Value(), inf}});
  CHECK(x.grad() == 6);
}

TEST_CASE("a node whose adjoint is zero hands nothing on, not even an infinite partial's NaN") {
  Tape tape;
  const Value x = tape.variable(0);
  const Value root = sqrt(x);  // partial ∞
  const Value y = root * 0.0 + x;
  tape.backward(y);
  CHECK(root.grad() == 0);
  CHECK(x.grad() == 1);
  const Value unused = log(x);
  CHECK(std::isinf(unused.value()));
  tape.backward(y * 2);
  CHECK(x.grad() == 2);
}

TEST_CASE("infinite and NaN adjoints go through, as the numbers they are") {
  Tape tape;
  const Value x = tape.variable(0), y = tape.variable(2);
  tape.backward(sqrt(x) + y);
  CHECK(x.grad() == inf);
  CHECK(y.grad() == 1);
  tape.backward(y * y, std::numeric_limits<double>::quiet_NaN());
  CHECK(std::isnan(y.grad()));
  CHECK(x.grad() == 0);
  tape.backward(y * 3, inf);
  CHECK(y.grad() == inf);
}

TEST_CASE("a node that was recorded after the last sweep has no adjoint yet") {
  Tape tape;
  const Value x = tape.variable(3);
  const char* const message =
      "adjoint: no sweep has covered node 1 since it was recorded; call backward() first";
  CHECK_THROWS_WITH_AS(x.grad(), message, NoAdjointError);
  CHECK_THROWS_WITH_AS(tape.adjoint(x), message, NoAdjointError);
  tape.backward(x * x);
  const Value later = x + 1;
  CHECK(x.grad() == 6);
  CHECK_THROWS_AS(later.grad(), NoAdjointError);
  CHECK(!tape.find_adjoint(later.node()).has_value());
  tape.backward(later);
  CHECK(later.grad() == 1);
}

TEST_CASE("a value that the sweep did not reach has adjoint 0") {
  Tape tape;
  const Value x = tape.variable(3), unused = tape.variable(4);
  const Value y = x * x;
  const Value after = exp(y);
  tape.backward(y);
  CHECK(unused.grad() == 0);
  CHECK(after.grad() == 0);
}

TEST_CASE("outputs that nothing can be differentiated by are refused") {
  Tape tape;
  const std::string constant =
      ": the output depends on no variable of the tape: it is a constant; make the inputs with "
      "variable() before computing it";
  const std::string backward = "backward" + constant, accumulate = "accumulate" + constant;
  CHECK_THROWS_WITH_AS(tape.backward(Value(2)), backward.c_str(), UnsupportedError);
  CHECK_THROWS_WITH_AS(tape.backward({{Value(2), 1}, {Value(), 1}}), backward.c_str(),
                       UnsupportedError);
  CHECK_THROWS_WITH_AS(tape.backward(std::span<const Seed>()), backward.c_str(), UnsupportedError);
  CHECK_THROWS_WITH_AS(tape.accumulate(Value(2)), accumulate.c_str(), UnsupportedError);
  const Value x = tape.variable(3);
  tape.backward(x * x);
  CHECK_THROWS_AS(tape.backward(Value(2)), UnsupportedError);
  CHECK(x.grad() == 6);  // as before the call
}

TEST_CASE("a stale output or one of another tape is refused, and the adjoints stay as they were") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  tape.backward(y);
  Tape other;
  const Value z = other.variable(2);
  CHECK_THROWS_WITH_AS(
      tape.backward({{y, 1}, {z, 1}}),
      "backward: the value 2 (node 1) is not on the tape: it is from before a "
      "clear() or rewind(), or of another tape or thread; make it again with variable(), go on "
      "with its own tape (activate()), or use its value() as a constant",
      StaleValueError);
  CHECK_THROWS_AS(tape.accumulate(z), StaleValueError);
  CHECK(x.grad() == 6);
}

TEST_CASE("the gradient of a chain of ten thousand operations needs no recursion") {
  Tape tape;
  const Value x = tape.variable(1);
  Value y = x;
  for (int k = 0; k < 10'000; ++k) y = y * 1.0 + 0.5;
  tape.backward(y);
  CHECK(y.value() == 5001);
  CHECK(x.grad() == 1);
}
