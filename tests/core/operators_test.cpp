#include "tapegrad/core/operators.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <limits>

#include "same.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using tapegrad::testing::same_bits;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// As with double, a long or long double beside a Value may be rounded, of which -Wconversion warns.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wfloat-conversion"
struct Plus {
  auto operator()(auto a, auto b) const { return a + b; }
};
struct Minus {
  auto operator()(auto a, auto b) const { return a - b; }
};
struct Times {
  auto operator()(auto a, auto b) const { return a * b; }
};
struct Over {
  auto operator()(auto a, auto b) const { return a / b; }
};
#pragma GCC diagnostic pop

// The last node of the tape holds exactly this.
void check_node(const Tape& tape, Op op, double y, const Operand& a, const Operand& b) {
  const Node node = tape.node(tape.size());
  CHECK(node.op() == op);
  CHECK(same_bits(node.value(), y));
  REQUIRE(node.operands().size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CAPTURE(k);
    const Operand expected = k == 0 ? a : b;
    const Operand recorded = node.operands()[k];
    CHECK(recorded.node == expected.node);
    CHECK(same_bits(recorded.partial, expected.partial));
    CHECK(same_bits(recorded.constant, expected.constant));
  }
}

// x op number and number op x each record one node that keeps the number as a constant.
template <class Rule, class Operation, class Number> void check_number(Number number) {
  const auto c = static_cast<double>(number);
  CAPTURE(Rule::info.name);
  CAPTURE(c);
  Tape tape;
  const Value x = tape.variable(2.5);

  const Value right = Operation()(x, number);
  CHECK(tape.size() == 2);
  CHECK(form_of(tape.recording().opcode(2)) == Form::constant_right);
  double y = Rule::value(2.5, c);
  CHECK(same_bits(right.value(), y));
  check_node(tape, op_of<Rule>, y, {.node = 1, .partial = Rule::partials(2.5, c, y)[0]},
             {.constant = c});

  const Value left = Operation()(number, x);
  CHECK(tape.size() == 3);
  CHECK(form_of(tape.recording().opcode(3)) == Form::constant_left);
  y = Rule::value(c, 2.5);
  CHECK(same_bits(left.value(), y));
  check_node(tape, op_of<Rule>, y, {.constant = c},
             {.node = 1, .partial = Rule::partials(c, 2.5, y)[1]});

  // A constant Value is a number like any other.
  Operation()(x, Value(number));
  CHECK(tape.recording().opcode(4) == tape.recording().opcode(2));
  CHECK(tape.node(4).operands()[1].constant == c);
  Operation()(Value(number), x);
  CHECK(tape.recording().opcode(5) == tape.recording().opcode(3));
  CHECK(tape.node(5).operands()[0].constant == c);
}

template <class Rule, class Operation> void check_operator() {
  check_number<Rule, Operation>(3.25);
  check_number<Rule, Operation>(3.25f);
  check_number<Rule, Operation>(3.25L);
  check_number<Rule, Operation>(-3);
  check_number<Rule, Operation>(3u);
  check_number<Rule, Operation>(-3L);
  check_number<Rule, Operation>(3ul);
  check_number<Rule, Operation>(static_cast<short>(3));
  check_number<Rule, Operation>('a');

  Tape tape;
  const Value a = tape.variable(2.5), b = tape.variable(-4);
  const Value y = Operation()(a, b);
  const auto partials = Rule::partials(2.5, -4.0, y.value());
  CHECK(tape.size() == 3);
  CHECK(form_of(tape.recording().opcode(3)) == Form::variables);
  check_node(tape, op_of<Rule>, Rule::value(2.5, -4.0), {.node = 1, .partial = partials[0]},
             {.node = 2, .partial = partials[1]});

  const Value constant = Operation()(Value(2.5), Value(-4));
  CHECK(constant.is_constant());
  CHECK(same_bits(constant.value(), y.value()));
  CHECK(tape.size() == 3);
}

template <class Change> double gradient_after(double at, Change change) {
  Tape tape;
  const Value leaf = tape.variable(at);
  Value x = leaf;
  change(x);
  tape.backward(x);
  return leaf.grad();
}

}  // namespace

TEST_CASE("each operator records one node and keeps a number on either side as a constant") {
  check_operator<rule::Add, Plus>();
  check_operator<rule::Sub, Minus>();
  check_operator<rule::Mul, Times>();
  check_operator<rule::Div, Over>();
}

TEST_CASE("operations of constants record nothing and need no tape") {
  const Value a = 2, b = 3.0f;
  for (Value y : {a + b, a - 1, 4 * b, a / b, -a, +a}) CHECK(y.is_constant());
  CHECK((a - b).value() == -1);
  CHECK(-(a / b).value() == -2.0 / 3);
  Tape tape;
  CHECK((a * b + 1).is_constant());
  CHECK(tape.empty());
}

TEST_CASE("unary minus records a node, unary plus none") {
  Tape tape;
  const Value x = tape.variable(2);
  CHECK((+x).node() == x.node());
  CHECK(tape.size() == 1);
  const Value y = -x;
  CHECK(tape.node(y).op() == Op::Neg);
  tape.backward(y);
  CHECK(x.grad() == -1);
}

TEST_CASE("compound assignment is the operation and an assignment, and returns its left side") {
  Tape tape;
  const Value x = tape.variable(3), y = tape.variable(2);
  Value z = x;
  static_assert(std::same_as<decltype(z += y), Value&>);
  ((z += y) *= 2) -= 1;
  z /= y;
  CHECK(z.value() == 4.5);
  CHECK(tape.size() == 6);
  tape.backward(z);
  CHECK(x.grad() == 1);            // z = (2·(x + y) - 1) / y
  CHECK(y.grad() == 1 - 9.0 / 4);  // (2y - (2·(x + y) - 1)) / y²
  Value constant = 1;
  constant += 2;
  CHECK(constant.is_constant());
  constant += x;
  CHECK(!constant.is_constant());
}

TEST_CASE("++ and -- add and take away 1, before the value is read or after it") {
  Tape tape;
  const Value x = tape.variable(3);
  Value y = x;
  CHECK((++y).value() == 4);
  CHECK((y++).value() == 4);
  CHECK((--y).value() == 4);
  CHECK((y--).value() == 4);
  CHECK(y.value() == 3);
  CHECK(tape.size() == 5);
  tape.backward(y);
  CHECK(x.grad() == 1);
}

TEST_CASE("assigning to an operand differentiates the old value") {
  CHECK(gradient_after(3, [](Value& x) { x = x * x; }) == 6);
  CHECK(gradient_after(3, [](Value& x) { x *= x; }) == 6);
  CHECK(gradient_after(3, [](Value& x) { x += x; }) == 2);
  CHECK(gradient_after(3, [](Value& x) { x -= x; }) == 0);
  CHECK(gradient_after(4, [](Value& x) { x /= x; }) == 0);
  CHECK(gradient_after(3, [](Value& x) {
          for (int k = 0; k < 3; ++k) x *= x;  // x⁸
        }) == 8 * 2187);
}

TEST_CASE("comparisons compare the values, with numbers on either side, and record nothing") {
  Tape tape;
  const Value a = tape.variable(2), b = tape.variable(3), c = 2;
  static_assert(std::same_as<decltype(a < b), bool>);
  CHECK(a < b);
  CHECK(!(b < a));
  CHECK(a <= c);
  CHECK(b > c);
  CHECK(a >= c);
  CHECK(a == c);
  CHECK(a != b);
  CHECK(a == 2);
  CHECK(2 == a);
  CHECK(2.0f >= a);
  CHECK(a < 2.5);
  CHECK(1u < a);
  CHECK(a > -1L);
  CHECK(!(a != 2.0));
  CHECK(tape.size() == 2);
}

TEST_CASE("a NaN is less, equal and greater than nothing, and different from all") {
  Tape tape;
  const Value x = tape.variable(not_a_number);
  for (Value other : {x, Value(1), Value(not_a_number)}) {
    CHECK(!(x < other));
    CHECK(!(x <= other));
    CHECK(!(x > other));
    CHECK(!(x >= other));
    CHECK(!(x == other));
    CHECK(x != other);
  }
}

template <class T>
concept MultipliesValue = requires(Value x, T other) {
  x* other;
  other* x;
};
template <class T>
concept AddsToValue = requires(Value x, T other) {
  x += other;
};

TEST_CASE("numbers of every type combine with Values; truth values and enumerators do not") {
  enum Color { red };
  static_assert(MultipliesValue<int> && MultipliesValue<unsigned long> && MultipliesValue<float>);
  static_assert(MultipliesValue<long double> && MultipliesValue<char> && MultipliesValue<Value>);
  static_assert(!MultipliesValue<bool> && !MultipliesValue<Color>);
  static_assert(AddsToValue<short> && AddsToValue<double> && AddsToValue<Value>);
  static_assert(!AddsToValue<bool> && !AddsToValue<Color>);
}
