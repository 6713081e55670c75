#include "tapegrad/inspect/dump.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/inspect/location.hpp"

using namespace tapegrad;

namespace {

using Indices = std::vector<std::size_t>;

struct Twice : External {
  std::string_view name() const override { return "twice"; }
  void pull_back(std::span<const double>, std::span<const double> in,
                 std::span<double> out) const override {
    out[0] += 2 * in[0];
  }
};

Value twice(Tape& tape, Value x) {
  return tape.external(std::make_shared<Twice>(), std::vector{x, Value(5)},
                       std::vector{2 * x.value()})[0];
}

// a = tanh(w·x + b), the neuron of the README.
Value record_neuron(Tape& tape) {
  const Value w = tape.variable(-3, "w"), x = tape.variable(2, "x"), b = tape.variable(6.5, "b");
  const Value a = tanh(w * x + b);
  tape.name(a, "a");
  return a;
}

}  // namespace

TEST_CASE("dump shows each node in a line, with the adjoint once there is one") {
  Tape tape;
  const Value a = record_neuron(tape);
  CHECK(dump(tape) ==
        "#1 w = variable = -3\n"
        "#2 x = variable = 2\n"
        "#3 b = variable = 6.5\n"
        "#4 mul(#1, #2) = -6\n"
        "#5 add(#4, #3) = 0.5\n"
        "#6 a = tanh(#5) = 0.462117\n");
  tape.backward(a);
  CHECK(dump(tape, 5, 6) ==
        "#5 add(#4, #3) = 0.5  adjoint 0.786448\n"
        "#6 a = tanh(#5) = 0.462117  adjoint 1\n");
  CHECK(dump(tape, 3, 3) == "#3 b = variable = 6.5  adjoint 0.786448\n");
}

TEST_CASE("dump says where a node was recorded, if the tape kept it") {
  Tape tape;
  const Value x = tape.variable(2, "x");
  tape.record_locations();
  const Value y = exp(x);
  tape.record_locations(false);
  const auto place = location(y);
  const std::string suffix = place ? "  at " + to_string(*place) : "";
  CHECK(dump(tape) == "#1 x = variable = 2\n#2 exp(#1) = 7.38906" + suffix + "\n");
}

TEST_CASE("dump of an empty tape is empty, and a range outside the tape is refused") {
  Tape tape;
  CHECK(dump(tape) == "");
  record_neuron(tape);
  CHECK_THROWS_WITH_AS(dump(tape, 0, 2),
                       "dump: nodes 0 to 2 of a tape of 6 nodes; indices count from 1, and the "
                       "first comes first",
                       ArgumentError);
  CHECK_THROWS_AS(dump(tape, 3, 2), ArgumentError);
  CHECK_THROWS_AS(dump(tape, 3, 7), ArgumentError);
}

TEST_CASE("overview of a tape that no sweep has run over") {
  Tape tape;
  CHECK(overview(tape) == "the tape is empty\n");
  record_neuron(tape);
  CHECK(overview(tape) == fmt::format("nodes: 6, 3 of them leaves, 4 named\n"
                                      "memory: 144 bytes used, {} held\n"
                                      "values: all finite\n"
                                      "adjoints: none, no sweep has run\n"
                                      "operations:\n"
                                      "         3   50.0 %  variable\n"
                                      "         1   16.7 %  add\n"
                                      "         1   16.7 %  mul\n"
                                      "         1   16.7 %  tanh\n",
                                      tape.memory_bytes()));
}

TEST_CASE("overview names the first value and the first adjoint that is not finite") {
  Tape::Options options;
  options.guards = true;
  Tape tape(options);
  const Value p = tape.variable(0, "p");
  CHECK(p < 1);
  const Value entropy = p * log(p);  // its partial to p is -∞ + 0·∞
  const Value doubled = twice(tape, p);
  tape.backward(entropy + doubled);
  const Value later = p + 1;
  CHECK(later.value() == 1);
  CHECK(overview(tape) ==
        fmt::format("nodes: 8, 1 of them leaves, 1 named\n"
                    "memory: {} bytes used, {} held\n"
                    "values: 3 not finite, first #3 log(#1) = -inf  adjoint 0\n"
                    "swept: the nodes 1 to 7\n"
                    "adjoints: 1 not finite, first #1 p = variable = 0  adjoint -inf\n"
                    "guards: 1, first #2 less(#1, 1) = 1  adjoint 0\n"
                    "user's operation: 1 twice\n"
                    "operations:\n",
                    tape.recording().used_bytes(), tape.memory_bytes()) +
            "         2   25.0 %  add\n"
            "         1   12.5 %  variable\n"
            "         1   12.5 %  external\n"
            "         1   12.5 %  result\n"
            "         1   12.5 %  mul\n"
            "         1   12.5 %  less\n"
            "         1   12.5 %  log\n");
}

TEST_CASE("overview's first adjoint is the first of the sweep, not the lowest index") {
  Tape tape;
  const Value x = tape.variable(0, "x");
  const Value y = sqrt(x * 1.0 + 0.0);
  tape.backward(y);
  CHECK(overview(tape).find("adjoints: 3 not finite, first #3 add(#2, 0) = 0  adjoint inf\n") !=
        std::string::npos);
}

TEST_CASE("users are the nodes with the node as operand, each once") {
  Tape tape;
  const Value x = tape.variable(2), y = tape.variable(3);
  const Value square = x * x;
  const Value all = sum(std::vector{y, x, square, x});
  const Value own = twice(tape, x);
  const Value last = 1 - y;
  CHECK(users(x) == Indices{square.node(), all.node(), own.node() - 1});
  CHECK(users(y) == Indices{all.node(), last.node()});
  CHECK(users(square) == Indices{all.node()});
  CHECK(users(last).empty());
  CHECK_THROWS_WITH_AS(
      users(Node(tape, 8)),
      "users: node 8 is not on its tape, which has 7 nodes; was it cleared or rewound since?",
      ArgumentError);
}

TEST_CASE("a tape of a million nodes is dumped whole") {
  Tape tape;
  Value y = tape.variable(1);
  for (int i = 1; i < 1'000'000; ++i) y = y + 1;
  const std::string text = dump(tape);
  CHECK(text.size() > 30'000'000);
  CHECK(text.ends_with("#1000000 add(#999999, 1) = 1e+06\n"));
  CHECK(overview(tape).starts_with("nodes: 1000000, 1 of them leaves, 0 named\n"));
}
