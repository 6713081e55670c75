// Many threads, long chains on small stacks, denormal numbers, rounding modes, floating-point
// traps.

#include <doctest/doctest.h>
#include <pthread.h>

#include <array>
#include <cfenv>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tapegrad/tapegrad.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace tapegrad;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif
#else
constexpr bool is_sanitized = false;
#endif

/// Runs the function on a thread with a stack of so many bytes: a recursion would end it.
void on_small_stack(std::size_t bytes, const std::function<void()>& function) {
  pthread_attr_t attributes;
  REQUIRE(pthread_attr_init(&attributes) == 0);
  REQUIRE(pthread_attr_setstacksize(&attributes, bytes) == 0);
  pthread_t thread;
  const auto start = [](void* f) -> void* {
    (*static_cast<const std::function<void()>*>(f))();
    return nullptr;
  };
  void* argument = const_cast<std::function<void()>*>(&function);
  REQUIRE(pthread_create(&thread, &attributes, start, argument) == 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

constexpr std::size_t small_stack = std::size_t{192} << 10;

Value chain(Value x, std::size_t nodes) {
  Value y = x;
  for (std::size_t i = 0; i < nodes; ++i) y = i % 2 == 0 ? y + x : sin(y);
  return y;
}

}  // namespace

TEST_CASE("64 threads, each with tapes of its own, disturb nobody") {
  const auto gradient_at = [](double at) {
    Tape outer;
    const Value x = outer.variable(at);
    const Value y = chain(x, 2000);
    double inner_gradient = 0;
    {
      Tape inner;
      const Value u = inner.variable(at / 2);
      inner.backward(chain(u, 100));
      inner_gradient = u.grad();
    }
    outer.backward(y);
    return x.grad() + inner_gradient;
  };
  constexpr std::size_t count = 64;
  std::array<double, count> expected{};
  std::array<bool, count> is_right{};
  for (std::size_t t = 0; t < count; ++t) expected[t] = gradient_at(0.01 * static_cast<double>(t));
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      bool right = true;
      for (int i = 0; i < 20; ++i) {
        const double at = 0.01 * static_cast<double>(t);
        right = right && gradient_at(at) == expected[t] &&
                gradient([](Value x) { return x * x; }, at).gradient[0] == 2 * at;
      }
      is_right[t] = right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 0; t < count; ++t) CHECK(is_right[t]);
}

TEST_CASE("ten million nodes in a chain need no stack: recording, sweeps, and taking back") {
  const std::size_t nodes = is_sanitized ? 1'000'000 : 10'000'000;
  on_small_stack(is_sanitized ? 8 * small_stack : small_stack, [&] {
    Tape tape;
    const Value x = tape.variable(0.5);
    const Value y = chain(x, nodes);
    tape.backward(y);
    CHECK(std::isfinite(x.grad()));
    std::array<double, 1> out{};
    tape.pull_back(std::array{y}, std::array{2.0}, std::array{x}, out);
    CHECK(out[0] == doctest::Approx(2 * x.grad()));
    tape.push_forward(std::array{x}, std::array{1.0}, std::array{y}, out);
    CHECK(out[0] == doctest::Approx(x.grad()));
    tape.clear();
    CHECK(tape.empty());
  });
}

// Skipped: 10 GB of memory. .ci/full asks for it.
TEST_CASE("300 million nodes are recorded and swept" * doctest::skip()) {
  constexpr std::size_t nodes = 300'000'000;
  Tape tape;
  const Value x = tape.variable(0.5);
  const Value y = chain(x, nodes);
  REQUIRE(tape.size() > nodes);
  tape.backward(y);

  double value = 0.5, tangent = 1;  // the same by hand
  for (std::size_t i = 0; i < nodes; ++i) {
    tangent = i % 2 == 0 ? tangent + 1 : std::cos(value) * tangent;
    value = i % 2 == 0 ? value + 0.5 : std::sin(value);
  }
  CHECK(y.value() == value);
  CHECK(x.grad() == doctest::Approx(tangent).epsilon(1e-9));
}

TEST_CASE("long chains need no stack either where they are looked at and compiled") {
  on_small_stack(is_sanitized ? 8 * small_stack : small_stack, [] {
    Tape tape;
    const Value x = tape.variable(0.5, "x");
    const Value y = chain(x, 100'000);
    tape.backward(y);
    const double expected = x.grad();
    const Node output = tape.node(y);
    CHECK(!tree(output).empty());
    CHECK(!graph_dot(output).empty());
    CHECK(find_anomalies(output).origins.empty());
    CHECK(explain(output, tape.node(x)).derivative == doctest::Approx(expected));
    Stepper stepper(output);
    stepper.finish();
    CHECK(stepper.adjoint(tape.node(x)) == expected);
    const Program program =
        optimise(differentiate(compile(tape, std::array{x}, std::array{y}, {.no_branches = true})))
            .program;
    CHECK(program.run(std::array{0.5})[1] == expected);
    const Replay replay(program);
    std::array<double, 2> results{};
    replay.run({.points = 1, .inputs = std::array{0.5}, .outputs = results});
    CHECK(results[1] == expected);
  });
}

TEST_CASE("denormal numbers go through unchanged, also where the processor makes zeros of them") {
  const double tiny = std::numeric_limits<double>::denorm_min();
  const auto gradient_of_scaling = [&] {
    Tape tape;
    const Value x = tape.variable(8 * tiny);
    tape.backward(x * 0.5, 4 * tiny);
    return std::array{(x * 0.5).value(), x.grad()};
  };
  CHECK(gradient_of_scaling() == std::array{4 * tiny, 2 * tiny});
#if defined(__x86_64__)
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);  // flush to zero, denormals are zero
  const std::array flushed = gradient_of_scaling();
  _mm_setcsr(before);
  CHECK(flushed == std::array{0.0, 0.0});  // as the user's own arithmetic has it
#endif
}

TEST_CASE("values round as the plain function does, whatever the rounding mode") {
  const auto f = [](const auto& a, const auto& b) { return (a * b + 0.1) / (a - 0.3); };
  for (const int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    CAPTURE(mode);
    std::fesetround(mode);
    volatile double a = 0.7;  // nothing is computed before the mode is set
    volatile double b = 1.1;
    const double expected = f(double{a}, double{b});
    Tape tape;
    const Value x = tape.variable(a);
    const Value result = f(x, tape.variable(b));
    tape.backward(result);
    const double gradient = x.grad();
    std::fesetround(FE_TONEAREST);
    CHECK(result.value() == expected);
    CHECK(std::isfinite(gradient));
  }
}

TEST_CASE(
    "recording raises the flags of the function's own arithmetic, sweeping those of partials") {
  std::feclearexcept(FE_ALL_EXCEPT);
  Tape tape;
  const Value x = tape.variable(2.0);
  const Value y = x * 3 + x * x - 1;  // exact
  CHECK(std::fetestexcept(FE_ALL_EXCEPT) == 0);
  tape.backward(y);
  CHECK(std::fetestexcept(FE_ALL_EXCEPT) == 0);
  CHECK(x.grad() == 7);

  // A zero adjoint hands nothing on, so no 0 · ∞ is computed, either.
  const Value infinite = sqrt(tape.variable(0.0));
  std::feclearexcept(FE_ALL_EXCEPT);
  tape.backward(y + 0 * infinite);
  CHECK(std::fetestexcept(FE_INVALID) == 0);
}

TEST_CASE("a quiet NaN that nobody computed raises nothing") {
  Tape tape;
  const Value x = tape.variable(std::numeric_limits<double>::quiet_NaN());
  const Value y = tape.variable(1.0);
  std::feclearexcept(FE_ALL_EXCEPT);
  const Value z = x * y + y;
  tape.backward(z);
  CHECK(std::fetestexcept(FE_INVALID) == 0);
  CHECK(std::isnan(y.grad()));
}
