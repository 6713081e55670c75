#include "tapegrad/core/tape.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

struct Twice : External {
  std::string_view name() const override { return "twice"; }
  void pull_back(std::span<const double>, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    operand_adjoints[0] += 2 * result_adjoints[0];
  }
};

std::vector<std::string> lines(const Tape& tape) {
  std::vector<std::string> all;
  for (const Node& node : tape.nodes()) all.push_back(to_string(node));
  return all;
}

}  // namespace

TEST_CASE("a node prints its operation, operands, name, value and, once swept, adjoint") {
  Tape tape;
  const Value x = tape.variable(0.5, "x"), w = tape.variable(-3);
  const Value product = w * x;
  const Value pa = 2.25 + product;
  const Value y = tanh(pa);
  tape.name(pa, "pa");
  const std::vector<Value> three = {y, 4, x};
  const Value total = sum(three);
  const std::vector<double> doubled = {2 * x.value()};
  const Value z = tape.external(std::make_shared<Twice>(), std::span(&x, 1), doubled)[0];
  CHECK(lines(tape) == std::vector<std::string>{
                           "#1 x = variable = 0.5",
                           "#2 variable = -3",
                           "#3 mul(#2, #1) = -1.5",
                           "#4 pa = add(2.25, #3) = 0.75",
                           "#5 tanh(#4) = 0.635149",
                           "#6 sum(#5, 4, #1) = 5.13515",
                           "#7 twice(#1)",
                           "#8 result(#7) = 1",
                       });
  tape.backward(total * z);
  CHECK(to_string(tape.node(5)) == "#5 tanh(#4) = 0.635149  adjoint 1");
  CHECK(to_string(tape.node(8)) == "#8 result(#7) = 1  adjoint 5.13515");
  CHECK(to_string(tape.node(9)) == "#9 mul(#6, #8) = 5.13515  adjoint 1");
}

TEST_CASE("nodes are iterated in the order of recording, and know their tape") {
  Tape tape;
  const Value x = tape.variable(2);
  exp(x) + x;
  std::vector<Op> ops;
  std::size_t index = 0;
  for (const Node& node : tape.nodes()) {
    CHECK(node.index() == ++index);
    CHECK(&node.tape() == &tape);
    CHECK(node.is_leaf() == (index == 1));
    ops.push_back(node.op());
  }
  CHECK(ops == std::vector<Op>{Op::Leaf, Op::Exp, Op::Add});
  CHECK(tape.nodes().size() == 3);
  CHECK(tape.node(x) == tape.node(1));
  CHECK(tape.node(x) != tape.node(2));
  CHECK(tape.node(2).operation() == "exp");
  CHECK(!tape.node(1).adjoint().has_value());
}

TEST_CASE("an empty tape has no nodes and can be looked at") {
  Tape tape;
  CHECK(tape.empty());
  CHECK(tape.size() == 0);
  CHECK(tape.nodes().begin() == tape.nodes().end());
  CHECK(tape.memory_bytes() == 0);
  CHECK(!tape.find("x").has_value());
  CHECK(!tape.find_adjoint(0).has_value());
  CHECK(!tape.find_adjoint(1).has_value());
  CHECK(tape.guards().empty());
  tape.clear();
  CHECK(tape.empty());
}

TEST_CASE("an operand of every form is where it was written") {
  Tape tape;
  const Value a = tape.variable(6), b = tape.variable(2);
  const std::vector<Value> two = {5, b};
  const Value unary = -a, both = a - b, right = a - 2, left = 2 - a, ternary = fma(a, 3, b),
              many = sum(two);
  const auto operands = [&](Value y) {
    std::string text;
    for (const Operand& operand : tape.node(y).operands()) {
      text += operand.node != 0 ? "#" + std::to_string(operand.node) + " by " +
                                      std::to_string(static_cast<int>(operand.partial))
                                : std::to_string(static_cast<int>(operand.constant));
      text += "; ";
    }
    return text;
  };
  CHECK(operands(a) == "");
  CHECK(operands(unary) == "#1 by -1; ");
  CHECK(operands(both) == "#1 by 1; #2 by -1; ");
  CHECK(operands(right) == "#1 by 1; 2; ");
  CHECK(operands(left) == "2; #1 by -1; ");
  CHECK(operands(ternary) == "#1 by 3; 3; #2 by 1; ");
  CHECK(operands(many) == "5; #2 by 1; ");
}

TEST_CASE("variables makes one leaf for each number, in order") {
  Tape tape;
  const std::vector<double> numbers = {3, 1, 4};
  const std::vector<Value> x = tape.variables(numbers);
  REQUIRE(x.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(x[k].node() == k + 1);
    CHECK(x[k].value() == numbers[k]);
    CHECK(tape.node(k + 1).is_leaf());
  }
  CHECK(tape.variables({}).empty());
}

TEST_CASE("variables and adjoints go to and come from the caller's memory, and all or none") {
  Tape tape;
  const std::vector<double> numbers = {3, 1, 4};
  std::vector<Value> x(3);
  tape.variables(numbers, x);
  CHECK(tape.size() == 3);
  CHECK(x[2].value() == 4);
  std::vector<Value> two(2);
  CHECK_THROWS_WITH_AS(tape.variables(numbers, two),
                       "variables: 3 numbers, and room for 2; both must be as many", ShapeError);
  CHECK(tape.size() == 3);

  std::vector<double> out(3);
  CHECK_THROWS_AS(tape.adjoints(x, out), NoAdjointError);
  tape.backward(x[0] * x[1]);
  tape.adjoints(x, out);
  CHECK(out == std::vector<double>{1, 3, 0});
  CHECK_THROWS_AS(tape.adjoints(x, std::span(out).first(2)), ShapeError);
  CHECK_THROWS_AS(tape.adjoints(std::vector<Value>{2.0}, std::span(out).first(1)), NoAdjointError);
  tape.clear();
  CHECK_THROWS_AS(tape.adjoints(x, out), StaleValueError);
}

TEST_CASE("holds is true for the tape's own nodes only") {
  Tape tape;
  const Value x = tape.variable(1);
  Tape other{Tape::inactive};
  CHECK(tape.holds(x));
  CHECK(tape.holds(x + 1));
  CHECK(!tape.holds(1));
  CHECK(!tape.holds(Value()));
  CHECK(!other.holds(x));
  CHECK(!tape.holds(other.variable(1)));
  tape.clear();
  CHECK(!tape.holds(x));
}

TEST_CASE("clear forgets nodes, names, adjoints and guards, and keeps the memory") {
  Tape tape({.guards = true});
  Value x = tape.variable(1, "x");
  for (int k = 0; k < 5000; ++k) x = x * 1.0001;
  CHECK(x > 1);
  tape.backward(x);
  const std::size_t bytes = tape.memory_bytes();
  tape.clear();
  CHECK(tape.empty());
  CHECK(tape.guards().empty());
  CHECK(!tape.find("x").has_value());
  CHECK(tape.memory_bytes() == bytes);
  x = tape.variable(2);
  CHECK(x.node() == 1);
  CHECK(tape.name(1) == "");
  CHECK(!tape.find_adjoint(1).has_value());
  for (int k = 0; k < 5000; ++k) x = x * 1.0001;
  CHECK(tape.memory_bytes() == bytes);
}

TEST_CASE("nodes and values that are not there are refused with their number") {
  Tape tape;
  const Value x = tape.variable(1.5);
  CHECK_THROWS_WITH_AS(tape.node(std::size_t{0}),
                       "node: there is no node 0; the tape has the nodes 1 to 1", ArgumentError);
  CHECK_THROWS_WITH_AS(tape.node(std::size_t{2}),
                       "node: there is no node 2; the tape has the nodes 1 to 1", ArgumentError);
  CHECK_THROWS_WITH_AS(tape.node(Value(2.5)), "node: the value 2.5 is a constant and has no node",
                       UnsupportedError);
  CHECK_THROWS_WITH_AS(tape.external_of(1), "external_of: node 1 is no user operation",
                       ArgumentError);
  tape.clear();
  CHECK_THROWS_WITH_AS(
      tape.node(x),
      "node: the value 1.5 (node 1) is not on the tape: it is from before a "
      "clear() or rewind(), or of another tape or thread; make it again with variable(), go on "
      "with its own tape (activate()), or use its value() as a constant",
      StaleValueError);
}

TEST_CASE("value(index) is the Value that was recorded, good for as long as that") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value again = tape.value(x.node());
  const Value y = again * x;
  tape.backward(tape.value(y.node()));
  CHECK(x.grad() == 6);
  CHECK_THROWS_AS(tape.value(0), ArgumentError);
  CHECK_THROWS_AS(tape.value(3), ArgumentError);
  {
    Mark mark = tape.mark();
    const Value inner = x * 2;
    const Value same = tape.value(inner.node());
    CHECK(tape.holds(same));
    tape.rewind(mark);
    CHECK(!tape.holds(same));
    CHECK(tape.holds(again));
    x * 4;
    CHECK(tape.value(3).epoch() == (x * 5).epoch());
  }
  CHECK(tape.holds(again));
  tape.clear();
  CHECK(!tape.holds(again));
}
