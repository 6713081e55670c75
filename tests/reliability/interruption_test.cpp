// What breaks into the middle of a recording or sweep: an exception at each possible point, a limit
// at each node, signals, fork. What was recorded stays whole, and the next sweep is right.

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

struct Interruption : std::runtime_error {
  Interruption() : std::runtime_error("interrupted") {}
};

/// Throws at call number `at`, counted from 0.
class Countdown {
 public:
  explicit Countdown(std::size_t at) : left_(at) {}

  void operator()() {
    if (left_ == 0) has_thrown_ = true;
    if (left_-- == 0) throw Interruption();
  }
  bool has_thrown() const { return has_thrown_; }

 private:
  std::size_t left_;
  bool has_thrown_ = false;
};

/// Calls `body` with a Countdown for every point at which it can be interrupted, and `check` after
/// each. @return how many points there were
std::size_t interrupt_everywhere(const std::function<void(Countdown&)>& body,
                                 const std::function<void()>& check) {
  for (std::size_t at = 0;; ++at) {
    CAPTURE(at);
    Countdown countdown(at);
    try {
      body(countdown);
    } catch (const Interruption&) {
      REQUIRE(countdown.has_thrown());
    }
    check();
    if (!countdown.has_thrown()) return at;
  }
}

// The product of all operands, which can be told to throw.
class Product : public External {
 public:
  std::string_view name() const override { return "product"; }
  void pull_back(std::span<const double> operands, std::span<const double> result_adjoints,
                 std::span<double> operand_adjoints) const override {
    if (countdown != nullptr) (*countdown)();
    operand_adjoints[0] += result_adjoints[0] * operands[1];
    if (countdown != nullptr) (*countdown)();
    operand_adjoints[1] += result_adjoints[0] * operands[0];
  }

  mutable Countdown* countdown = nullptr;
};

struct Graph {
  std::shared_ptr<Product> operation = std::make_shared<Product>();
  Tape tape;
  Value x = tape.variable(0.5);
  Value y = tape.variable(1.5);
  Value z = make();

  Value make() {
    const std::array operands{exp(x), y};
    const Value first = tape.external(operation, operands, std::array{std::exp(0.5) * 1.5})[0];
    return sin(first) * x +
           tape.external(operation, std::array{first, x}, std::array{first.value() * 0.5})[0];
  }
  std::array<double, 2> gradient() {
    tape.backward(z);
    return {x.grad(), y.grad()};
  }
};

}  // namespace

TEST_CASE("a user's operation that throws while it is swept leaves the tape as it was") {
  Graph graph;
  const std::array expected = graph.gradient();
  const auto check = [&] {
    graph.operation->countdown = nullptr;
    REQUIRE(graph.gradient() == expected);
  };
  const auto sweeps = std::vector<std::function<void()>>{
      [&] { graph.tape.backward(graph.z); }, [&] { graph.tape.accumulate(graph.z); },
      [&] {
        std::array<double, 2> out{};
        graph.tape.pull_back(std::array{graph.z}, std::array{1.0}, std::array{graph.x, graph.y},
                             out);
      },
      [&] {
        std::array<double, 1> out{};
        graph.tape.push_forward(std::array{graph.x, graph.y}, std::array{1.0, 2.0},
                                std::array{graph.z}, out);
      },
      [&] {
        Stepper stepper(graph.tape.node(graph.z));
        stepper.finish();
      }};
  for (const auto& sweep : sweeps) {
    const std::size_t points = interrupt_everywhere(
        [&](Countdown& countdown) {
          graph.operation->countdown = &countdown;
          sweep();
        },
        check);
    CHECK(points >= 4);  // two calls, two points in each
  }
}

TEST_CASE("a hook that throws at any node of the sweep leaves the tape as it was") {
  Graph graph;
  const std::array expected = graph.gradient();
  const std::size_t points = interrupt_everywhere(
      [&](Countdown& countdown) {
        const Hook hook = on_sweep(graph.tape, [&](const Node&, double&) { countdown(); });
        graph.tape.backward(graph.z);
      },
      [&] { REQUIRE(graph.gradient() == expected); });
  CHECK(points > 4);
}

TEST_CASE("a hook that throws at any node of the recording leaves a tape that records on") {
  Tape tape;
  const Value x = tape.variable(0.5);
  const Value kept = x * x;
  const std::size_t points = interrupt_everywhere(
      [&](Countdown& countdown) {
        const Hook hook = on_record(tape, [&](const Node&) { countdown(); });
        const Value y = exp(x) / kept;
        const std::array terms{x, y, kept};
        static_cast<void>(log_sum_exp(terms));
      },
      [&] {
        tape.backward(kept);
        REQUIRE(x.grad() == 1);
        const Value more = kept * 3;
        tape.backward(more);
        REQUIRE(x.grad() == 3);
      });
  CHECK(points == 3);
}

TEST_CASE("a function that throws anywhere leaves nothing behind in gradient() and its like") {
  const std::array point{0.5, 1.5};
  const auto f = [](std::span<const Value> x, Countdown* countdown) {
    Value y = x[0];
    for (int i = 0; i < 5; ++i) {
      if (countdown != nullptr) (*countdown)();
      y = y * x[1] + sin(x[0]);
    }
    return y;
  };
  const auto plain = [&](std::span<const Value> x) { return f(x, nullptr); };
  const auto expected = gradient(plain, point).gradient;
  const Matrix expected_hessian = hessian(plain, point);
  const std::size_t points = interrupt_everywhere(
      [&](Countdown& countdown) {
        const auto breaking = [&](std::span<const Value> x) { return f(x, &countdown); };
        static_cast<void>(gradient(breaking, point));
        static_cast<void>(hessian(breaking, point));
        static_cast<void>(compile(breaking, point));
      },
      [&] {
        REQUIRE(gradient(plain, point).gradient == expected);
        REQUIRE(hessian(plain, point) == expected_hessian);
      });
  CHECK(points == 15);
}

TEST_CASE("a checkpointed step that throws is swept again, to the same adjoints") {
  Countdown* breaking = nullptr;
  Tape tape;
  const std::array state{tape.variable(0.5), tape.variable(0.25)};
  const std::vector<Value> end =
      checkpointed_loop(state, 12,
                        [&](std::span<const Value> s, std::size_t) {
                          if (breaking != nullptr) (*breaking)();
                          return std::vector<Value>{s[0] + 0.1 * s[1], s[1] - 0.1 * sin(s[0])};
                        },
                        {.memory_budget = 1200});
  const Value y = end[0] * end[1];
  const auto gradient = [&] {
    tape.backward(y);
    return std::array{state[0].grad(), state[1].grad()};
  };
  const std::array expected = gradient();
  const std::size_t points = interrupt_everywhere(
      [&](Countdown& countdown) {
        breaking = &countdown;
        tape.backward(y);
      },
      [&] {
        breaking = nullptr;
        REQUIRE(gradient() == expected);
      });
  CHECK(points > 12);
}

TEST_CASE("a limit at whichever node: what was recorded until then can be swept") {
  const auto record = [](Value x, std::vector<Value>& made) {
    const auto keep = [&](Value y) {
      made.push_back(y);
      return y;
    };
    const Value a = keep(x * x);
    const Value b = keep(exp(a));
    const Value c = keep(log_sum_exp(std::array{a, b, x}));
    static_cast<void>(keep(hypot(b, c) * c));
  };
  Tape whole;
  const Value start = whole.variable(0.5);
  std::vector<Value> all;
  record(start, all);
  for (std::size_t limit = 1; limit <= whole.size(); ++limit) {
    CAPTURE(limit);
    Tape tape(Tape::Options{.node_limit = limit});
    const Value x = tape.variable(0.5);
    std::vector<Value> made;
    bool is_full = false;
    try {
      record(x, made);
    } catch (const TapeFullError&) {
      is_full = true;
    }
    CHECK(is_full == (limit < whole.size()));
    CHECK(tape.size() == limit);
    for (std::size_t k = 0; k < made.size(); ++k) {
      tape.backward(made[k]);
      whole.backward(all[k]);
      CHECK(x.grad() == start.grad());
    }
  }
}

namespace {

std::atomic<int> signals = 0;

void count_signal(int) { signals.fetch_add(1); }

}  // namespace

TEST_CASE("signals during recording and sweeps change no number") {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = count_signal;
  REQUIRE(sigaction(SIGALRM, &action, &before) == 0);

  const auto gradient_of_chain = [] {
    Tape tape;
    const Value x = tape.variable(0.5);
    Value y = x;
    for (int i = 0; i < 200'000; ++i) y = sin(y) * 0.99 + x;
    tape.backward(y);
    return x.grad();
  };
  const double expected = gradient_of_chain();
  const itimerval often{{0, 100}, {0, 100}};  // microseconds
  setitimer(ITIMER_REAL, &often, nullptr);
  for (int i = 0; i < 5; ++i) CHECK(gradient_of_chain() == expected);
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  CHECK(signals > 10);
}

TEST_CASE("a forked process goes on with the tape, and its parent does, too") {
  Graph graph;
  const std::array expected = graph.gradient();
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const Value more = graph.z * 2;
    graph.tape.backward(more);
    const bool is_right = graph.x.grad() == 2 * expected[0] && graph.y.grad() == 2 * expected[1] &&
                          gradient([](Value x) { return x * x; }, 3.0).gradient[0] == 6;
    _exit(is_right ? 0 : 1);
  }
  CHECK(graph.gradient() == expected);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
