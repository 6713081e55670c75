// checkpointing: how do you differentiate a million steps in a megabyte?
//
// You learn to trade memory for time. A reverse sweep needs the steps of a loop in reverse, so a
// tape keeps them all, and a long simulation fills the machine. checkpointed_loop() keeps a few
// states instead, and runs the steps between them again when the sweep gets there. Which states to
// keep, and when to give one up for another, is a solved problem: no order of keeping and running
// takes fewer steps than the one used here, and their number is known beforehand.
//
// The loop is the Lorenz system, x' = σ(y - x), y' = x(ρ - z) - y, z' = xy - βz, by Runge-Kutta
// steps of fourth order; differentiated is x at the end, by the start and by σ, ρ, β.
//
// Run:     samples/run checkpointing
// Prints:  the gradient beside the plain tape's; what several memory budgets cost; a million steps;
//          and how far ahead a gradient of a chaotic system says anything
// Next:    include/guide, whatever you are looking for
//
// Source: Lorenz 1963, "Deterministic nonperiodic flow"; of the order of running: Griewank &
// Walther 2000, "Algorithm 799: Revolve".
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

using Point = std::array<Value, 3>;

const std::array start{1.0, 1.0, 1.0};
const std::array parameters{10.0, 28.0, 8.0 / 3};  // σ, ρ, β

Point velocity(const Point& x, std::span<const Value> p) {
  return {p[0] * (x[1] - x[0]), x[0] * (p[1] - x[2]) - x[1], x[0] * x[1] - p[2] * x[2]};
}

Point moved(const Point& x, const Point& along, double t) {
  return {x[0] + t * along[0], x[1] + t * along[1], x[2] + t * along[2]};
}

/// One step of length h: the fourth-order method of Runge and Kutta.
Point runge_kutta(std::span<const Value> state, std::span<const Value> p, double h) {
  const Point x{state[0], state[1], state[2]};
  const Point k1 = velocity(x, p);
  const Point k2 = velocity(moved(x, k1, h / 2), p);
  const Point k3 = velocity(moved(x, k2, h / 2), p);
  const Point k4 = velocity(moved(x, k3, h), p);
  Point mean;
  for (std::size_t i = 0; i < 3; ++i) mean[i] = (k1[i] + 2 * (k2[i] + k3[i]) + k4[i]) / 6;
  return moved(x, mean, h);
}

struct Differentiated {
  std::vector<double> gradient;  // by the start, then by σ, ρ, β
  double tape_bytes;             // nodes and adjoints
};

/// Records x at the end by `loop`, sweeps, and reads the gradient.
template <class Loop> Differentiated differentiate(Loop loop) {
  Tape tape;
  const std::vector<Value> x = tape.variables(start), p = tape.variables(parameters);
  const std::vector<Value> end = loop(x, p);
  tape.backward(end[0]);
  Differentiated result{std::vector<double>(6), 32.0 * static_cast<double>(tape.size())};
  tape.adjoints(x, std::span(result.gradient).first(3));
  tape.adjoints(p, std::span(result.gradient).last(3));
  return result;
}

Differentiated by_plain_tape(double time, std::size_t steps) {
  const double h = time / static_cast<double>(steps);
  return differentiate([&](std::vector<Value> x, const std::vector<Value>& p) {
    for (std::size_t i = 0; i < steps; ++i) std::ranges::copy(runge_kutta(x, p, h), x.begin());
    return x;
  });
}

Differentiated by_checkpoints(double time, std::size_t steps, std::size_t budget,
                              std::shared_ptr<CheckpointReport> report = nullptr) {
  const double h = time / static_cast<double>(steps);
  CheckpointedLoopOptions options;
  options.memory_budget = budget;
  options.report = std::move(report);
  return differentiate([&](const std::vector<Value>& x, const std::vector<Value>& p) {
    const auto step = [h](std::span<const Value> state, std::span<const Value> shared,
                          std::size_t) { return runge_kutta(state, shared, h); };
    return checkpointed_loop(x, p, steps, step, options);
  });
}

void print_gradient(const char* name, const Differentiated& result) {
  fmt::print("{:12}", name);
  for (double derivative : result.gradient) fmt::print("  {:9.4g}", derivative);
  fmt::print("\n");
}

/// The same gradient, from a few hundredths of the memory.
bool compare_with_plain_tape() {
  const Differentiated plain = by_plain_tape(2, 2'000);
  const Differentiated checkpoints = by_checkpoints(2, 2'000, 16'000);
  const bool same = plain.gradient == checkpoints.gradient;
  fmt::print("2,000 steps to time 2; gradient of x there, by x, y, z at the start and σ, ρ, β:\n");
  print_gradient("plain tape", plain);
  print_gradient("checkpoints", checkpoints);
  fmt::print("{} The plain tape takes {:.1f} MB, the checkpoints 16 KB.\n\n",
             same ? "They are the same to the last bit." : "They differ, and should not.",
             plain.tape_bytes / 1e6);
  return same;
}

/// What a smaller budget costs, and that no order of running the steps would cost less.
void compare_budgets() {
  constexpr std::size_t steps = 100'000;
  fmt::print("100,000 steps to time 10; the less memory, the more often a step runs again:\n");
  fmt::print("    budget  snapshots  steps run again  fewest possible  times each\n");
  for (const std::size_t budget : {5'100u, 5'400u, 6'000u, 10'000u, 100'000u, 1'000'000u}) {
    const auto report = std::make_shared<CheckpointReport>();
    by_checkpoints(10, steps, budget, report);
    fmt::print("{:10}  {:9}  {:15}  {:15}  {:10.3f}\n", budget, report->snapshots,
               report->forward_steps, report->binomial_bound, report->recomputation());
  }
  fmt::print("\n");
}

void run_a_million_steps() {
  const auto report = std::make_shared<CheckpointReport>();
  const Differentiated result = by_checkpoints(10, 1'000'000, 1'000'000, report);
  fmt::print("1,000,000 steps to time 10, in 1 MB; a plain tape would take {:.1f} GB:\n",
             by_plain_tape(1, 1'000).tape_bytes / 1e6);
  print_gradient("checkpoints", result);
  fmt::print("Of the budget {:.2f} MB were used; each step ran again {:.3f} times.\n\n",
             static_cast<double>(report->memory_bytes()) / 1e6, report->recomputation());
}

/// Chaos: two starts part by a factor of about e^0.9 in each unit of time.
void watch_gradients_grow() {
  fmt::print("The gradient by the start is what a small change of it grows to:\n");
  double growth = 0;
  for (const std::size_t time : {10u, 20u, 30u, 40u, 50u}) {
    const Differentiated result = by_checkpoints(static_cast<double>(time), 1'000 * time, 16'000);
    growth = norm(std::span(result.gradient).first(3));
    fmt::print("  time {:2}: {:8.1e}\n", time, growth);
  }
  fmt::print(
      "Each is right for the steps that were taken. But in the last one a rounding error of 1e-16\n"
      "has grown to {:.1f}: that end says little of the start, and so does its gradient.\n",
      growth * 1e-16);
}

bool run() {
  fmt::print(
      "The Lorenz system, (x, y, z) from (1, 1, 1) on, step by step. Differentiated is x at the\n"
      "end.\n\n");
  const bool same = compare_with_plain_tape();
  compare_budgets();
  run_a_million_steps();
  watch_gradients_grow();
  return same;
}

int main() { return run_sample("checkpointing", run); }
