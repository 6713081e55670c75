// monte_carlo: the price of an option as a mean over simulated paths, and all its greeks with it
//
// You learn to differentiate a simulation. A path is a function: from the market, which is the same
// for all paths, and from the path's random numbers, to what the option pays at its end. The mean
// over many paths is the price. The derivative of a mean is the mean of the derivatives; so each
// path is swept in reverse, which gives its derivatives by all of the market at once, be it 4
// numbers or 159, and they are summed over the paths. A path is recorded once, compiled to a
// Program, and replayed in batches, a path to a lane: the market is uniform, the random numbers
// vary, and by them nothing is differentiated (they are inactive).
//
// Where it ends: derivatives of paths are those of the mean only if the payoff does not jump. A
// kink is fine: relu(), max(). A digital option, which pays 1 above a strike and else nothing, is
// flat on every path: all its derivatives come out 0, and its delta is not 0. There smooth the jump
// (a steep call spread), or differentiate the density in place of the payoff (the likelihood ratio
// method). The same befalls second derivatives of a kink: gamma by Hessian-vector products would
// come out wrong; take differences of delta, on the same random numbers. And a path must choose by
// select(), max(), relu(): an `if` makes guards, or, by value(), nothing at all
// (program/check.hpp).
//
// Run:     samples/run monte_carlo      (samples/run monte_carlo --help: paths, threads, seed)
// Prints:  price and greeks of a call, with their standard errors, beside the closed form; those of
//          15 swaptions, in a market of 159 numbers, beside what moving the whole market a little
//          gives; and for both how long a path takes by replay and by the tape.
// Next:    lotka_volterra, a simulation that is fitted to measurements
//
// monte_carlo_models.hpp has the payoffs, monte_carlo_report.hpp all that is only for looking.
// Source: Glasserman 2003, "Monte Carlo Methods in Financial Engineering", chapter 7.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "monte_carlo_models.hpp"
#include "monte_carlo_report.hpp"
#include "options.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Options {
  std::size_t paths = 8192;
  std::size_t threads = 1;
  std::uint64_t seed = 1;
};

/// Sums over the paths of a batch: of what they pay, and of its derivatives by the market.
struct Sums {
  double payoff = 0;
  std::vector<double> gradient;
};

/// The random numbers of a batch, path after path.
std::vector<double> normals(Random& random, std::size_t count) {
  std::vector<double> all(count);
  for (double& normal : all) normal = random.normal();
  return all;
}

std::vector<std::size_t> numbers_from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

/// A path as a Program, by the market and then the random numbers. Which ones it is recorded with
/// does not matter: it has no branches.
template <class Model> Program compile_path(const Model& model) {
  std::vector<double> x = model.market();
  const std::size_t market = x.size();
  x.resize(market + Model::normals);
  return compile(
      [&](std::span<const Value> v) { return model(v.first(market), v.subspan(market)); }, x);
}

/// Replays a path for the paths of a batch, and differentiates by the first `active` numbers of the
/// market: all of them, or none where the payoff is all that's wanted.
template <class Model> class Replayed {
 public:
  Replayed(const Model& model, std::size_t active, std::size_t threads)
      : active_(active), batch_(compile_path(model), options(model, active, threads)) {}

  Sums run(std::span<const double> market, std::span<const double> shocks) {
    Sums sums{.payoff = 0, .gradient = std::vector<double>(active_)};
    sums.payoff = batch_.run({.points = shocks.size() / Model::normals,
                              .inputs = shocks,
                              .uniform = market,
                              .uniform_gradient = sums.gradient});
    return sums;
  }

 private:
  static BatchOptions options(const Model& model, std::size_t active, std::size_t threads) {
    const std::size_t market = model.market().size();
    return {.uniform_inputs = numbers_from(0, market),
            .inactive_inputs = numbers_from(active, market + Model::normals - active),
            .math = Math::vector,
            .threads = threads};
  }

  std::size_t active_;
  BatchGradient batch_;
};

/// The same without a Program: each path is recorded, swept, and taken back.
template <class Model> Sums by_tape(const Model& model, std::span<const double> shocks) {
  Tape tape;
  const std::vector<double> x = model.market();
  const std::vector<Value> market = tape.variables(x);
  Sums sums{.payoff = 0, .gradient = std::vector<double>(x.size())};
  for (std::size_t first = 0; first < shocks.size(); first += Model::normals) {
    const Mark path = tape.mark();
    const auto numbers = shocks.subspan(first, Model::normals);
    const std::vector<Value> constants(numbers.begin(), numbers.end());
    const Value payoff = model(std::span<const Value>(market), std::span<const Value>(constants));
    tape.accumulate(payoff);
    sums.payoff += payoff.value();
  }
  tape.adjoints(market, sums.gradient);
  return sums;
}

template <class Model>
Estimates simulate(const Model& model, Replayed<Model>& replayed, std::size_t batches,
                   std::uint64_t seed) {
  const std::vector<double> market = model.market();
  Random random(seed);
  Estimates estimates(model.names().size());
  Progress progress(batches * Model::paths_per_batch);
  for (std::size_t batch = 0; batch < batches; ++batch) {
    Sums mean = replayed.run(market, normals(random, Model::paths_per_batch * Model::normals));
    mean.payoff /= Model::paths_per_batch;
    for (double& greek : mean.gradient) greek /= Model::paths_per_batch;
    estimates.add(model.figures(mean.payoff, mean.gradient));
    progress.simulated(Model::paths_per_batch, estimates);
  }
  return estimates;
}

/// The change of the price, on the same paths, when numbers `first`, ... of the market move by one
/// unit: by the central difference of a hundredth of it. Two simulations for one greek.
double bumped(const Swaptions& model, Replayed<Swaptions>& payoffs, std::size_t first,
              std::size_t count, double unit, std::size_t batches, std::uint64_t seed) {
  constexpr double part = 0.01;
  std::vector<double> up = model.market(), down = up;
  for (std::size_t i = first; i < first + count; ++i) {
    up[i] += part * unit;
    down[i] -= part * unit;
  }
  Random random(seed);
  double sum = 0;
  for (std::size_t batch = 0; batch < batches; ++batch) {
    const auto shocks = normals(random, Swaptions::paths_per_batch * Swaptions::normals);
    sum += payoffs.run(up, shocks).payoff - payoffs.run(down, shocks).payoff;
  }
  return sum / (2 * part) / static_cast<double>(batches * Swaptions::paths_per_batch);
}

/// One batch by replay and by the tape: is it the same, and which is faster?
template <class Model>
bool compare_with_tape(const Model& model, Replayed<Model>& replayed, std::uint64_t seed) {
  Random random(seed);
  const std::vector<double> shocks = normals(random, Model::paths_per_batch * Model::normals);
  const auto timed = [](auto&& run, double& shortest) {
    Sums sums;
    for (int k = 0; k < 3; ++k) {
      const Clock::time_point start = Clock::now();
      sums = run();
      shortest = std::min(shortest, seconds_since(start) * 1e6 / Model::paths_per_batch);
    }
    return sums;
  };
  double replay_us = HUGE_VAL, tape_us = HUGE_VAL;
  const Sums replay = timed([&] { return replayed.run(model.market(), shocks); }, replay_us);
  const Sums tape = timed([&] { return by_tape(model, shocks); }, tape_us);
  std::vector<double> difference{replay.payoff - tape.payoff};
  for (std::size_t i = 0; i < tape.gradient.size(); ++i)
    difference.push_back(replay.gradient[i] - tape.gradient[i]);
  const bool same = norm(difference) < 1e-11 * norm(tape.gradient);  // not with NaN
  fmt::print(
      "\nA path and its {} greeks: {:.3g} us by the tape, {:.3g} us by replay, {:.3g} times "
      "as fast; {}.\n",
      tape.gradient.size(), tape_us, replay_us, tape_us / replay_us,
      same ? "the same, but for rounding" : "NOT the same");
  return same;
}

/// Eight at least: the spread of fewer says little.
template <class Model> std::size_t whole_batches(std::size_t paths) {
  return std::max<std::size_t>(8, (paths + Model::paths_per_batch - 1) / Model::paths_per_batch);
}

bool run_call(const Options& options) {
  fmt::print("A call on a share at 100, strike 105, on paths of 12 months:\n\n");
  const Call call;
  Replayed<Call> replayed(call, call.market().size(), options.threads);
  const Estimates estimates =
      simulate(call, replayed, whole_batches<Call>(16 * options.paths), options.seed);
  const bool agree =
      print_estimates(call.names(), estimates,
                      {.name = "closed form", .numbers = call.closed_form(), .most_apart = 5});
  return compare_with_tape(call, replayed, options.seed) && agree;
}

bool run_swaptions(const Options& options) {
  fmt::print("\n15 swaptions on 80 forward rates, on paths of 40 quarters:\n\n");
  const Swaptions swaptions;
  Replayed<Swaptions> replayed(swaptions, swaptions.market().size(), options.threads);
  Replayed<Swaptions> payoffs(swaptions, 0, options.threads);
  const std::size_t batches = whole_batches<Swaptions>(options.paths);
  const Estimates estimates = simulate(swaptions, replayed, batches, options.seed);
  const std::vector<std::string> names = swaptions.names();
  std::vector<double> moved(names.size(), std::numeric_limits<double>::quiet_NaN());
  const auto move = [&](std::string_view name, std::size_t first, std::size_t count, double unit) {
    const auto row = std::ranges::find(names, name) - names.begin();
    moved[static_cast<std::size_t>(row)] =
        bumped(swaptions, payoffs, first, count, unit, batches, options.seed);
  };
  move("delta, all", 0, Swaptions::rates, 1e-4);
  move("vega, all", Swaptions::rates, Swaptions::rates - 1, 1e-2);
  const bool agree =
      print_estimates(names, estimates, {.name = "by moving", .numbers = moved, .most_apart = 0.1});
  return compare_with_tape(swaptions, replayed, options.seed) && agree;
}

int main(int argc, char** argv) {
  Options options;
  CommandLine line("monte_carlo", "all greeks of an option, on simulated paths");
  line.number("--paths", options.paths, {1, 1'000'000'000},
              "of the swaptions, 8 at least; of the call 16 times as many");
  line.number("--threads", options.threads, {1, 1024},
              "that replay a batch; results are the same on any number");
  line.number("--seed", options.seed, {0, UINT64_MAX}, "of the random numbers");
  return line.run(argc, argv, [&] {
    const bool agree = run_call(options);
    return run_swaptions(options) && agree;
  });
}
