// What does it cost to make a Program ready to run: to record, to compile, to differentiate, to
// optimise and to plan it, in time and in memory?
//
//   meson test -C build/release --benchmark --verbose compile
//   build/release/tests/bench/compile_bench [--limit=N]
//
// The kernels, and a made-up function whose derivative has 10⁴ instructions and more, up to N: 10⁷
// unless given. Times are the shortest of several, in ns for each instruction of the derivative as
// differentiate() leaves it, which is what the passes read. Bytes are the most that were allocated
// at once, beside the tape, for each of these instructions.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "allocated.hpp"
#include "kernels.hpp"
#include "processor_time.hpp"
#include "straight_line.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"
#include "tapegrad/program/replay.hpp"

using namespace tapegrad;
using namespace tapegrad::bench;

namespace {

// Seconds.
struct Times {
  double record = INFINITY, compile = INFINITY, differentiate = INFINITY, passes = INFINITY;
  double replay = INFINITY;  // passes and plan

  double plan() const { return replay - passes; }
  double all() const { return record + compile + differentiate + replay; }
};

// Of instructions.
struct Counts {
  std::size_t recorded = 0, differentiated = 0, optimised = 0;
};

struct Measured {
  Times least;
  Counts counts;
  std::size_t most_bytes = 0;
};

// All steps, once.
template <class F> void measure_once(const F& f, const std::vector<double>& x, Measured& measured) {
  const auto keep_least = [](double& least, double start) {
    least = std::min(least, processor_time() - start);
  };
  Times& least = measured.least;
  double start = processor_time();
  Tape tape(Tape::inactive, {.guards = true});
  const ActiveScope active = tape.activate();
  const std::vector<Value> inputs = tape.variables(x);
  const Value output = f(std::span<const Value>(inputs));
  keep_least(least.record, start);

  const AllocatedPeak peak;
  start = processor_time();
  const Program function = compile(tape, inputs, std::span(&output, 1));
  keep_least(least.compile, start);

  start = processor_time();
  const Program derivative = differentiate(function);
  keep_least(least.differentiate, start);

  start = processor_time();
  const std::size_t optimised = optimise(derivative).program.instructions().size();
  keep_least(least.passes, start);

  start = processor_time();
  const Replay replay(derivative);
  keep_least(least.replay, start);

  measured.most_bytes = peak.bytes();
  measured.counts = {.recorded = function.instructions().size(),
                     .differentiated = derivative.instructions().size(),
                     .optimised = optimised};
}

void print_title() {
  fmt::print("{:41} {:>9} {:>9} {:>9} {:>7} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8}\n", "function",
             "recorded", "differ.", "optimised", "record", "compile", "differ.", "passes", "plan",
             "all, ns", "bytes");
}

template <class F> void measure(std::string_view name, const F& f, const std::vector<double>& x) {
  constexpr double enough = 0.3;  // seconds
  constexpr int most_rounds = 50;
  Measured measured;
  const double start = processor_time();
  for (int round = 0; round < 2 || (round < most_rounds && processor_time() - start < enough);
       ++round)
    measure_once(f, x, measured);
  const Counts& counts = measured.counts;
  const auto each = [&](double total) {
    return total / static_cast<double>(counts.differentiated);
  };
  const auto ns = [&](double seconds) { return each(seconds * 1e9); };
  const Times& least = measured.least;
  fmt::print("{:41} {:9} {:9} {:9} {:7.1f} {:8.1f} {:7.1f} {:7.1f} {:7.1f} {:7.1f} {:8.1f}\n", name,
             counts.recorded, counts.differentiated, counts.optimised, ns(least.record),
             ns(least.compile), ns(least.differentiate), ns(least.passes), ns(least.plan()),
             ns(least.all()), each(static_cast<double>(measured.most_bytes)));
  std::fflush(stdout);
}

// Nothing if an argument is none of ours.
std::optional<std::size_t> read_limit(int count, char** arguments) {
  constexpr std::string_view limit = "--limit=";
  std::size_t instructions = 10'000'000;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (!argument.starts_with(limit)) return std::nullopt;
    const char* const end = argument.data() + argument.size();
    const auto [stop, error] = std::from_chars(argument.data() + limit.size(), end, instructions);
    if (error != std::errc() || stop != end) return std::nullopt;
  }
  return instructions;
}

}  // namespace

int main(int count, char** arguments) {
  const std::optional<std::size_t> limit = read_limit(count, arguments);
  if (!limit) {
    fmt::print(stderr, "usage: {} [--limit=N]\n", arguments[0]);
    return 2;
  }
  print_title();
  for_each_kernel(
      []<class Kernel>(const Kernel& kernel) { measure(Kernel::name, kernel, kernel.inputs()); });
  for (std::size_t size = 10'000; size <= *limit; size *= 10) {
    const StraightLine function(size);
    measure(fmt::format("{}, {:.0e}", StraightLine::name, static_cast<double>(size)), function,
            function.inputs());
  }
}
