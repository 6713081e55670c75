// What one training sample of a network costs: the plain loss, recording it, and with its sweep.
// (What a node costs, whatever it is: growth_bench.cpp.)
//
// meson test -C build/release --benchmark --verbose training

#include <benchmark/benchmark.h>

#include <cstddef>
#include <span>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/nn/loss.hpp"
#include "tapegrad/nn/mlp.hpp"

using namespace tapegrad;

namespace {

void per_node(benchmark::State& state, std::size_t nodes) {
  using benchmark::Counter;
  state.counters["per_node"] =
      Counter(static_cast<double>(nodes), Counter::kIsIterationInvariantRate | Counter::kInvert);
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

BENCHMARK(mlp_plain);
BENCHMARK(mlp_record);
BENCHMARK(mlp_record_and_sweep);

}  // namespace

BENCHMARK_MAIN();
