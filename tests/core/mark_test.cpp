// Segments of a recording that can be taken back: mark, rewind, commit.

#include <doctest/doctest.h>

#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

struct Copy : External {
  std::string_view name() const override { return "copy"; }
  void pull_back(std::span<const double>, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    operand_adjoints[0] += result_adjoints[0];
  }
};

// A mark that can be ended by hand.
std::unique_ptr<Mark> mark_of(Tape& tape) { return std::unique_ptr<Mark>(new Mark(tape.mark())); }

double gradient(Tape& tape, Value y, Value x) {
  tape.backward(y);
  return x.grad();
}

}  // namespace

TEST_CASE("a mark takes back what was recorded while it lived, and nothing else") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value before = x * x;
  Value inside;
  {
    const Mark mark = tape.mark();
    inside = before * x;
    CHECK(gradient(tape, inside, x) == 27);
  }
  CHECK(tape.size() == 2);
  CHECK(tape.holds(before));
  CHECK(!tape.holds(inside));
  CHECK_THROWS_AS(inside + 1, StaleValueError);
  const Value after = before + x;
  CHECK(after.node() == inside.node());
  CHECK_THROWS_AS(inside + after, StaleValueError);
  CHECK(gradient(tape, after, x) == 7);
}

TEST_CASE("commit keeps the segment's nodes and values") {
  Tape tape;
  const Value x = tape.variable(3);
  Value inside;
  {
    Mark mark = tape.mark();
    inside = x * x;
    mark.commit();
    CHECK(tape.holds(inside));
    CHECK_THROWS_WITH_AS(mark.commit(),
                         "commit: the mark's segment has ended: it was committed, its tape was "
                         "cleared or destroyed, or an outer mark was rewound",
                         UnsupportedError);
  }
  CHECK(tape.size() == 2);
  CHECK(gradient(tape, inside * x, x) == 27);
}

TEST_CASE("rewind empties the segment, makes its values stale, and leaves it open") {
  Tape tape;
  const Value x = tape.variable(3);
  Mark mark = tape.mark();
  Value last;
  for (int k = 0; k < 5; ++k) {
    const Value y = x * k;
    CHECK(y.node() == 2);
    CHECK(gradient(tape, y, x) == k);
    if (k > 0) CHECK_THROWS_AS(last + y, StaleValueError);
    last = y;
    tape.rewind(mark);
    CHECK(tape.size() == 1);
  }
}

TEST_CASE("a hundred thousand rewinds take no memory and stay quick") {
  Tape tape;
  const Value x = tape.variable(3);
  Mark mark = tape.mark();
  x* x;
  const std::size_t bytes = tape.memory_bytes();
  for (int k = 0; k < 100'000; ++k) {
    tape.rewind(mark);
    x* x;
  }
  CHECK(tape.size() == 2);
  CHECK(tape.memory_bytes() == bytes);
}

TEST_CASE("values of every level are good in the innermost of five nested segments") {
  Tape tape;
  std::vector<Value> x = {tape.variable(1)};
  std::vector<std::unique_ptr<Mark>> marks;
  for (int level = 1; level <= 5; ++level) {
    marks.push_back(mark_of(tape));
    x.push_back(x.back() * 2 + tape.variable(level));
  }
  for (std::size_t a = 0; a < x.size(); ++a) {
    for (std::size_t b = 0; b < x.size(); ++b) {
      CAPTURE(a);
      CAPTURE(b);
      CHECK((x[a] * x[b]).value() == x[a].value() * x[b].value());
      CHECK(fma(x[a], x[b], 1).value() == x[a].value() * x[b].value() + 1);
    }
  }
  const Value y = std::accumulate(x.begin(), x.end(), Value(0));
  CHECK(gradient(tape, y, x[0]) == 1 + 2 + 4 + 8 + 16 + 32);
  while (!marks.empty()) {
    marks.pop_back();
    CHECK(tape.holds(x[marks.size()]));
    CHECK(!tape.holds(x[marks.size() + 1]));
  }
  CHECK(tape.size() == 1);
}

TEST_CASE("what was committed into an outer segment goes with it") {
  Tape tape;
  const Value x = tape.variable(2);
  Mark outer = tape.mark();
  const Value a = x * x;
  Value b;
  {
    Mark inner = tape.mark();
    b = a * x;
    inner.commit();
  }
  CHECK(gradient(tape, b + a, x) == 12 + 4);
  tape.rewind(outer);
  CHECK(!tape.holds(a));
  CHECK(!tape.holds(b));
  CHECK(tape.holds(x));
  CHECK(tape.size() == 1);
}

TEST_CASE("a segment between two commits keeps values of both sides good") {
  Tape tape;
  std::vector<Value> kept = {tape.variable(1)};
  Tape other(Tape::inactive);
  for (int k = 0; k < 20; ++k) {
    Mark mark = tape.mark();
    if (k % 3 == 0) other.clear();  // its epoch comes between
    kept.push_back(kept.back() + k);
    if (k % 4 == 3) {
      kept.pop_back();
    } else {
      mark.commit();
    }
  }
  for (const Value x : kept) CHECK(tape.holds(x));
  CHECK(gradient(tape, std::accumulate(kept.begin(), kept.end(), Value(0)), kept[0]) ==
        static_cast<double>(kept.size()));
}

TEST_CASE("rewinding to an outer mark, and ending it, ends the inner ones") {
  Tape tape;
  const Value x = tape.variable(2);
  auto outer = mark_of(tape);
  const Value a = x * x;
  auto middle = mark_of(tape);
  auto inner = mark_of(tape);
  const Value b = a * x;
  tape.rewind(*outer);
  CHECK(!tape.holds(a));
  CHECK(!tape.holds(b));
  const char* const ended =
      "rewind: the mark's segment has ended: it was committed, the tape was cleared, or an outer "
      "mark was rewound";
  CHECK_THROWS_WITH_AS(tape.rewind(*inner), ended, UnsupportedError);
  CHECK_THROWS_WITH_AS(tape.rewind(*middle), ended, UnsupportedError);
  const Value c = x + 1;
  inner.reset();
  middle.reset();
  CHECK(tape.holds(c));
  middle = mark_of(tape);
  const Value d = c + 1;
  outer.reset();
  CHECK(!tape.holds(c));
  CHECK(!tape.holds(d));
  const Value e = x + 1;
  middle.reset();  // ended with the outer one
  CHECK(tape.holds(e));
}

TEST_CASE("committing an outer mark commits the inner ones") {
  Tape tape;
  const Value x = tape.variable(2);
  auto outer = mark_of(tape);
  const Value a = x * x;
  auto inner = mark_of(tape);
  const Value b = a * x;
  outer->commit();
  inner.reset();
  CHECK(tape.size() == 3);
  CHECK(gradient(tape, a + b, x) == 16);
}

TEST_CASE("clear ends all marks, and they may be destroyed later") {
  Tape tape;
  auto outer = mark_of(tape), inner = mark_of(tape);
  tape.variable(1);
  tape.clear();
  const Value x = tape.variable(2);
  CHECK_THROWS_AS(inner->commit(), UnsupportedError);
  CHECK_THROWS_AS(tape.rewind(*outer), UnsupportedError);
  outer.reset();
  inner.reset();
  CHECK(tape.holds(x));
  CHECK(tape.size() == 1);
}

TEST_CASE("a mark may outlive its tape") {
  std::optional<Tape> tape(std::in_place);
  const auto outer = mark_of(*tape);
  tape->variable(1);
  const auto inner = mark_of(*tape);
  tape.reset();
  CHECK_THROWS_AS(inner->commit(), UnsupportedError);
  Tape other;
  CHECK_THROWS_AS(other.rewind(*outer), UnsupportedError);
}

TEST_CASE("another tape's mark is refused") {
  Tape tape, other;
  Mark mark = tape.mark();
  CHECK_THROWS_WITH_AS(other.rewind(mark), "rewind: the mark belongs to another tape",
                       UnsupportedError);
  tape.rewind(mark);
}

TEST_CASE("rewinding drops adjoints, guards, user operations and side operands") {
  Tape tape({.guards = true});
  const Value x = tape.variable(2);
  const Value y = x * x;
  CHECK(y > x);
  const auto copy = std::make_shared<Copy>();
  const std::vector<double> two = {2};
  tape.external(copy, std::span(&x, 1), two);
  const std::size_t size = tape.size(), side = tape.recording().side_size();
  Value z;
  {
    const Mark mark = tape.mark();
    CHECK(y > 1);
    const std::vector<Value> many = {x, y, 1, x};
    z = sum(many) + tape.external(copy, std::span(&y, 1), two)[0];
    CHECK(gradient(tape, z, x) == 2 + 4 + 4);
    CHECK(copy.use_count() == 3);
  }
  CHECK(tape.size() == size);
  CHECK(tape.recording().side_size() == side);
  CHECK(tape.guards().size() == 1);
  CHECK(copy.use_count() == 2);
  CHECK(x.grad() == 10);  // of the sweep that covered it
  CHECK(y.grad() == 2);
  CHECK_THROWS_AS(z.grad(), StaleValueError);
  const Value later = y + 1;
  CHECK_THROWS_AS(later.grad(), NoAdjointError);
  CHECK(gradient(tape, later, x) == 4);
}

TEST_CASE("values of many segments that were kept are good, and found quickly") {
  Tape tape;
  std::vector<Value> y{tape.variable(1)};
  Value stale;
  for (int k = 0; k < 100'000; ++k) {  // minutes if each looked at those before
    Mark mark = tape.mark();
    stale = y.back() * 2.0;
    tape.rewind(mark);
    y.push_back(y.back() + 1.0);
    mark.commit();
  }
  CHECK(!tape.holds(stale));
  Value total = 0.0;
  for (const Value& one : y) {
    CHECK(tape.holds(one));
    total += one;
  }
  CHECK(gradient(tape, total, y.front()) == 100'001);
}

TEST_CASE("a mark that ends while the tape is swept keeps what was recorded") {
  struct Ends : External {
    explicit Ends(std::unique_ptr<Mark>& it) : mark(it) {}
    std::string_view name() const override { return "ends"; }
    void pull_back(std::span<const double>, std::span<const double> in,
                   std::span<double> out) const override {
      mark.reset();
      out[0] = 2 * in[0];
    }
    std::unique_ptr<Mark>& mark;
  };
  Tape tape;
  const Value x = tape.variable(1);
  std::unique_ptr<Mark> mark(new Mark(tape.mark()));
  const auto ends = std::make_shared<Ends>(mark);
  const Value a = tape.external(ends, std::vector{x}, std::vector{2.0})[0];
  const Value b = tape.external(ends, std::vector{a}, std::vector{4.0})[0];
  CHECK(gradient(tape, b, x) == 4);
  CHECK(mark == nullptr);
  CHECK(tape.holds(b));
  CHECK(gradient(tape, b * x, x) == 8);
}

TEST_CASE("a million commits stay cheap") {
  Tape tape;
  const Value x = tape.variable(1);
  Value y = x;
  for (int k = 0; k < 1'000'000; ++k) {  // hours if each looked at those before
    Mark mark = tape.mark();
    if (k % 100 == 0) y = y + x;
    mark.commit();
  }
  CHECK(gradient(tape, y, x) == 10'001);
}
