// What user code costs at the level of optimisation that it and the library are compiled at.
//
// build_bench.py compiles and runs this at several levels. It prints a line for each kernel, fields
// separated by tabs: the name, and as ns a node (an operation; the leaves are made anew, too) the
// function of doubles, recording it, and recording and sweeping it.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <limits>
#include <span>
#include <vector>

#include "kernels/mlp.hpp"
#include "kernels/rosenbrock.hpp"
#include "tapegrad/core.hpp"

using namespace tapegrad;
using namespace tapegrad::bench;

namespace {

volatile double sink;  // results go here, or the compiler would leave out the work

double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// ns of a run: the least of some batches, in the processor's time.
template <class Run> double nanoseconds(const Run& run) {
  constexpr double batch_seconds = 0.01, all_seconds = 0.8;
  std::size_t runs = 0;
  const std::clock_t first = std::clock();
  for (; seconds_since(first) < batch_seconds; ++runs) run();

  double least = std::numeric_limits<double>::infinity();
  while (seconds_since(first) < all_seconds) {
    const std::clock_t start = std::clock();
    for (std::size_t k = 0; k < runs; ++k) run();
    least = std::min(least, seconds_since(start) / static_cast<double>(runs));
  }
  return least * 1e9;
}

template <class Kernel> void measure() {
  const Kernel kernel;
  const std::vector<double> x = kernel.inputs();
  std::vector<double> gradient(x.size());
  std::vector<Value> leaves(x.size());
  Tape tape;
  Value y;

  const auto plain = [&] { sink = kernel(std::span<const double>(x)); };
  const auto record = [&] {
    tape.clear();
    tape.variables(x, leaves);
    y = kernel(std::span<const Value>(leaves));
  };
  const auto record_and_sweep = [&] {
    record();
    tape.backward(y);
    tape.adjoints(leaves, gradient);
  };

  record();
  const auto nodes = static_cast<double>(tape.size() - x.size());
  std::printf("%s\t%.3f\t%.3f\t%.3f\n", Kernel::name, nanoseconds(plain) / nodes,
              nanoseconds(record) / nodes, nanoseconds(record_and_sweep) / nodes);
}

}  // namespace

int main() {
  measure<Rosenbrock>();
  measure<Mlp>();
}
