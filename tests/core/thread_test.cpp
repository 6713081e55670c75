// Tapes and threads: what is refused, and what may go wrong in the order of their ends.

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tapegrad/core.hpp"

using namespace tapegrad;

namespace {

// Runs `work` on a thread of its own, to its end.
template <class Work> void on_another_thread(Work work) { std::thread(work).join(); }

// The message of the Error that `work` throws; empty if it throws none. (doctest's assertions
// should stay on one thread.)
template <class Error, class Work> std::string message_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a tape that is active on one thread is refused by another") {
  Tape tape;
  const Value x = tape.variable(2);
  std::string variable, activate, operation;
  on_another_thread([&] {
    variable = message_of<UnsupportedError>([&] { tape.variable(1); });
    activate = message_of<UnsupportedError>([&] { const auto scope = tape.activate(); });
    operation = message_of<NoActiveTapeError>([&] { x* x; });
  });
  CHECK(variable ==
        "variable: the tape is active on another thread; give each thread a tape of its own");
  CHECK(activate ==
        "activate: the tape is active on another thread; give each thread a tape of its own");
  CHECK(operation != "");
  CHECK(tape.size() == 1);
}

TEST_CASE("a value used on a thread with another tape is stale there") {
  Tape tape;
  const Value x = tape.variable(2);
  tape.backward(x);
  bool operation_throws = false, grad_throws = false;
  double value = 0, adjoint = 0;
  on_another_thread([&] {
    Tape own;
    const Value y = own.variable(3);
    operation_throws = message_of<StaleValueError>([&] { x* y; }) != "";
    grad_throws = message_of<StaleValueError>([&] { x.grad(); }) != "";
    value = x.value();
    adjoint = tape.adjoint(x);
  });
  CHECK(operation_throws);
  CHECK(grad_throws);
  CHECK(value == 2);
  CHECK(adjoint == 1);
}

TEST_CASE("an inactive tape may wander from thread to thread, with its values") {
  Tape tape(Tape::inactive);
  Value x;
  on_another_thread([&] { x = tape.variable(2); });
  Value y;
  on_another_thread([&] {
    const auto scope = tape.activate();
    y = x * x;
  });
  const auto scope = tape.activate();
  tape.backward(y * x);
  CHECK(x.grad() == 12);
}

TEST_CASE("a tape whose thread has ended is free again, and can be destroyed elsewhere") {
  std::unique_ptr<Tape> tape;
  Value x;
  on_another_thread([&] {
    tape = std::make_unique<Tape>();
    x = tape->variable(3);
  });
  CHECK(!tape->is_active());
  {
    const auto scope = tape->activate();
    tape->backward(x * x);
    CHECK(x.grad() == 6);
  }
  tape.reset();
  CHECK(active_recording->tape() == nullptr);
}

TEST_CASE("an activation may outlive its thread, and its tape") {
  Tape tape(Tape::inactive);
  std::unique_ptr<ActiveScope> scope;
  on_another_thread([&] { scope = std::make_unique<ActiveScope>(tape); });
  CHECK(tape.variable(1).node() == 1);  // active nowhere
  const auto here = tape.activate();
  scope.reset();
  CHECK(tape.is_active());

  auto other = std::make_unique<Tape>(Tape::inactive);
  on_another_thread([&] { scope = std::make_unique<ActiveScope>(*other); });
  other.reset();
  scope.reset();
  CHECK(tape.is_active());
}

TEST_CASE("a tape destroyed while its thread runs leaves no dangling place there") {
  std::unique_ptr<Tape> below, top;
  std::binary_semaphore made(0), destroyed(0);
  bool nothing_active = false, lower_is_active = false;
  std::thread thread([&] {
    top = std::make_unique<Tape>();
    made.release();
    destroyed.acquire();
    nothing_active = active_recording->tape() == nullptr;

    below = std::make_unique<Tape>();
    top = std::make_unique<Tape>();
    made.release();
    destroyed.acquire();
    lower_is_active = below->is_active();
  });
  for (int k = 0; k < 2; ++k) {
    made.acquire();
    top.reset();
    destroyed.release();
  }
  thread.join();
  CHECK(nothing_active);
  CHECK(lower_is_active);
}

TEST_CASE("a thread may record on its newest tape while an older one is destroyed elsewhere") {
  for (int round = 0; round < 50; ++round) {
    std::unique_ptr<Tape> older;
    std::binary_semaphore made(0);
    double gradient = 0;
    std::thread thread([&] {
      older = std::make_unique<Tape>();
      Tape newest;
      const Value x = newest.variable(2);
      made.release();
      for (int k = 0; k < 200; ++k) {
        newest.backward(x * x);
        gradient = x.grad();
      }
    });
    made.acquire();
    older.reset();
    thread.join();
    CHECK(gradient == 4);
  }
}

TEST_CASE("thousands of tapes come and go on several threads at once") {
  constexpr int threads = 4, tapes_per_thread = 1500;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&wrong, t] {
      std::vector<std::unique_ptr<Tape>> kept;
      Value foreign;
      for (int k = 0; k < tapes_per_thread; ++k) {
        auto tape = std::make_unique<Tape>();
        const Value x = tape->variable(t + 2);
        tape->backward(x * x);
        if (x.grad() != 2 * (t + 2)) ++wrong;
        if (message_of<StaleValueError>([&] { x + foreign; }) == "" && k > 0) ++wrong;
        foreign = x;
        if (k % 3 == 0) tape->clear();
        if (k % 7 == 0) kept.push_back(std::move(tape));
        if (kept.size() > 20) kept.erase(kept.begin() + k % 20);
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a tape that is active on another thread can't be swept, marked or cleared") {
  Tape tape;
  const Value x = tape.variable(2);
  auto mark = tape.mark();
  const Value y = x * x;
  int refused = 0;
  std::thread([&] {
    const auto refuses = [&](auto what) {
      try {
        what();
      } catch (const UnsupportedError&) {
        ++refused;
      }
    };
    refuses([&] { tape.backward(y); });
    refuses([&] { tape.accumulate(y); });
    refuses([&] { const Mark inner = tape.mark(); });
    refuses([&] { tape.rewind(mark); });
    refuses([&] { tape.clear(); });
    refuses([&] { const auto scope = tape.activate(); });
  }).join();
  CHECK(refused == 6);
  CHECK(tape.size() == 2);
  tape.backward(y);
  CHECK(x.grad() == 4);
}
