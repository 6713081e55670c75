// A segment that runs again when the sweep comes by, held against the same without it.

#include "tapegrad/derivatives/checkpoint.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/same.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/hessian.hpp"

using namespace tapegrad;
using testing::all_same_adjoints;

namespace {

using Inputs = std::span<const Value>;
using Numbers = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();

// Two results, each of both inputs, through something that they share.
std::vector<Value> segment(Inputs x) {
  const Value shared = exp(x[0]) * x[1];
  return {sin(shared) + x[0], shared / x[1] * x[1]};
}

Value plain(Inputs x) {
  const std::vector<Value> y = segment(x);
  return y[0] * y[1] + log(y[1]);
}

Value with_checkpoint(Inputs x) {
  const std::vector<Value> y = checkpoint(segment, x);
  return y[0] * y[1] + log(y[1]);
}

const Numbers point{0.3, 0.7};

}  // namespace

TEST_CASE("a checkpoint is one operation on the tape, with the same values and gradient") {
  Tape tape;
  const std::vector<Value> x = tape.variables(point);
  const std::vector<Value> y = checkpoint(segment, x);
  REQUIRE(y.size() == 2);
  CHECK(tape.size() == 2 + 1 + 2);
  CHECK(tape.node(3).operation() == "checkpoint");
  CHECK(y[1].value() == segment(x)[1].value());

  const ValueAndGradient expected = gradient(plain, point);
  const ValueAndGradient found = gradient(with_checkpoint, point);
  CHECK(found.value == expected.value);
  CHECK(all_same_adjoints(found.gradient, expected.gradient));
}

TEST_CASE("a function of one result gives one Value, and the node takes a name") {
  Tape tape;
  const std::vector<Value> x = tape.variables(point);
  const Value y = checkpoint(plain, x, "rate");
  CHECK(tape.node(3).operation() == "rate");
  CHECK(tape.size() == 2 + 1 + 1);
  tape.backward(y);
  const Numbers expected = gradient(plain, point).gradient;
  CHECK(x[0].grad() == expected[0]);
  CHECK(x[1].grad() == expected[1]);
}

TEST_CASE("the function may return an array, and belong to nobody but the node") {
  Tape tape;
  const Value x = tape.variable(3);
  std::vector<Value> y;
  {
    const auto factor = std::make_shared<double>(5);
    y = checkpoint(
        [factor](Inputs v) {
          return std::array{v[0] * *factor, v[0] * v[0]};
        },
        std::span(&x, 1));
  }
  tape.backward({{y[0], 1}, {y[1], 100}});
  CHECK(x.grad() == 605);
}

TEST_CASE("the function runs once when recorded, and once in each sweep that reaches it") {
  Tape tape;
  const std::vector<Value> x = tape.variables(point);
  int runs = 0;
  const auto counted = [&](Inputs v) {
    ++runs;
    return segment(v);
  };
  const std::vector<Value> y = checkpoint(counted, x);
  CHECK(runs == 1);
  tape.backward(x[0] * x[1]);
  CHECK(runs == 1);
  const Value z = y[0] * y[1];
  const std::size_t size = tape.size();
  tape.backward(z);
  CHECK(runs == 2);
  CHECK(tape.size() == size);
  CHECK(tape.is_active());
  tape.accumulate(y[0]);
  CHECK(runs == 3);
}

TEST_CASE("results that are constants, inputs, or the same twice are right") {
  Tape tape;
  const Value a = tape.variable(2), b = tape.variable(3);
  const std::vector<Value> x{a, b};
  const auto odd = [](Inputs v) {
    const Value product = v[0] * v[1];
    return std::vector<Value>{7, v[1], product, product, v[1]};
  };
  const std::vector<Value> y = checkpoint(odd, x);
  REQUIRE(y.size() == 5);
  CHECK(y[0].is_constant());
  CHECK(y[0].value() == 7);
  CHECK(y[4].value() == 3);
  tape.backward({{y[0], 1e6}, {y[1], 1}, {y[2], 10}, {y[3], 100}, {y[4], 1000}});
  CHECK(a.grad() == 110 * 3);
  CHECK(b.grad() == 1001 + 110 * 2);
}

TEST_CASE("results that do not depend on the inputs are constants, and then nothing is recorded") {
  Tape tape;
  const Value x = tape.variable(-2);
  const auto relu_by_branch = [](Inputs v) { return v[0] > 0 ? v[0] : Value(0.0); };
  CHECK(checkpoint(relu_by_branch, std::span(&x, 1)).is_constant());
  CHECK(checkpoint([](Inputs) { return std::vector<Value>(); }, std::span(&x, 1)).empty());
  CHECK(tape.size() == 1);
}

TEST_CASE("constants among the inputs are constants in the segment, too") {
  Tape tape;
  const std::vector<Value> x{tape.variable(2), 3};
  const auto f = [](Inputs v) {
    CHECK(!v[0].is_constant());
    CHECK(v[1].is_constant());
    return v[0] * v[1];
  };
  tape.backward(checkpoint(f, x));
  CHECK(x[0].grad() == 3);
}

TEST_CASE("of constants alone a checkpoint gives constants, and needs no tape") {
  const std::vector<Value> x(point.begin(), point.end());
  const std::vector<Value> y = checkpoint(segment, x);
  CHECK(y[0].is_constant());
  CHECK(y[0].value() == segment(x)[0].value());
  CHECK(checkpoint([](Inputs) { return Value(4); }, {}).value() == 4);
}

TEST_CASE("an input that occurs twice takes both adjoints") {
  Tape tape;
  const Value a = tape.variable(3);
  const std::vector<Value> x{a, a};
  tape.backward(checkpoint([](Inputs v) { return v[0] * v[1]; }, x));
  CHECK(a.grad() == 6);
}

TEST_CASE("checkpoints nest") {
  const auto outer = [](Inputs x) {
    const std::vector<Value> y = checkpoint(segment, x);
    const std::vector<Value> z = checkpoint(segment, y);
    return z[0] * y[1];
  };
  const auto flat = [](Inputs x) {
    const std::vector<Value> y = segment(x);
    const std::vector<Value> z = segment(y);
    return z[0] * y[1];
  };
  const auto twice = [&](Inputs x) { return checkpoint(outer, x); };
  const Numbers expected = gradient(flat, point).gradient;
  const Numbers found = gradient(twice, point).gradient;
  // The adjoints are those of flat, summed in another order.
  CHECK(found[0] == doctest::Approx(expected[0]).epsilon(1e-14));
  CHECK(found[1] == doctest::Approx(expected[1]).epsilon(1e-14));
  CHECK(hessian(twice, point)(0, 1) == doctest::Approx(hessian(flat, point)(0, 1)).epsilon(1e-13));
}

TEST_CASE("Jacobians by rows and by columns go through a checkpoint") {
  Tape tape;
  const std::vector<Value> x = tape.variables(point);
  const auto identity = std::array{1.0, 0.0, 0.0, 1.0};
  std::array<double, 4> rows{}, columns{}, expected{};
  const std::vector<Value> y = checkpoint(segment, x);
  tape.pull_back(y, identity, x, rows);
  tape.push_forward(x, identity, y, columns);
  tape.pull_back(segment(x), identity, x, expected);
  for (std::size_t k = 0; k < 2; ++k) {
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(rows[k * 2 + i] == expected[k * 2 + i]);
      // sums of a few products, of another order
      CHECK(columns[i * 2 + k] == doctest::Approx(expected[k * 2 + i]).epsilon(1e-14));
    }
  }
}

TEST_CASE("second derivatives go through a checkpoint") {
  const Matrix expected = hessian(plain, point);
  const Matrix found = hessian(with_checkpoint, point);
  for (std::size_t k = 0; k < 4; ++k)  // a few dozen roundings
    CHECK(found.numbers[k] == doctest::Approx(expected.numbers[k]).epsilon(1e-13));
  const Numbers v{0.5, -2};
  const auto product = hessian_vector_product(with_checkpoint, point, v);
  CHECK(product[0] ==
        doctest::Approx(expected(0, 0) * v[0] + expected(0, 1) * v[1]).epsilon(1e-13));
}

TEST_CASE("a Value that the function captured is an error that says to pass it as an input") {
  Tape tape;
  const Value x = tape.variable(2), captured = tape.variable(5);
  const std::span<const Value> inputs(&x, 1);
  CHECK_THROWS_WITH_AS(
      checkpoint([&](Inputs v) { return v[0] * captured; }, inputs),
      "checkpoint: the function computes with a Value that it captured, which has to be passed as "
      "an input (mul: the value 5 (node 2) is not on the tape: it is from before a clear() or "
      "rewind(), or of another tape or thread; make it again with variable(), go on with its own "
      "tape (activate()), or use its value() as a constant)",
      StaleValueError);
  CHECK_THROWS_WITH_AS(checkpoint(
                           [&](Inputs v) {
                             return std::vector{v[0], captured};
                           },
                           inputs, "layer 3"),
                       "checkpoint 'layer 3': result 1 is the value 5 (node 2), which the function "
                       "captured and which has to be passed as an input",
                       StaleValueError);
  const std::vector<Value> constants{1.0};
  CHECK_THROWS_AS(checkpoint([&](Inputs v) { return v[0] * captured; }, constants),
                  StaleValueError);
  CHECK(tape.size() == 2);
  CHECK(tape.is_active());
}

TEST_CASE("inputs need their tape, and that it is active") {
  Tape tape(Tape::inactive);
  const Value x = tape.variable(2);
  const auto square = [](Inputs v) { return v[0] * v[0]; };
  CHECK_THROWS_WITH_AS(
      checkpoint(square, std::span(&x, 1)),
      "checkpoint: no tape is active on this thread, and the value 2 (node 1) is "
      "not a constant; activate() the tape it was recorded on; if that is gone or another "
      "thread's, make a Tape and the value again with variable(), or use its value() as a constant",
      NoActiveTapeError);
  Tape other;
  CHECK_THROWS_AS(checkpoint(square, std::span(&x, 1)), StaleValueError);
}

TEST_CASE("a function that does not compute the same again is an error of the sweep") {
  Tape tape;
  const std::vector<Value> x = tape.variables(point);
  double factor = 1.5;
  std::size_t extra = 0;
  const auto drifts = [&](Inputs v) {
    std::vector<Value> y(v.begin(), v.end());
    y.insert(y.end(), extra, 0.0);
    y[1] = Value(factor) + 0.0 * v[1];
    return y;
  };
  const std::vector<Value> y = checkpoint(drifts, x);
  tape.backward(y[1]);
  factor = 1.25;
  CHECK_THROWS_WITH_AS(tape.backward(y[1]),
                       "checkpoint: result 1 is 1.25 now, and was 1.5 when it ran before; it must "
                       "compute the same each time",
                       UnsupportedError);
  CHECK(x[1].grad() == 0);
  factor = 1.5;
  extra = 1;
  CHECK_THROWS_WITH_AS(tape.backward(y[1]),
                       "checkpoint: 3 results now, and 2 when it ran before; it must compute the "
                       "same each time",
                       UnsupportedError);
  extra = 0;
  tape.backward(y[1]);
  factor = -0.0;
  const auto zero = [&](Inputs v) { return v[0] > 0 ? Value(factor) * v[0] : v[0]; };
  const Value z = checkpoint(zero, x);
  factor = 0.0;
  CHECK_THROWS_AS(tape.backward(z), UnsupportedError);  // -0 and 0 lead apart: 1 / z
}

TEST_CASE("NaN and infinity are the same again, and pass") {
  Tape tape;
  const std::vector<Value> x{tape.variable(-1), tape.variable(0)};
  const std::vector<Value> y = checkpoint(
      [](Inputs v) {
        return std::vector<Value>{sqrt(v[0]), 1 / v[1]};
      },
      x);
  CHECK(std::isnan(y[0].value()));
  CHECK(y[1].value() == infinity);
  tape.backward({{y[0], 1}, {y[1], 1}});
  CHECK(std::isnan(x[0].grad()));
  CHECK(x[1].grad() == -infinity);
  double other_nan = std::nan("");
  const auto nan_of_two_kinds = [&](Inputs v) { return std::vector{v[1] * 3, Value(other_nan)}; };
  const std::vector<Value> z = checkpoint(nan_of_two_kinds, x);
  other_nan = -other_nan;
  tape.backward(z[0]);
  CHECK(x[1].grad() == 3);
}

TEST_CASE("a function that throws leaves the tape as it was, when recorded and when swept") {
  Tape tape;
  const std::vector<Value> x = tape.variables(point);
  bool fails = true;
  const auto sometimes = [&](Inputs v) {
    const std::vector<Value> y = segment(v);
    if (fails) throw std::runtime_error("half-way");
    return y;
  };
  CHECK_THROWS_WITH(checkpoint(sometimes, x), "half-way");
  CHECK(tape.size() == 2);
  CHECK(tape.is_active());
  fails = false;
  const std::vector<Value> y = checkpoint(sometimes, x);
  tape.backward(y[0]);
  const double before = x[0].grad();
  fails = true;
  CHECK_THROWS_WITH(tape.backward(y[1]), "half-way");
  CHECK(x[0].grad() == before);
  CHECK(tape.is_active());
  fails = false;
  tape.backward(y[0]);
  CHECK(x[0].grad() == before);
}

TEST_CASE("the sweep of a long chain of checkpoints holds one segment at a time") {
  Tape tape;
  Value x = tape.variable(0.5);
  const auto thousand_sines = [](Inputs v) {
    Value y = v[0];
    for (int k = 0; k < 1000; ++k) y = sin(y) + 0.01 * v[0];
    return y;
  };
  const Value leaf = x;
  for (int k = 0; k < 20; ++k) x = checkpoint(thousand_sines, std::span(&x, 1));
  CHECK(tape.size() == 1 + 20 * 2);
  tape.backward(x);
  Value y = leaf;
  for (int k = 0; k < 20; ++k) y = thousand_sines(std::span(&y, 1));
  const double found = leaf.grad();
  tape.backward(y);
  CHECK(found == leaf.grad());  // each input has no other use
  CHECK(found != 0);
}

TEST_CASE("within NoGrad a checkpoint is computed and not recorded") {
  Tape tape;
  const std::vector<Value> x{tape.variable(3)};
  const NoGrad no_grad;
  const Value y = checkpoint([](std::span<const Value> v) { return v[0] * v[0]; }, x);
  CHECK(y.is_constant());
  CHECK(y.value() == 9);
  CHECK(tape.size() == 1);
}
