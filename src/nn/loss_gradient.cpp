#include "tapegrad/nn/loss_gradient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <numeric>
#include <thread>
#include <utility>

#include "tapegrad/core/error.hpp"
#include "tapegrad/program/compile.hpp"

namespace tapegrad {
namespace {

// Samples that are summed one after the other on a tape, before the blocks are summed: as many as
// follow from the batch alone, so that sums do not depend on threads; at most 64 blocks.
std::size_t samples_per_block(std::size_t samples) {
  constexpr std::size_t least = 8, most_blocks = 64;
  return std::max(least, (samples + most_blocks - 1) / most_blocks);
}

// Joins its threads at the end of the block. (std::jthread is not in every standard library.)
struct Team {
  std::vector<std::thread> threads;
  ~Team() {
    for (std::thread& thread : threads) thread.join();
  }
};

// Calls work(0), ..., work(threads - 1), each on a thread; throws what one of them has thrown.
template <class Work> void on_threads(std::size_t threads, Work&& work) {
  std::vector<std::exception_ptr> failures(threads);
  const auto guarded = [&](std::size_t thread) {
    try {
      work(thread);
    } catch (...) {
      failures[thread] = std::current_exception();  // must not leave the thread
    }
  };
  {
    Team team;
    for (std::size_t thread = 1; thread < threads; ++thread)
      team.threads.emplace_back(guarded, thread);
    guarded(0);
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

LossGradient::LossGradient(SampleLoss loss, const SampleSizes& sizes,
                           const LossGradientOptions& options)
    : loss_(std::move(loss)), sizes_(sizes), options_(options) {
  if (!loss_) throw ArgumentError("LossGradient: there is no loss; pass a function");
  if (sizes.parameters == 0 || sizes.row() == 0)
    throw ShapeError(fmt::format(
        "LossGradient: {} parameters and {} numbers a sample; there must be one of each",
        sizes.parameters, sizes.row()));
  if (options.threads == 0) throw ArgumentError("LossGradient: 0 threads; pass 1 or more");
}

double LossGradient::run(const Spans& spans) {
  const auto require = [](const char* what, std::size_t given, std::size_t wanted) {
    if (given != wanted)
      throw ShapeError(
          fmt::format("LossGradient::run: {} numbers of {}; it takes {}", given, what, wanted));
  };
  require("parameters", spans.parameters.size(), sizes_.parameters);
  require("gradient", spans.gradient.size(), sizes_.parameters);
  const std::size_t samples = spans.rows.size() / sizes_.row();
  if (spans.rows.size() % sizes_.row() != 0)
    throw ShapeError(fmt::format("LossGradient::run: {} numbers are no whole rows of {} a sample",
                                 spans.rows.size(), sizes_.row()));
  if (!spans.losses.empty()) require("losses", spans.losses.size(), samples);

  if (samples == 0) {
    std::ranges::fill(spans.gradient, 0.0);
    return 0;
  }
  return options_.engine == Engine::program ? run_program(spans, samples)
                                            : run_tapes(spans, samples);
}

// ---- A Program ----

double LossGradient::run_program(const Spans& spans, std::size_t samples) {
  if (!program_) {
    std::vector<double> first(spans.parameters.begin(), spans.parameters.end());
    first.insert(first.end(), spans.rows.begin(),
                 spans.rows.begin() + std::ptrdiff_t(sizes_.row()));
    const auto loss = [this](std::span<const Value> x) {
      return loss_(x.first(sizes_.parameters), sizes_.parts(x.subspan(sizes_.parameters)));
    };
    BatchOptions options{.math = options_.math, .threads = options_.threads};
    options.uniform_inputs.resize(sizes_.parameters);
    std::iota(options.uniform_inputs.begin(), options.uniform_inputs.end(), std::size_t{0});
    options.inactive_inputs.resize(sizes_.row());
    std::iota(options.inactive_inputs.begin(), options.inactive_inputs.end(), sizes_.parameters);
    program_.emplace(compile(loss, first), options);
  }
  try {
    return program_->run({.points = samples,
                          .inputs = spans.rows,
                          .uniform = spans.parameters,
                          .values = spans.losses,
                          .uniform_gradient = spans.gradient});
  } catch (const GuardError& error) {
    throw GuardError(fmt::format("{}; or record every sample, with Engine::tape", error.what()));
  }
}

// ---- Tapes ----

double LossGradient::run_tapes(const Spans& spans, std::size_t samples) {
  const std::size_t per_block = samples_per_block(samples);
  const std::size_t blocks = (samples + per_block - 1) / per_block;
  const std::size_t threads = std::min(options_.threads, blocks);
  while (tapes_.size() < threads) tapes_.push_back(std::make_unique<Tape>(Tape::inactive));

  std::vector<double> losses(blocks);
  std::vector<double> gradients(blocks * sizes_.parameters);
  std::atomic<std::size_t> next = 0;
  on_threads(threads, [&](std::size_t thread) {
    for (std::size_t block = next++; block < blocks; block = next++)
      losses[block] = run_block(
          *tapes_[thread], spans, block * per_block, std::min(samples, (block + 1) * per_block),
          std::span(gradients).subspan(block * sizes_.parameters, sizes_.parameters));
  });

  std::ranges::fill(spans.gradient, 0.0);
  for (std::size_t block = 0; block < blocks; ++block)
    for (std::size_t k = 0; k < sizes_.parameters; ++k)
      spans.gradient[k] += gradients[block * sizes_.parameters + k];
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

// The parameters are recorded once; each sample is recorded after them, swept, and taken back at
// the end of its mark: the tape never holds more than one, and stays in the cache. accumulate()
// adds its adjoints to those of the parameters.
double LossGradient::run_block(Tape& tape, const Spans& spans, std::size_t begin, std::size_t end,
                               std::span<double> gradient) const {
  const ActiveScope active = tape.activate();
  tape.clear();
  const std::vector<Value> parameters = tape.variables(spans.parameters);
  std::vector<Value> row(sizes_.row());
  double total = 0;
  bool was_swept = false;
  for (std::size_t p = begin; p < end; ++p) {
    std::ranges::copy(spans.rows.subspan(p * row.size(), row.size()), row.begin());
    const Mark sample = tape.mark();
    const Value loss = loss_(parameters, sizes_.parts(row));
    total += loss.value();
    if (!spans.losses.empty()) spans.losses[p] = loss.value();
    if (loss.is_constant()) continue;  // it has no gradient
    tape.accumulate(loss);
    was_swept = true;
  }
  if (was_swept) tape.adjoints(parameters, gradient);
  return total;
}

}  // namespace tapegrad
