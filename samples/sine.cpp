// sine: can a network find a curve through noise?
//
// You learn regression, where the answer is a number. The network is shown points of a sine curve,
// each a bit wrong, and told neither that it is one nor where they are wrong. It could learn the
// noise by heart, too; what is kept back shows whether it does. The learning rate rises for some
// steps, until Adam knows the size of the gradients, and falls then along half a cosine: the last
// steps are so small that the errors of single points average out. AdamW takes a little of every
// weight at each step, so that what the points do not need fades; --decay 0.1 is too much of it.
//
// Run:     samples/run sine    (--help: points, noise, sizes, rates, decay, seeds)
// Prints:  the error while it learns, and how far the curve is from the true one, which is less
//          than the noise. Curve, points and learning rate are drawn to output/sine.svg.
// Next:    sequence, where the answer depends on what came before
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "options.hpp"
#include "output.hpp"
#include "tapegrad/nn/split.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Options {
  std::size_t points = 200;
  double noise = 0.2;
  std::size_t hidden = 16;
  std::size_t epochs = 300;
  double rate = 0.02;
  double decay = 0.001;
  std::uint64_t seed = 1;
};

constexpr double half_range = std::numbers::pi;  // x runs from -half_range to half_range

double truth(double x) { return std::sin(2 * x); }

Samples measure(const Options& options) {
  Samples data{.inputs = 1, .targets = 1, .x = {}, .y = {}};
  Random random(options.seed);
  for (std::size_t i = 0; i < options.points; ++i) {
    const double x = random.uniform(-half_range, half_range);
    data.x.push_back(x);
    data.y.push_back(truth(x) + options.noise * random.normal());
  }
  return data;
}

double predict(const MLP& net, double x) { return net({x})[0]; }

/// Root of the mean square of what the curve is off the true one, over the whole range.
double error_of_curve(const MLP& net) {
  constexpr int points = 1000;
  double sum = 0;
  for (int i = 0; i <= points; ++i) {
    const double x = half_range * (2.0 * i / points - 1);
    const double error = predict(net, x) - truth(x);
    sum += error * error;
  }
  return std::sqrt(sum / (points + 1));
}

TrainingHistory train(MLP& net, const ThreeWaySplit<Samples>& data, const Options& options) {
  constexpr std::size_t batch = 16;
  const std::size_t steps_of_epoch = (data.train.size() + batch - 1) / batch;
  const std::size_t steps = options.epochs * steps_of_epoch;
  const std::size_t rise = steps / 10;

  fmt::print("epoch      rate  off: train  unseen\n");
  AdamW adam({.rate = options.rate, .decay = options.decay});
  const std::size_t every = std::max<std::size_t>(1, options.epochs / 10);
  Trainer trainer({.network = net,
                   .optimizer = adam,
                   .objective = regression(),
                   .train = data.train,
                   .validation = data.test},  // watched only: nothing is chosen by it
                  {.epochs = options.epochs,
                   .batch = std::min(batch, data.train.size()),
                   .seed = options.seed,
                   .schedule = warm_up(rise, cosine_decay(options.rate, steps - rise)),
                   .on_epoch = [&](const EpochReport& report) {
                     if (report.epoch == 1 || report.epoch % every == 0)
                       fmt::print("{:5}  {:8.6f}  {:10.4f}  {:6.4f}\n", report.epoch, report.rate,
                                  std::sqrt(report.train.loss), std::sqrt(report.validation.loss));
                   }});
  return trainer.run();
}

Plot curve_of(const MLP& net, const Samples& shown) {
  Series points{"shown", shown.x, shown.y, Marks::discs};
  Series curve{"learnt", {}, {}};
  Series sine{"sin 2x", {}, {}};
  for (int i = -100; i <= 100; ++i) {
    const double x = half_range * i / 100;
    for (Series* each : {&curve, &sine}) each->x.push_back(x);
    curve.y.push_back(predict(net, x));
    sine.y.push_back(truth(x));
  }
  return {.title = "A curve through noise",
          .x_label = "x",
          .y_label = "y",
          .series = {points, curve, sine},
          .y_scale = Scale::linear};
}

Plot rates_of(const TrainingHistory& history) {
  Series rates{"", {}, {}};
  for (const EpochReport& report : history.epochs) {
    rates.x.push_back(static_cast<double>(report.epoch));
    rates.y.push_back(report.rate);
  }
  return {.title = "Learning rate",
          .x_label = "epoch",
          .y_label = "",
          .series = {rates},
          .y_scale = Scale::linear};
}

void run(const Options& options) {
  const ThreeWaySplit<Samples> data = split(measure(options), {.test = 0.2}, options.seed);
  MLP net({1, options.hidden, options.hidden, 1}, Activation::tanh, Activation::identity,
          options.seed);
  fmt::print(
      "{} points of sin 2x to learn from, {} kept back, {} off on average; {} parameters\n\n",
      data.train.size(), data.test.size(), options.noise, net.parameters().size());
  const TrainingHistory history = train(net, data, options);
  fmt::print(
      "\nOn average the points are {} off the true curve, the network's curve is {:.3f} off.\n",
      options.noise, error_of_curve(net));
  print_files("Curve and learning rate",
              draw({curve_of(net, data.train), rates_of(history)}, output_folder() / "sine.svg"));
}

int main(int argc, char** argv) {
  Options options;
  CommandLine line("sine", "a network finds a curve through noise");
  line.number("--points", options.points, {10, 100'000}, "of the curve");
  line.number("--noise", options.noise, {0, 10}, "how far points lie off the curve");
  line.number("--hidden", options.hidden, {1, 1000}, "neurons of each hidden layer");
  line.number("--epochs", options.epochs, {1, 1'000'000}, "passes over the points");
  line.number("--rate", options.rate, {1e-300, 1e300}, "highest learning rate of AdamW");
  line.number("--decay", options.decay, {0, 1e300}, "of weights, by AdamW");
  line.number("--seed", options.seed, {0, UINT64_MAX}, "for points, weights and their order");
  return line.run(argc, argv, [&] { run(options); });
}
