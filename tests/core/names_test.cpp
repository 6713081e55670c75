#include "tapegrad/core/names.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

// The nodes of a call: a0, a1, ...
std::shared_ptr<const NameScheme> numbered(const char* prefix, std::size_t size) {
  const NameGrid grid{.text = std::string(prefix) + "%j", .j = {.count = size, .start = 0}};
  return std::make_shared<NameScheme>(size, std::vector{grid});
}

void record(Tape& tape, std::size_t nodes) {
  for (std::size_t k = 0; k < nodes; ++k) tape.variable(0);
}

}  // namespace

TEST_CASE("a node is found by its name, which can be changed and taken away") {
  Tape tape;
  const Value x = tape.variable(1, "x");
  const Value y = x + 1;
  tape.name(y, "y");
  CHECK(tape.node(x).name() == "x");
  CHECK(tape.name(2) == "y");
  REQUIRE(tape.find("y").has_value());
  CHECK(tape.find("y")->index() == 2);
  tape.name(y, "z");
  CHECK(!tape.find("y").has_value());
  CHECK(tape.name(2) == "z");
  tape.name(y, "");
  CHECK(tape.name(2) == "");
  CHECK(!tape.find("z").has_value());
  CHECK(!tape.find("").has_value());
}

TEST_CASE("of several nodes of one name the last is found") {
  Tape tape;
  tape.variable(1, "x");
  tape.variable(2, "x");
  CHECK(tape.find("x")->value() == 2);
  record(tape, 3);
  tape.name_range(3, numbered("x", 3));
  tape.name(tape.variable(7), "x1");
  CHECK(tape.find("x1")->value() == 7);
  CHECK(tape.find("x2")->index() == 5);
}

TEST_CASE("a scheme names its range and no more, and a node's own name goes before it") {
  Tape tape;
  record(tape, 4);
  const Value last = tape.variable(0);
  tape.name_range(2, numbered("a", 3));
  CHECK(tape.name(1) == "");
  CHECK(tape.name(2) == "a0");
  CHECK(tape.name(4) == "a2");
  CHECK(tape.name(5) == "");
  tape.name_range(5, numbered("b", 1));
  tape.name(last, "own");
  CHECK(tape.name(5) == "own");
  CHECK(!tape.find("b0").has_value());
}

TEST_CASE("a scheme's grids name by two numbers, the first that covers a node, or not at all") {
  const NameScheme scheme(
      9, {{.text = "r%i.c%j", .i = {2, 4}, .j = {.count = 2, .step = 2, .start = 5}},
          {.text = "100 %", .first = 1},
          {.text = "late", .first = 0, .j = {.count = 4}}});
  const char* const names[] = {"r1.c5", "100 %", "r1.c6", "late", "r2.c5", "", "r2.c6", "", ""};
  for (std::size_t k = 0; k < 9; ++k) CHECK(scheme.name(k) == names[k]);
  CHECK_THROWS_WITH_AS(NameScheme(1, {{.text = "a", .i = {.step = 0}}}),
                       "NameScheme: the names 'a' have a step of 0", ArgumentError);
}

TEST_CASE("names are given, changed and taken back in any order") {
  Tape tape;
  record(tape, 100);
  for (std::uint32_t node = 100; node > 0; --node)
    tape.name(Value(0, make_id(node, tape.variable(0).epoch())), "n" + std::to_string(node));
  for (std::size_t node = 1; node <= 100; ++node)
    CHECK(tape.name(node) == "n" + std::to_string(node));
  for (int k = 0; k < 3; ++k) {
    const Mark mark = tape.mark();
    tape.variable(0, "in a segment");
    CHECK(tape.find("in a segment").has_value());
  }
  CHECK(!tape.find("in a segment").has_value());
  CHECK(tape.name(100) == "n100");
}

TEST_CASE("of ranges that lie over each other the last that covers a node names it") {
  Tape tape;
  record(tape, 10);
  tape.name_range(1, numbered("outer", 10));
  tape.name_range(4, numbered("inner", 2));
  CHECK(tape.name(3) == "outer2");
  CHECK(tape.name(4) == "inner0");
  CHECK(tape.name(5) == "inner1");
  CHECK(tape.name(6) == "outer5");
  CHECK(tape.name(10) == "outer9");
  CHECK(!tape.find("outer3").has_value());
  tape.name_range(4, numbered("again", 1));
  CHECK(tape.name(4) == "again0");
  CHECK(tape.name(5) == "inner1");
}

TEST_CASE("a range that is named after a later one keeps the later one's names") {
  Tape tape;
  record(tape, 6);
  tape.name_range(3, numbered("late", 2));
  tape.name_range(1, numbered("early", 6));
  CHECK(tape.name(2) == "early1");
  CHECK(tape.name(4) == "late1");
  CHECK(tape.name(6) == "early5");
}

TEST_CASE("rewinding takes the names of what it discards, also the end of a range") {
  Tape tape;
  record(tape, 2);
  {
    Mark mark = tape.mark();
    record(tape, 3);
    tape.variable(0, "single");
    tape.name_range(1, numbered("a", 5));
    CHECK(tape.name(5) == "a4");
  }
  record(tape, 4);
  CHECK(tape.name(1) == "a0");
  CHECK(tape.name(2) == "a1");
  for (std::size_t node = 3; node <= 6; ++node) {
    CAPTURE(node);
    CHECK(tape.name(node) == "");
  }
  CHECK(!tape.find("a3").has_value());
  CHECK(!tape.find("single").has_value());
}

TEST_CASE("rewinding lets go of the scheme of a range that begins at the mark") {
  Tape tape;
  record(tape, 2);
  Mark mark = tape.mark();
  record(tape, 3);
  std::shared_ptr<const NameScheme> scheme = numbered("a", 3);
  const std::weak_ptr<const NameScheme> kept = scheme;
  tape.name_range(3, std::move(scheme));
  CHECK(!kept.expired());
  tape.rewind(mark);
  CHECK(kept.expired());
}

TEST_CASE("names for nodes that are not there, or for a constant, are refused") {
  Tape tape;
  record(tape, 2);
  CHECK_THROWS_WITH_AS(tape.name_range(1, numbered("a", 3)),
                       "name_range: 3 names from node 1 on, but the tape has the nodes 1 to 2",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(tape.name_range(0, numbered("a", 1)),
                       "name_range: 1 names from node 0 on, but the tape has the nodes 1 to 2",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(tape.name_range(1, nullptr), "name_range: no scheme was given",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(tape.name(3.5, "c"), "node: the value 3.5 is a constant and has no node",
                       UnsupportedError);
  CHECK(tape.name(1) == "");
}

TEST_CASE("in a text a name stays on its line, and is no order to a terminal") {
  Tape tape;
  tape.variable(0, "two\nlines");
  tape.variable(0, "\x1B[31mred\t\x7F");
  tape.variable(0,
                "\xC2\x9B"
                "31m");                                 // U+009B, a control character
  tape.variable(0, "\xFF \xC3 \xC0\x80 \xED\xA0\x80");  // no UTF-8: the last is half a character
  tape.variable(0, "∂L/∂w \\n ä 🙂");
  CHECK(label(tape.node(1)) == "#1 two\\nlines");
  CHECK(to_string(tape.node(1)) == "#1 two\\nlines = variable = 0");
  CHECK(label(tape.node(2)) == "#2 \\x1b[31mred\\x09\\x7f");
  CHECK(label(tape.node(3)) == "#3 \\xc2\\x9b31m");
  CHECK(label(tape.node(4)) == "#4 \\xff \\xc3 \\xc0\\x80 \\xed\\xa0\\x80");
  CHECK(label(tape.node(5)) == "#5 ∂L/∂w \\n ä 🙂");
  CHECK(tape.name(1) == "two\nlines");
}

TEST_CASE("names stay what they are while many others come and go") {
  Tape tape;
  const Value x = tape.variable(1, "x");
  const std::string first(100, 'a'), second(100, 'b');
  for (int k = 0; k < 1000; ++k) {
    const Mark mark = tape.mark();
    const Value a = x * 2.0, b = a * 2.0;
    tape.name(b, second);
    tape.name(a, first);
    CHECK(tape.name(a.node()) == first);
    CHECK(tape.name(b.node()) == second);
    tape.name(x, k % 2 == 0 ? first : second);
  }
  CHECK(tape.name(x.node()) == second);
  CHECK(tape.find(second)->index() == x.node());
}
