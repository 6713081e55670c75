// Blocks kept as one node, against the same code recorded plainly.

#include "tapegrad/derivatives/preaccumulation.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/jacobian.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Of every kind of operation: few operands and many, constants, and some that cut.
std::vector<Value> mixed(Value a, Value b) {
  Value s = a;
  for (int i = 0; i < 5; ++i) s = sin(s * b) + 0.5 * a / (1.5 + s * s) + max(s, b) - floor(a);
  return {fma(s, a, b), dot(std::vector<Value>{a, s, 2.0}, std::vector<Value>{s, b, a}), s};
}

void check_close(std::span<const double> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  // The products along each path are taken in another order: a few roundings.
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-13));
}

}  // namespace

TEST_CASE("a block has the derivatives of its operations, and is one node and its results") {
  const auto plain = [](std::span<const Value> x) {
    const std::vector<Value> y = mixed(x[0] * 2.0, x[1] + x[0]);
    return y[0] * y[1] + exp(y[2]);
  };
  std::size_t nodes = 0;
  const auto in_block = [&](std::span<const Value> x) {
    const Value a = x[0] * 2.0, b = x[1] + x[0];
    Preaccumulation block;
    const std::vector<Value> y = block.end(mixed(a, b));
    nodes = active_recording->size();
    return y[0] * y[1] + exp(y[2]);
  };
  const std::vector<double> x{0.7, -1.3};
  const auto [value, expected] = gradient(plain, x);
  const auto [same_value, got] = gradient(in_block, x);
  CHECK(same_value == value);
  CHECK(nodes == 2 + 2 + 1 + 3);
  check_close(got, expected);
  const std::vector<double> v{0.3, 4};
  CHECK(directional(in_block, x, v) == doctest::Approx(directional(plain, x, v)).epsilon(1e-13));
}

TEST_CASE("a block is seen by its name, with the values from before that it used, in order") {
  Tape tape;
  const Value a = tape.variable(2), unused = tape.variable(7), b = tape.variable(3);
  Preaccumulation block("area");
  const Value y = block.end(b * a * 10.0);
  const Node call = tape.node(4);
  CHECK(call.operation() == "area");
  REQUIRE(call.operands().size() == 2);
  CHECK(call.operands()[0].node == a.node());
  CHECK(call.operands()[1].node == b.node());
  CHECK(y.value() == 60);
  tape.backward(y);
  CHECK(a.grad() == 30);
  CHECK(b.grad() == 20);
  CHECK(unused.grad() == 0);
}

TEST_CASE("results that are constants, from before, or the same twice come back as they are") {
  Tape tape;
  const Value x = tape.variable(2);
  Preaccumulation block;
  const Value y = x * x;
  const std::vector<Value> kept = block.end(std::vector<Value>{5.0, x, y, y});
  CHECK(kept[0].is_constant());
  CHECK(kept[0].value() == 5);
  CHECK(kept[1].node() == x.node());
  tape.backward(kept[1] + kept[2] + 10.0 * kept[3]);
  CHECK(x.grad() == 1 + 4 + 40);
}

TEST_CASE("a block that computes nothing leaves nothing") {
  Tape tape;
  const Value x = tape.variable(2);
  Preaccumulation block;
  static_cast<void>(x * x);
  CHECK(block.end(std::span<const Value>()).empty());
  CHECK(tape.size() == 1);
}

TEST_CASE("Values of a block are stale when it has ended, and those after it are good") {
  Tape tape;
  const Value x = tape.variable(2);
  Preaccumulation block;
  const Value inner = x * 3.0;
  const Value y = block.end(inner * x);
  CHECK_THROWS_AS(inner * x, StaleValueError);
  tape.backward(y * y);
  CHECK(x.grad() == 2 * 12 * 12);
}

TEST_CASE("blocks nest, and hold user's operations") {
  class Double : public External {
   public:
    std::string_view name() const override { return "double"; }
    void pull_back(std::span<const double>, std::span<const double> given,
                   std::span<double> taken) const override {
      taken[0] += 2 * given[0];
    }
  };
  Tape tape;
  const Value x = tape.variable(3);
  Preaccumulation outer("outer");
  const Value twice = tape.external(std::make_shared<Double>(), std::vector{x * x},
                                    std::vector{2 * x.value() * x.value()})[0];
  Value cubed;
  {
    Preaccumulation inner("inner");
    cubed = inner.end(twice * x);  // 2 x³
  }
  const Value y = outer.end(cubed * x);  // 2 x⁴
  CHECK(tape.size() == 3);
  tape.backward(y);
  CHECK(x.grad() == 8 * 27);
}

TEST_CASE("an exception within a block takes it back") {
  Tape tape;
  const Value x = tape.variable(3);
  try {
    Preaccumulation block;
    static_cast<void>(x * x);
    throw std::runtime_error("half-way");
  } catch (const std::runtime_error&) {
  }
  CHECK(tape.size() == 1);
  tape.backward(x * x);
  CHECK(x.grad() == 6);
}

TEST_CASE("a variable made within a block is refused, and the block goes on") {
  Tape tape;
  const Value x = tape.variable(3);
  Preaccumulation block;
  const Value inner = tape.variable(4);
  CHECK_THROWS_WITH_AS(block.end(x * inner),
                       "Preaccumulation: node 2 is a variable made within the block, which would "
                       "lose its gradient; make it before the block",
                       UnsupportedError);
  tape.backward(x * inner);
  CHECK(inner.grad() == 3);
}

TEST_CASE("a block ends once, on an active tape, with results of that tape") {
  CHECK_THROWS_AS(Preaccumulation(), NoActiveTapeError);
  Tape tape;
  const Value x = tape.variable(3);
  Preaccumulation block;
  Value foreign;
  {
    Tape other;
    foreign = other.variable(1);
  }
  CHECK_THROWS_AS(block.end(foreign), StaleValueError);
  const Value y = block.end(x * x);
  CHECK_THROWS_AS(block.end(y), UnsupportedError);
}

TEST_CASE("within NoGrad a block does nothing") {
  Tape tape;
  const Value x = tape.variable(3);
  const NoGrad no_grad;
  Preaccumulation block;
  const Value y = block.end(x * x);
  CHECK(y.is_constant());
  CHECK(y.value() == 9);
  CHECK(tape.size() == 1);
  CHECK_THROWS_AS(block.end(y), UnsupportedError);
}

TEST_CASE("second derivatives across a block are refused by name") {
  const auto f = [](std::span<const Value> x) {
    Preaccumulation block("cube");
    return block.end(x[0] * x[0] * x[0]);
  };
  CHECK_THROWS_WITH_AS(hessian(f, std::vector{2.0}),
                       "cube: of a preaccumulated block only the first derivatives were kept; "
                       "record it without Preaccumulation to differentiate it twice",
                       UnsupportedError);
}

TEST_CASE("an infinite partial of a block hands nothing on where the adjoint is 0") {
  Tape tape;
  const Value x = tape.variable(0);
  Preaccumulation block;
  const std::vector<Value> y = block.end(std::vector{sqrt(x), x * 3.0});
  tape.backward(y[1]);
  CHECK(x.grad() == 3);
  tape.backward(y[0]);
  CHECK(x.grad() == infinity);
}

TEST_CASE("a block whose tape is gone, or was cleared, can't be ended") {
  auto tape = std::make_unique<Tape>();
  const Value x = tape->variable(2);
  Preaccumulation first;
  const Value y = x * x;
  tape->clear();
  CHECK_THROWS_AS(first.end(y), UnsupportedError);
  const Value z = tape->variable(2);
  Preaccumulation second;
  const Value w = z * z;
  tape.reset();
  CHECK_THROWS_AS(second.end(w), UnsupportedError);
}
