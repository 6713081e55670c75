// No stale value goes unnoticed: epochs, and the counter that they come from.

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <thread>

#include "core/registry.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

std::uint32_t number(Epoch epoch) { return static_cast<std::uint32_t>(epoch); }
std::uint32_t epoch_of(Tape& tape) { return number(tape.variable(0).epoch()); }
std::uint32_t block_of(Tape& tape) { return epoch_of(tape) / TapeRegistry::epochs_per_block; }

// The thread's next epochs are the first ones of this block, unless somebody holds it.
void start_at(std::uint32_t block) { TapeRegistry::set_next_epoch_block(block); }

// Uses up the epochs of the thread's block.
void spend_block(Tape& tape) {
  for (std::uint32_t k = 0; k < TapeRegistry::epochs_per_block; ++k) tape.clear();
}

}  // namespace

TEST_CASE("values of before a clear are stale, though their nodes' indices are used again") {
  Tape tape;
  const Value old = tape.variable(2);
  tape.clear();
  const Value x = tape.variable(3);
  CHECK(old.node() == x.node());
  CHECK(!tape.holds(old));
  CHECK_THROWS_AS(old * x, StaleValueError);
  tape.backward(x * x);
  CHECK_THROWS_AS(old.grad(), StaleValueError);
  CHECK_THROWS_AS(tape.adjoint(old), StaleValueError);
  CHECK_THROWS_AS(tape.backward(old), StaleValueError);
  CHECK_THROWS_AS(tape.name(old, "old"), StaleValueError);
}

TEST_CASE("no two tapes, clears, marks or rewinds have the same epoch") {
  std::set<std::uint32_t> seen;
  std::size_t taken = 0;
  const auto take = [&](Tape& tape) {
    seen.insert(epoch_of(tape));
    ++taken;
  };
  for (int k = 0; k < 300; ++k) {
    Tape tape;
    take(tape);
    Tape other(Tape::inactive);
    take(other);
    tape.clear();
    take(tape);
    Mark mark = tape.mark();
    take(tape);
    tape.rewind(mark);
    take(tape);
  }
  CHECK(seen.size() == taken);
  CHECK(!seen.contains(0));
}

TEST_CASE("the counter of epochs wraps around past the constants' and no_recording's") {
  start_at(TapeRegistry::last_epoch_block);
  Tape tape;
  CHECK(block_of(tape) == TapeRegistry::last_epoch_block);
  std::uint32_t before = epoch_of(tape);
  bool wrapped = false;
  for (std::uint32_t k = 0; k < 2 * TapeRegistry::epochs_per_block; ++k) {
    const Value old = tape.variable(0);
    tape.clear();
    const std::uint32_t now = epoch_of(tape);
    if (now < before) {
      wrapped = true;
      CHECK(now == TapeRegistry::epochs_per_block);  // the first of block 1
    } else if (now != before + 1) {
      FAIL("epoch ", now, " follows ", before);
    }
    if (now == 0 || now == 0xFFFFFFFF || tape.holds(old)) FAIL("epoch ", now);
    before = now;
  }
  CHECK(wrapped);
}

TEST_CASE("after a wrap the blocks of live tapes are not handed out again") {
  start_at(5);
  Tape old;
  CHECK(block_of(old) == 5);
  const Value x = old.variable(2);
  start_at(7);
  Tape other(Tape::inactive);
  CHECK(block_of(other) == 7);

  start_at(4);  // as if the counter had come around
  Tape tape;
  CHECK(block_of(tape) == 4);
  spend_block(tape);
  CHECK(block_of(tape) == 6);
  CHECK_THROWS_AS(x * 2, StaleValueError);
  spend_block(tape);
  CHECK(block_of(tape) == 8);
}

TEST_CASE("after a wrap the blocks of other threads are not handed out again") {
  start_at(10);
  {
    Tape tape;
    CHECK(block_of(tape) == 10);
  }
  std::uint32_t elsewhere = 0;  // no tape holds block 10 any more, but this thread goes on in it
  std::thread([&] {
    start_at(10);  // the new thread holds no block yet
    Tape other;
    elsewhere = block_of(other);
  }).join();
  CHECK(elsewhere == 11);
}

TEST_CASE("a block that nobody holds any more is handed out again") {
  start_at(20);
  auto tape = std::make_unique<Tape>();
  CHECK(block_of(*tape) == 20);
  tape.reset();
  start_at(20);
  Tape again;
  CHECK(block_of(again) == 20);
}

TEST_CASE("clear gives up the blocks of before, up to the one that was left last") {
  start_at(30);
  Tape tape;
  spend_block(tape);
  spend_block(tape);
  spend_block(tape);
  CHECK(block_of(tape) == 33);
  start_at(30);
  Tape other;
  CHECK(block_of(other) == 30);
}

TEST_CASE("a mark's epochs of before a hundred thousand rewinds are given up, the open ones kept") {
  start_at(100);
  Tape tape;
  const Value before = tape.variable(1);
  {
    Mark mark = tape.mark();
    for (int k = 0; k < 100'000; ++k) tape.rewind(mark);
    CHECK(block_of(tape) == 100 + 100'002 / TapeRegistry::epochs_per_block);
    start_at(100);
    Tape other;
    CHECK(block_of(other) == 101);  // 100 is that of `before`
    start_at(124);
    Tape another;
    CHECK(block_of(another) == 125);  // 124 is that of the open segment
  }
  CHECK(tape.holds(before));
}
