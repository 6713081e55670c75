#include "contest.hpp"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>

namespace tapegrad::bench {
namespace {

// Contestants add and multiply in orders of their own, over up to a million operations.
constexpr double tolerance = 1e-9;

struct Outcome {
  double value;
  std::vector<double> gradient;
};

Outcome outcome_of(const Entry& entry) {
  // What is not written stays NaN, and agrees with nothing.
  Outcome outcome{0, std::vector<double>(entry.inputs, std::numeric_limits<double>::quiet_NaN())};
  outcome.value = entry.run(outcome.gradient);
  return outcome;
}

// Written so that a NaN does not agree.
bool agree(double a, double b, double scale) { return std::abs(a - b) <= tolerance * scale; }

// What is wrong with an outcome; nothing if it agrees with the expected one.
std::optional<std::string> find_fault(const Outcome& outcome, const Outcome& expected) {
  if (!agree(outcome.value, expected.value, std::abs(expected.value)))
    return fmt::format("value {}, expected {}", outcome.value, expected.value);
  if (outcome.gradient.size() != expected.gradient.size())
    return fmt::format("{} inputs, expected {}", outcome.gradient.size(), expected.gradient.size());
  double scale = 0;
  for (const double entry : expected.gradient) scale = std::max(scale, std::abs(entry));
  for (std::size_t i = 0; i < expected.gradient.size(); ++i)
    if (!agree(outcome.gradient[i], expected.gradient[i], scale))
      return fmt::format("gradient[{}] {}, expected {}", i, outcome.gradient[i],
                         expected.gradient[i]);
  return std::nullopt;
}

// Takes the times out of Google Benchmark, without printing.
class Collector : public benchmark::BenchmarkReporter {
 public:
  explicit Collector(std::map<std::string, Result*> results) : results_(std::move(results)) {}

  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      // The processor's time, not the clock's: others may be running on this machine.
      results_.at(run.run_name.function_name)
          ->times.push_back(run.cpu_accumulated_time / static_cast<double>(run.iterations) * 1e9);
    }
  }

 private:
  std::map<std::string, Result*> results_;
};

}  // namespace

double Result::time() const { return *std::min_element(times.begin(), times.end()); }

bool Contest::check() const {
  std::map<std::string, Outcome> expected;
  for (const Result& result : results_)
    if (result.entry.contestant == by_hand)
      expected.emplace(result.entry.kernel, outcome_of(result.entry));

  bool all_agree = true;
  for (const auto& [entry, times] : results_) {
    // Twice: the second run meets the memory that the first has left.
    for (int run = 0; run < 2; ++run) {
      Outcome outcome = outcome_of(entry);
      const Outcome& by_hand_outcome = expected.at(entry.kernel);
      if (entry.contestant == plain) outcome.gradient = by_hand_outcome.gradient;
      const auto fault = find_fault(outcome, by_hand_outcome);
      if (!fault) continue;
      fmt::print(stderr, "{}: {} is wrong: {}\n", entry.kernel, entry.contestant, *fault);
      all_agree = false;
      break;
    }
  }
  return all_agree;
}

void Contest::time(const Effort& effort) {
  std::array arguments{std::string("gradients"),
                       std::string("--benchmark_enable_random_interleaving=true")};
  std::array pointers{arguments[0].data(), arguments[1].data()};
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());

  std::map<std::string, Result*> by_name;
  for (Result& result : results_) {
    const std::string name = result.entry.kernel + "/" + result.entry.contestant;
    by_name[name] = &result;
    const auto repeat = [&entry = result.entry](benchmark::State& state) {
      std::vector<double> gradient(entry.inputs);
      for (auto _ : state) benchmark::DoNotOptimize(entry.run(gradient));
    };
    benchmark::RegisterBenchmark(name.c_str(), repeat)
        ->Repetitions(effort.repetitions)
        ->MinTime(effort.seconds);
  }
  Collector collector(std::move(by_name));
  benchmark::RunSpecifiedBenchmarks(&collector);
}

}  // namespace tapegrad::bench
