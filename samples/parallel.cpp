// parallel: several threads, one gradient, the same to the last bit
//
// You learn to use several cores. Threads never share a tape while recording: each has its own, and
// sums the gradients of its samples there. What remains is to add up what the threads have found.
// Additions of doubles round, so their order shows in the last bits: if each thread summed whatever
// samples came its way, every run would give another gradient. So the samples are cut into blocks
// that don't depend on the number of threads; a block is summed by one thread, in order, and then
// the blocks, in order.
//
// Run:     samples/run parallel
// Prints:  for 1, 2 and 4 threads the time, the speed-up, and a checksum of the gradient's bits.
// Next:    replay, the same gradient without recording it again
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

constexpr std::size_t samples_per_block = 32;

/// The sum of the losses of samples begin, ..., end - 1, by all parameters. They are
/// recorded once; then sample by sample, each swept and taken back.
std::vector<double> block_gradient(Tape& tape, const MLP& net, const Dataset& data,
                                   std::size_t block) {
  tape.clear();
  const std::vector<Value> parameters = net.variables(tape);
  const std::size_t begin = block * samples_per_block;
  for (std::size_t i = begin; i < std::min(begin + samples_per_block, data.size()); ++i) {
    const Mark sample = tape.mark();
    tape.accumulate(softmax_cross_entropy(net.forward(parameters, data.row(i)), data.labels[i]));
  }
  std::vector<double> gradient;
  for (Value parameter : parameters) gradient.push_back(tape.adjoint(parameter));
  return gradient;
}

/// The gradient of the mean loss over all samples, by `threads` threads.
std::vector<double> gradient_of_all(const MLP& net, const Dataset& data, std::size_t threads) {
  std::vector<std::vector<double>> blocks((data.size() + samples_per_block - 1) /
                                          samples_per_block);
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> failures(threads);
  const auto work = [&](std::size_t thread) {
    try {
      Tape tape;  // this thread's own
      for (std::size_t block = next++; block < blocks.size(); block = next++)
        blocks[block] = block_gradient(tape, net, data, block);
    } catch (...) {
      failures[thread] = std::current_exception();  // must not leave the thread
    }
  };
  std::vector<std::thread> team;
  for (std::size_t thread = 0; thread < threads; ++thread) team.emplace_back(work, thread);
  for (std::thread& thread : team) thread.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);

  std::vector<double> sum(net.parameters().size());
  for (const std::vector<double>& block : blocks)
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += block[k];
  for (double& derivative : sum) derivative /= static_cast<double>(data.size());
  return sum;
}

/// Tells gradients apart that differ in a single bit. Source: Fowler, Noll & Vo, FNV-1a.
std::uint64_t checksum(const std::vector<double>& numbers) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (double number : numbers)
    hash = (hash ^ std::bit_cast<std::uint64_t>(number)) * 0x100000001b3;
  return hash;
}

struct Timing {
  std::vector<double> gradient;
  double seconds;
};

/// The fastest of three runs: the others were disturbed more.
Timing measure(const MLP& net, const Dataset& data, std::size_t threads) {
  Timing best{.gradient = {}, .seconds = INFINITY};
  for (int run = 0; run < 3; ++run) {
    const auto start = std::chrono::steady_clock::now();
    best.gradient = gradient_of_all(net, data, threads);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best.seconds = std::min(best.seconds, seconds.count());
  }
  return best;
}

bool run() {
  Dataset data = read_csv(TAPEGRAD_SAMPLES_DATA "/digits.csv");
  scale(data, 1.0 / 16);
  const MLP net({64, 32, 10}, Activation::tanh, Activation::identity, 1);
  fmt::print("The loss of {} digits by {} parameters; this machine has {} cores.\n\n", data.size(),
             net.parameters().size(), std::thread::hardware_concurrency());

  fmt::print("threads  seconds  speed-up  length of the gradient  checksum of its bits\n");
  const Timing alone = measure(net, data, 1);
  bool same = true;
  for (std::size_t threads = 1; threads <= 4; threads *= 2) {
    const Timing timing = threads == 1 ? alone : measure(net, data, threads);
    const std::uint64_t bits = checksum(timing.gradient);
    same = same && bits == checksum(alone.gradient);
    fmt::print("{:7}  {:7.3f}  {:8.1f}  {:22.6g}  {:016x}\n", threads, timing.seconds,
               alone.seconds / timing.seconds, norm(timing.gradient), bits);
  }
  fmt::print("\n{}\n",
             same ? "All three are the same to the last bit." : "They differ, and should not.");
  return same;
}

int main() { return run_sample("parallel", run); }
