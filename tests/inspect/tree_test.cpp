// The graph above a value: tree() as text, dot() for Graphviz.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/inspect/dump.hpp"

using namespace tapegrad;

namespace {

struct Twice : External {
  std::string_view name() const override { return "twice"; }
  void pull_back(std::span<const double>, std::span<const double> in,
                 std::span<double> out) const override {
    out[0] += 2 * in[0];
  }
};

// y = 2·tanh(w·x + b) + w
Value record_example(Tape& tape) {
  const Value w = tape.variable(-3, "w"), x = tape.variable(2, "x"), b = tape.variable(6.5);
  const Value pa = w * x + b;
  tape.name(pa, "pä");  // five letters' place in memory, two on the screen
  const Value y = tanh(pa) * 2 + w;
  tape.name(y, "y");
  return y;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a tree has values, adjoints and partials in columns, and draws a node once") {
  Tape tape;
  const Value y = record_example(tape);
  tape.backward(y);
  CHECK(tree(y) ==
        "                                value       adjoint       partial\n"
        "#8 y add                     -2.07577             1\n"
        "├─ #7 mul                    0.924234             1             1\n"
        "│  ├─ #6 tanh                0.462117             2             2\n"
        "│  │  └─ #5 pä add                0.5        1.5729      0.786448\n"
        "│  │     ├─ #4 mul                 -6        1.5729             1\n"
        "│  │     │  ├─ #1 w                -3       4.14579             2\n"
        "│  │     │  └─ #2 x                 2      -4.71869            -3\n"
        "│  │     └─ #3 variable           6.5        1.5729             1\n"
        "│  └─ constant                      2\n"
        "└─ #1 w (above)                    -3       4.14579             1\n");
}

TEST_CASE("a tree ends at its depth, and shows no adjoints before a sweep") {
  Tape tape;
  const Value y = record_example(tape);
  CHECK(tree(y, 2) ==
        "                          value       adjoint       partial\n"
        "#8 y add               -2.07577\n"
        "├─ #7 mul              0.924234                           1\n"
        "│  ├─ #6 tanh ...      0.462117                           2\n"
        "│  └─ constant                2\n"
        "└─ #1 w                      -3                           1\n");
  CHECK(tree(y, 0) ==
        "                     value       adjoint       partial\n"
        "#8 y add ...      -2.07577\n");
  CHECK(tree(tape.node(1), 0) ==
        "             value       adjoint       partial\n"
        "#1 w            -3\n");
}

TEST_CASE("what was cut at the depth is drawn where it comes again higher up") {
  Tape tape;
  const Value x = tape.variable(1, "x");
  const Value deep = exp(x);
  const Value y = sin(-deep) + deep;
  CHECK(tree(y, 3) ==
        "                            value       adjoint       partial\n"
        "#5 add                     2.3075\n"
        "├─ #4 sin               -0.410781                           1\n"
        "│  └─ #3 neg             -2.71828                   -0.911734\n"
        "│     └─ #2 exp ...       2.71828                          -1\n"
        "└─ #2 exp                 2.71828                           1\n"
        "   └─ #1 x                      1                     2.71828\n");
}

TEST_CASE("a tree says that only a callback knows a user's partials, and nan without a sign") {
  Tape tape;
  const Value x = tape.variable(-std::numeric_limits<double>::quiet_NaN(), "x");
  const Value y =
      tape.external(std::make_shared<Twice>(), std::vector{x, Value(5)}, std::vector{2.0})[0];
  CHECK(tree(y) ==
        "                       value       adjoint       partial\n"
        "#3 result                  2\n"
        "└─ #2 twice                                      unknown\n"
        "   ├─ #1 x               nan                     unknown\n"
        "   └─ constant             5\n");
}

TEST_CASE("a chain of a million nodes is drawn to any depth") {
  Tape tape;
  Value y = tape.variable(1, "x");
  for (int i = 0; i < 1'000'000; ++i) y = sqrt(y);
  const std::string text = tree(y, 2'000'000);
  CHECK(count(text, "\n") == 1'000'002);
  CHECK(text.find("(1000000) #1 x ") != std::string::npos);
  CHECK(count(dot(y, 2'000'000), " -> ") == 1'000'000);
}

TEST_CASE("dot draws operands before their node, leaves as boxes, partials on the edges") {
  Tape tape;
  const Value y = record_example(tape);
  tape.backward(y);
  CHECK(dot(y, 2) ==
        "digraph {\n"
        "  rankdir=LR;\n"
        "  node [shape=ellipse];\n"
        "  n8 [label=\"#8 y\\nadd\\n-2.07577\\nadjoint 1\"];\n"
        "  n7 -> n8 [label=\"1\"];\n"
        "  n1 -> n8 [label=\"1\"];\n"
        "  n7 [label=\"#7\\nmul\\n0.924234\\nadjoint 1\"];\n"
        "  n6 -> n7 [label=\"2\"];\n"
        "  c7_1 [label=\"2\", shape=plaintext];\n"
        "  c7_1 -> n7;\n"
        "  n6 [label=\"#6\\ntanh\\n0.462117\\nadjoint 2\"];\n"
        "  m6 [label=\"...\", shape=plaintext];\n"
        "  m6 -> n6 [style=dotted];\n"
        "  n1 [label=\"#1 w\\n-3\\nadjoint 4.14579\", shape=box];\n"
        "}\n");
}

TEST_CASE("dot paints red what is not finite, and takes any name") {
  Tape tape;
  const Value x = tape.variable(0, "a \"b\\\n");
  const Value y = log(x);
  tape.backward(y);
  CHECK(dot(y) ==
        "digraph {\n"
        "  rankdir=LR;\n"
        "  node [shape=ellipse];\n"
        "  n2 [label=\"#2\\nlog\\n-inf\\nadjoint 1\", color=red, fontcolor=red];\n"
        "  n1 -> n2 [label=\"inf\", color=red, fontcolor=red];\n"
        "  n1 [label=\"#1 a \\\"b\\\\\\\\n\\n0\\nadjoint inf\", shape=box, color=red, "
        "fontcolor=red];\n"
        "}\n");
}

TEST_CASE("Graphviz reads what dot writes" *
          doctest::skip(std::system("dot -V > /dev/null 2>&1") != 0)) {
  Tape tape;
  const Value y = record_example(tape);
  const Value z =
      y + tape.external(std::make_shared<Twice>(), std::vector{log(y)}, std::vector{1.0})[0];
  tape.name(z, "\"\\ name");
  const auto file = std::filesystem::temp_directory_path() / "tapegrad_tree_test.dot";
  std::ofstream(file) << dot(z);
  CHECK(std::system(("dot -Tsvg " + file.string() + " > /dev/null").c_str()) == 0);
  std::filesystem::remove(file);
}

TEST_CASE("a node that its tape has taken back is refused") {
  Tape tape;
  const Node y(record_example(tape));
  tape.clear();
  CHECK_THROWS_WITH_AS(
      tree(y),
      "tree: node 8 is not on its tape, which has 0 nodes; was it cleared or rewound since?",
      ArgumentError);
  CHECK_THROWS_AS(dot(y), ArgumentError);
}
