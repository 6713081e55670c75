// sequence: what comes next?
//
// You learn to differentiate through time. The signal is a sum of two waves with noise; a layer of
// long short-term memory (LSTM) reads 20 numbers of it, one at a time, and says the 21st. What it
// has read is only in its state, which each step hands on to the next, so the derivative of the
// error by a weight goes back through all 20 steps. Nothing has to be done for that: the loop is
// recorded as it runs.
//
// No Trainer is needed either. A LossGradient compiles the loss of one window to a Program, and
// runs it for the windows of a batch; around it is a loop of our own: shuffle, gradient, clip
// (gradients through time can be long), step.
//
// Run:     samples/run sequence    (--help: window, units, noise, rates, seeds)
// Prints:  the error while it learns, on the part of the signal that it learns from and on the part
//          that comes after; and beside it, that of the simplest forecast, "same as the last".
//          Signal and forecast are drawn to output/sequence.svg.
// Next:    digits, real images and 2410 parameters
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "options.hpp"
#include "output.hpp"
#include "sequence_report.hpp"
#include "tapegrad/nn/clipping.hpp"
#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/lstm.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Options {
  std::size_t window = 20;
  std::size_t hidden = 8;
  double noise = 0.1;
  std::size_t epochs = 20;
  double rate = 0.01;
  std::uint64_t seed = 1;
};

constexpr std::size_t learnt_from = 600;  // of the signal's numbers, the first ones
constexpr std::size_t signal_length = 800;

std::vector<double> make_signal(const Options& options) {
  std::vector<double> signal;
  Random random(options.seed);
  for (std::size_t t = 0; t < signal_length; ++t) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(t);
    signal.push_back(0.6 * std::sin(turn / 23) + 0.4 * std::sin(turn / 9) +
                     options.noise * random.normal());
  }
  return signal;
}

/// An LSTM, and a neuron that reads its last output.
class Forecaster {
 public:
  Forecaster(std::size_t window, std::size_t hidden) : window_(window), lstm_(1, hidden) {}

  std::size_t window() const { return window_; }
  std::size_t parameter_count() const { return lstm_.parameter_count() + lstm_.hidden() + 1; }

  std::vector<double> initial_parameters(std::uint64_t seed) const {
    std::vector<double> parameters(parameter_count());
    Random random(seed);
    lstm_.initialize(std::span(parameters).first(lstm_.parameter_count()), random);
    for (std::size_t i = lstm_.parameter_count(); i + 1 < parameters.size(); ++i)
      parameters[i] = random.uniform(-0.5, 0.5);
    return parameters;
  }

  /// What comes after the window, for plain numbers and for Values alike.
  template <class T> T operator()(std::span<const T> parameters, std::span<const T> window) const {
    const std::size_t of_lstm = lstm_.parameter_count();
    LSTMState<T> state = lstm_.start<T>();
    for (std::size_t t = 0; t < window.size(); ++t)
      state = lstm_(parameters.first(of_lstm), window.subspan(t, 1), state);
    const Neuron<T> reader(parameters.subspan(of_lstm, lstm_.hidden()), parameters.back(),
                           Activation::identity);
    return reader(state.h);
  }

 private:
  std::size_t window_;
  LSTM lstm_;
};

/// A forecast for each number of the signal that comes after those to learn from.
std::vector<double> forecasts(const Forecaster& forecaster, std::span<const double> parameters,
                              std::span<const double> signal) {
  const std::size_t window = forecaster.window();
  std::vector<double> result;
  for (std::size_t t = learnt_from; t < signal.size(); ++t)
    result.push_back(forecaster(parameters, signal.subspan(t - window, window)));
  return result;
}

/// Root of the mean square of forecast - truth.
double error_of(std::span<const double> forecast, std::span<const double> truth) {
  return std::sqrt(mean_squared_error(forecast, truth));
}

/// The windows that begin at `starts`, each with the number that comes after it: rows of a batch.
std::vector<double> windows(std::span<const double> signal, std::span<const std::size_t> starts,
                            std::size_t window) {
  std::vector<double> rows;
  for (std::size_t start : starts) {
    const std::span<const double> row = signal.subspan(start, window + 1);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

std::vector<double> train(const Forecaster& forecaster, std::span<const double> signal,
                          const Options& options) {
  constexpr std::size_t batch = 16;
  const std::size_t window = forecaster.window();
  LossGradient loss_gradient(
      [&](std::span<const Value> parameters, const SampleValues& sample) {
        return pow(forecaster(parameters, sample.inputs) - sample.targets[0], 2.0);
      },
      {.parameters = forecaster.parameter_count(), .inputs = window, .targets = 1});

  fmt::print("epoch  off: learnt from  unseen\n");
  std::vector<double> parameters = forecaster.initial_parameters(options.seed);
  std::vector<double> gradient(parameters.size());
  Adam adam(options.rate);
  Random random(options.seed);
  const std::size_t every = std::max<std::size_t>(1, options.epochs / 10);
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    double loss = 0;
    const std::vector<std::size_t> starts = random.permutation(learnt_from - window);
    for (std::size_t begin = 0; begin < starts.size(); begin += batch) {
      const std::size_t count = std::min(batch, starts.size() - begin);
      const std::vector<double> rows =
          windows(signal, std::span(starts).subspan(begin, count), window);
      loss += loss_gradient.run({.parameters = parameters, .rows = rows, .gradient = gradient});
      for (double& derivative : gradient) derivative /= static_cast<double>(count);
      clip_norm(gradient, 1.0);
      adam.step(parameters, gradient);
    }
    if (epoch == 1 || epoch % every == 0)
      fmt::print("{:5}  {:17.4f}  {:6.4f}\n", epoch,
                 std::sqrt(loss / static_cast<double>(starts.size())),
                 error_of(forecasts(forecaster, parameters, signal), signal.subspan(learnt_from)));
  }
  return parameters;
}

void run(const Options& options) {
  const std::vector<double> signal = make_signal(options);
  const Forecaster forecaster(options.window, options.hidden);
  fmt::print("{} numbers of a signal to learn from, {} that come after; {} parameters\n\n",
             learnt_from, signal_length - learnt_from, forecaster.parameter_count());
  const std::vector<double> parameters = train(forecaster, signal, options);

  const std::span<const double> all(signal);
  const std::span<const double> unseen = all.subspan(learnt_from);
  const std::vector<double> forecast = forecasts(forecaster, parameters, signal);
  const double error = error_of(forecast, unseen);
  const double naive = error_of(all.subspan(learnt_from - 1, unseen.size()), unseen);
  fmt::print(
      "\nOn what it has not seen the LSTM is {:.3f} off, \"same as the last\" {:.3f}: {:.1f}\n"
      "times as much. Noise, which nothing can know before, is {}.\n",
      error, naive, naive / error, options.noise);
  print_files("Signal and forecast", draw(picture_of(unseen, forecast, learnt_from),
                                          output_folder() / "sequence.svg", {.width = 1000}));
}

int main(int argc, char** argv) {
  Options options;
  CommandLine line("sequence", "an LSTM says what comes next");
  line.number("--window", options.window, {1, 300}, "numbers that it reads");
  line.number("--hidden", options.hidden, {1, 100}, "units of the LSTM");
  line.number("--noise", options.noise, {0, 10}, "in the signal, whose waves are 0.6 and 0.4 high");
  line.number("--epochs", options.epochs, {1, 1'000'000}, "passes over the signal");
  line.number("--rate", options.rate, {1e-300, 1e300}, "learning rate of Adam");
  line.number("--seed", options.seed, {0, UINT64_MAX}, "for noise, weights and order");
  return line.run(argc, argv, [&] { run(options); });
}
