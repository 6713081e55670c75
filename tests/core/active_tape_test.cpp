// Which tape an operation is recorded on, and what holds when tapes come and go in any order.

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

const Tape* active() { return active_recording->tape(); }

constexpr const char* no_tape =
    "mul: no tape is active on this thread, and the value 2 (node 1) is not a constant; "
    "activate() the tape it was recorded on; if that is gone or another thread's, make a Tape and "
    "the value again with variable(), or use its value() as a constant";

constexpr const char* not_this_tape =
    "mul: the value 2 (node 1) is not on the tape: it is from before a clear() or "
    "rewind(), or of another tape or thread; make it again with variable(), go on with its own "
    "tape (activate()), or use its value() as a constant";

}  // namespace

TEST_CASE("tapes nest like a stack") {
  CHECK(active() == nullptr);
  {
    Tape outer;
    CHECK(outer.is_active());
    {
      Tape inner;
      CHECK(inner.is_active());
      CHECK(!outer.is_active());
      const Value x = inner.variable(2);
      CHECK((x * x).node() == 2);
      CHECK(inner.size() == 2);
      CHECK(outer.empty());
    }
    CHECK(outer.is_active());
  }
  CHECK(active() == nullptr);
}

TEST_CASE("tapes destroyed in every order leave the newest that lives active") {
  constexpr std::array<std::array<std::size_t, 3>, 6> orders = {
      {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}};
  for (const auto& order : orders) {
    std::array<std::unique_ptr<Tape>, 3> tapes;
    for (auto& tape : tapes) tape = std::make_unique<Tape>();
    for (const std::size_t k : order) {
      CAPTURE(k);
      tapes[k].reset();
      const Tape* newest = nullptr;
      for (const auto& tape : tapes)
        if (tape != nullptr) newest = tape.get();
      CHECK(active() == newest);
    }
  }
}

TEST_CASE("an inactive tape records only within its activation") {
  Tape tape(Tape::inactive);
  CHECK(!tape.is_active());
  CHECK(active() == nullptr);
  const Value x = tape.variable(2);  // leaves may be made before
  CHECK_THROWS_WITH_AS(x * x, no_tape, NoActiveTapeError);
  {
    const auto scope = tape.activate();
    CHECK(tape.is_active());
    const Value y = x * x;
    tape.backward(y);
    CHECK(x.grad() == 4);
  }
  CHECK(!tape.is_active());
  CHECK_THROWS_AS(x * x, NoActiveTapeError);
  CHECK(tape.adjoint(x) == 4);
}

TEST_CASE("a tape may be active several times, and stays so until the last activation ends") {
  Tape tape(Tape::inactive);
  Tape other;
  auto first = std::make_unique<ActiveScope>(tape);
  auto second = std::make_unique<ActiveScope>(tape);
  CHECK(tape.is_active());
  first.reset();
  CHECK(tape.is_active());
  second.reset();
  CHECK(other.is_active());
  {
    const auto again = other.activate();
    const auto between = tape.activate();
    const auto top = other.activate();
    CHECK(other.is_active());
  }
  CHECK(other.is_active());
}

TEST_CASE("activations may end in any order") {
  Tape a(Tape::inactive), b(Tape::inactive);
  auto first = std::make_unique<ActiveScope>(a);
  auto second = std::make_unique<ActiveScope>(b);
  first.reset();
  CHECK(b.is_active());
  auto third = std::make_unique<ActiveScope>(a);
  second.reset();
  CHECK(a.is_active());
  third.reset();
  CHECK(active() == nullptr);
}

TEST_CASE("a tape destroyed while activations live leaves the one below active") {
  Tape below;
  std::optional<Tape> tape(std::in_place, Tape::inactive);
  {
    const auto first = tape->activate();
    const auto again = below.activate();
    const auto second = tape->activate();
    CHECK(tape->is_active());
    tape.reset();
    CHECK(below.is_active());
  }
  CHECK(below.is_active());
}

TEST_CASE("a value of another tape is refused, whichever side it is on") {
  Tape a;
  const Value x = a.variable(2);
  Tape b;
  const Value y = b.variable(2);
  CHECK_THROWS_WITH_AS(x * y, not_this_tape, StaleValueError);
  CHECK_THROWS_WITH_AS(y * x, not_this_tape, StaleValueError);
  CHECK_THROWS_WITH_AS(x * 3, not_this_tape, StaleValueError);
  CHECK_THROWS_WITH_AS(3 * x, not_this_tape, StaleValueError);
  CHECK_THROWS_AS(-x, StaleValueError);
  CHECK_THROWS_AS(fma(y, x, 1), StaleValueError);
  const std::vector<Value> both = {y, x};
  CHECK_THROWS_AS(sum(both), StaleValueError);
  CHECK(b.size() == 1);
  CHECK(a.size() == 1);
}

TEST_CASE("grad looks on all tapes that are active on the thread") {
  Tape outer;
  const Value x = outer.variable(2);
  outer.backward(x * x);
  Tape inner;
  const Value z = inner.variable(3);
  inner.backward(z * z * z);
  CHECK(x.grad() == 4);
  CHECK(z.grad() == 27);
}

TEST_CASE("a value outlives its tape: its value stays readable, all else throws") {
  Value x, y;
  {
    Tape tape;
    x = tape.variable(2);
    y = x * x;
    tape.backward(y);
  }
  CHECK(x.value() == 2);
  CHECK(y.value() == 4);
  CHECK(y > x);
  CHECK_THROWS_WITH_AS(x * x, no_tape, NoActiveTapeError);
  const char* const gone =
      "grad: no tape that is active on this thread holds the value 2 (node 1): its tape is "
      "gone, was cleared or rewound, or belongs to another thread (ask it: tape.adjoint(x))";
  CHECK_THROWS_WITH_AS(x.grad(), gone, StaleValueError);
  Tape tape;
  CHECK_THROWS_WITH_AS(x * x, not_this_tape, StaleValueError);
  CHECK_THROWS_WITH_AS(x.grad(), gone, StaleValueError);
  CHECK_THROWS_AS(tape.adjoint(x), StaleValueError);
  CHECK_THROWS_AS(tape.backward(y), StaleValueError);
}

TEST_CASE("a constant has no gradient, with a tape and without") {
  const char* const constant =
      "grad: the value 2.5 is a constant and has no adjoint; make it with variable()";
  CHECK_THROWS_WITH_AS(Value(2.5).grad(), constant, NoAdjointError);
  Tape tape;
  CHECK_THROWS_WITH_AS(Value(2.5).grad(), constant, NoAdjointError);
}
