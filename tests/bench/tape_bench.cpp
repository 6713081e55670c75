// What a node costs: recording it, sweeping it, and its bytes; beside it the plain function.
//
// meson test -C build/release --benchmark --verbose, or build/release/tests/bench/tape_bench

#include <benchmark/benchmark.h>

#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/mlp.hpp"

using namespace tapegrad;

namespace {

// Four operations a turn, each on the result of the one before: what expressions look like.
template <class T> T expressions(T x, T y, std::size_t turns) {
  T z = x;
  for (std::size_t i = 0; i < turns; ++i) z = (z * y + x) * 0.5 - y;
  return z;
}

void per_node(benchmark::State& state, std::size_t nodes) {
  using benchmark::Counter;
  state.counters["per_node"] =
      Counter(static_cast<double>(nodes), Counter::kIsIterationInvariantRate | Counter::kInvert);
}

void expressions_plain(benchmark::State& state) {
  const auto turns = static_cast<std::size_t>(state.range(0)) / 4;
  double x = 0.5;
  for (auto _ : state) {
    benchmark::DoNotOptimize(x);
    benchmark::DoNotOptimize(expressions(x, 1.1, turns));
  }
  per_node(state, 4 * turns);
}

void expressions_record(benchmark::State& state) {
  const auto turns = static_cast<std::size_t>(state.range(0)) / 4;
  Tape tape;
  for (auto _ : state) {
    tape.clear();
    benchmark::DoNotOptimize(expressions(tape.variable(0.5), tape.variable(1.1), turns));
  }
  per_node(state, tape.size());
  state.counters["bytes"] = static_cast<double>(Recording::bytes_per_node);
}

void expressions_sweep(benchmark::State& state) {
  const auto turns = static_cast<std::size_t>(state.range(0)) / 4;
  Tape tape;
  const Value z = expressions(tape.variable(0.5), tape.variable(1.1), turns);
  for (auto _ : state) tape.backward(z);
  per_node(state, tape.size());
}

struct Digit {
  MLP net{{64, 32, 10}, Activation::tanh, Activation::identity, 1};
  std::vector<double> image = std::vector<double>(64, 0.3);
};

void mlp_plain(benchmark::State& state) {
  Digit digit;
  for (auto _ : state) {
    benchmark::DoNotOptimize(digit.image.data());
    benchmark::DoNotOptimize(softmax_cross_entropy(digit.net(digit.image), 3));
  }
}

// Records the loss of one image, again and again, and hands it to `use`.
template <class Use> void mlp(benchmark::State& state, Use&& use) {
  const Digit digit;
  Tape tape;
  const std::vector<Value> parameters = digit.net.variables(tape);
  std::size_t nodes = 0;
  for (auto _ : state) {
    const Mark mark = tape.mark();
    use(tape, softmax_cross_entropy(
                  digit.net.forward(parameters, std::span<const double>(digit.image)), 3));
    nodes = tape.size() - parameters.size();
  }
  per_node(state, nodes);
}

void mlp_record(benchmark::State& state) {
  mlp(state, [](Tape&, Value loss) { benchmark::DoNotOptimize(loss); });
}

void mlp_record_and_sweep(benchmark::State& state) {
  mlp(state, [](Tape& tape, Value loss) { tape.accumulate(loss); });
}

BENCHMARK(expressions_plain)->Arg(1'000)->Arg(1'000'000);
BENCHMARK(expressions_record)->Arg(1'000)->Arg(1'000'000);
BENCHMARK(expressions_sweep)->Arg(1'000)->Arg(1'000'000);
BENCHMARK(mlp_plain);
BENCHMARK(mlp_record);
BENCHMARK(mlp_record_and_sweep);

}  // namespace

BENCHMARK_MAIN();
