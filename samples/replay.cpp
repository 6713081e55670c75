// replay: the same gradient at many points, without recording it again
//
// You learn to let the tape write a function down once. Whoever trains a network differentiates one
// function, the loss of a sample, at thousands of points. The recording of one sample is compiled
// to a Program; differentiate() makes of it the Program of loss and gradient; and a Replay runs
// that for many samples at once, one to a lane of the processor's wide registers. The samples vary
// from lane to lane, the network's parameters are uniform, and their derivatives come out as a sum.
//
// Run:     samples/run replay
// Prints:  a small program as text; what became of the network's; and for each way to the same
//          gradient its time, and how far it is from that of the tape.
// Next:    generated, the same Program as C++ to read and to step through
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

constexpr std::size_t pixels = 64, classes = 10;

/// What a sample gives: its pixels, and then ten numbers of which that of its class is 1.
std::vector<double> as_inputs(const Dataset& data) {
  std::vector<double> inputs;
  for (std::size_t i = 0; i < data.size(); ++i) {
    inputs.insert(inputs.end(), data.row(i).begin(), data.row(i).end());
    for (std::size_t k = 0; k < classes; ++k) inputs.push_back(data.labels[i] == k ? 1 : 0);
  }
  return inputs;
}

/// The cross-entropy of one sample. By its inputs, and after them the network's parameters.
Value loss(const MLP& net, std::span<const Value> x) {
  const std::vector<Value> scores = net.forward(x.subspan(pixels + classes), x.first(pixels));
  return log_sum_exp(scores) - dot(x.subspan(pixels, classes), scores);
}

using Gradient = std::vector<double>;

/// Sample by sample, each recorded, swept and taken back.
Gradient by_tape(const MLP& net, const std::vector<double>& inputs, std::size_t samples) {
  Tape tape;
  const std::vector<Value> parameters = net.variables(tape);
  for (std::size_t i = 0; i < samples; ++i) {
    const Mark sample = tape.mark();
    const std::span<const double> numbers =
        std::span(inputs).subspan(i * (pixels + classes), pixels + classes);
    std::vector<Value> x(numbers.begin(), numbers.end());
    x.insert(x.end(), parameters.begin(), parameters.end());
    tape.accumulate(loss(net, x));
  }
  Gradient gradient(parameters.size());
  tape.adjoints(parameters, gradient);
  return gradient;
}

Gradient by_replay(const Replay& replay, Replay::Workspace& workspace, const MLP& net,
                   const std::vector<double>& inputs, std::size_t samples) {
  std::vector<double> losses(samples);
  Gradient gradient(net.parameters().size());
  replay.run({.points = samples,
              .inputs = inputs,
              .uniform = net.parameters(),
              .outputs = losses,
              .sums = gradient},
             workspace);
  return gradient;
}

/// The Program of loss and gradient, as a recording of the first sample has it.
Program compile_gradient(const MLP& net, const std::vector<double>& inputs) {
  std::vector<double> x(inputs.begin(), inputs.begin() + pixels + classes);
  x.insert(x.end(), net.parameters().begin(), net.parameters().end());
  const Program recorded = compile([&](std::span<const Value> v) { return loss(net, v); }, x);
  const Program all = differentiate(recorded);
  // Not those by pixels and classes.
  std::vector<std::size_t> wanted{0};
  for (std::size_t k = 0; k < net.parameters().size(); ++k)
    wanted.push_back(1 + pixels + classes + k);
  return keep_outputs(all, wanted);
}

std::vector<std::size_t> numbers_from(std::size_t first, std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

/// Prints the shortest of three times, and how far the gradient is from the tape's.
double report(const char* way, const std::function<Gradient()>& compute, const Gradient& expected) {
  double seconds = INFINITY, difference = 0;
  for (int run = 0; run < 3; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const Gradient found = compute();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    seconds = std::min(seconds, time.count());
    for (std::size_t k = 0; k < found.size(); ++k)
      difference = std::max(difference, std::abs(found[k] - expected[k]));
  }
  difference /= norm(expected);
  fmt::print("{:26}  {:8.4f} s  {}\n", way, seconds,
             difference < 1e-12 ? "the same, but for rounding" : "NOT the same");
  return difference;
}

bool run() {
  const auto neuron = [](std::span<const Value> x) { return tanh(x[0] * x[1] + x[2]); };
  fmt::print("A neuron's value and gradient, tanh(w·x + b), as a program:\n\n{}\n",
             to_string(optimise(differentiate(compile(neuron, {0.5, 2.0, -1.0}))).program));

  Dataset data = read_csv(TAPEGRAD_SAMPLES_DATA "/digits.csv");
  scale(data, 1.0 / 16);
  const MLP net({pixels, 32, classes}, Activation::tanh, Activation::identity, 1);
  const std::vector<double> inputs = as_inputs(data);
  const Program program = compile_gradient(net, inputs);
  ReplayOptions options{.uniform_inputs = numbers_from(pixels + classes, net.parameters().size()),
                        .summed_outputs = numbers_from(1, net.parameters().size())};
  const Replay exact(program, options);
  options.math = Math::vector;
  const Replay fast(program, options);
  fmt::print("The loss of a digit by {} parameters:\n\n{}\n", net.parameters().size(),
             exact.explain());

  fmt::print("The gradient of all {} digits:\n\n", data.size());
  const Gradient expected = by_tape(net, inputs, data.size());
  Replay::Workspace one(exact), vectors(fast), two(fast, 2);
  double worst = report(
      "tape, sample by sample", [&] { return by_tape(net, inputs, data.size()); }, expected);
  const auto add = [&](const char* way, const Replay& replay, Replay::Workspace& workspace) {
    const auto compute = [&] { return by_replay(replay, workspace, net, inputs, data.size()); };
    worst = std::max(worst, report(way, compute, expected));
  };
  add("replay, exact functions", exact, one);
  add("replay, vector functions", fast, vectors);
  add("the same on two threads", fast, two);
  return worst < 1e-12;
}

int main() { return run_sample("replay", run); }
