// digits: a network learns to read handwriting, by the tape alone
//
// You learn how gradients train a network: record the loss of one sample, sweep, add up the
// adjoints of the parameters over a small batch, take a step downhill, and so on. 64 grey levels go
// in, 32 neurons look at them, 10 neurons answer, one for each digit. A fifth of the images is kept
// back, to see what the network makes of images that it has never met.
//
// Run:     samples/run digits      (samples/run digits --help: other sizes, rates, seeds, data)
// Prints:  a row for each epoch, in a few seconds; then how many of the unseen digits it reads
//          (about 98 %), what it takes for what, and three that it got wrong. The learning curves
//          are drawn to output/digits.svg.
//
// digits_options.hpp is the command line, digits_report.hpp everything that is only for looking.
// Next:    parallel, the same sum of gradients, by several threads
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <vector>

#include "digits_options.hpp"
#include "digits_report.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct DivergedError : Error {
  using Error::Error;
};

Split load(const Options& options) {
  Dataset data = read_csv(options.data, {.classes = 10});
  if (data.inputs != 64)
    throw ParseError(
        options.data.string(), 1, 0,
        fmt::format("expected 64 grey levels and a digit, found {} columns", data.inputs + 1));
  scale(data, 1.0 / 16);  // grey levels 0..16 to 0..1, for which the first weights are made
  return split(data, 0.2, options.seed);
}

MLP make_network(const Options& options) {
  std::vector<std::size_t> sizes{64};
  sizes.insert(sizes.end(), options.hidden.begin(), options.hidden.end());
  sizes.push_back(10);
  return MLP(sizes, Activation::tanh, Activation::identity, options.seed);
}

/// The samples in random order, cut into batches.
std::vector<std::vector<std::size_t>> make_batches(std::size_t samples, std::size_t batch,
                                                   Random& random) {
  const std::vector<std::size_t> order = random.permutation(samples);
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t begin = 0; begin < samples; begin += batch) {
    const auto part = std::span(order).subspan(begin, std::min(batch, samples - begin));
    batches.emplace_back(part.begin(), part.end());
  }
  return batches;
}

/// The gradient of the batch's mean loss. The parameters are recorded once; each sample is recorded
/// after them, swept, and taken back at the end of its mark, so that the tape never holds more than
/// one sample and stays in the cache. accumulate() adds its adjoints to those of the parameters.
std::vector<double> batch_gradient(Tape& tape, const MLP& net, const Dataset& data,
                                   std::span<const std::size_t> batch) {
  tape.clear();
  const std::vector<Value> parameters = net.variables(tape);
  double loss_sum = 0;
  for (std::size_t i : batch) {
    const Mark sample = tape.mark();
    const Value loss = softmax_cross_entropy(net.forward(parameters, data.row(i)), data.labels[i]);
    tape.accumulate(loss, 1.0 / static_cast<double>(batch.size()));
    loss_sum += loss.value();
  }
  std::vector<double> gradient;
  for (Value parameter : parameters) gradient.push_back(tape.adjoint(parameter));
  const auto is_finite = [](double number) { return std::isfinite(number); };
  if (!is_finite(loss_sum) || !std::all_of(gradient.begin(), gradient.end(), is_finite))
    throw DivergedError("the loss or its gradient is no longer finite; try a smaller --rate");
  return gradient;
}

/// How the network does on a data set. In plain numbers: nothing is recorded.
Score evaluate(const MLP& net, const Dataset& data) {
  Score score;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::vector<double> logits = net(data.row(i));
    score.loss += softmax_cross_entropy(logits, data.labels[i]);
    score.accuracy += largest(logits) == data.labels[i] ? 1 : 0;
  }
  score.loss /= static_cast<double>(data.size());
  score.accuracy /= static_cast<double>(data.size());
  return score;
}

History train(MLP& net, const Split& data, const Options& options) {
  Tape tape;
  Adam adam(options.rate);
  Random random(options.seed);
  History history;
  Progress progress(options.epochs, data.train.size());
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    for (const auto& batch : make_batches(data.train.size(), options.batch, random)) {
      adam.step(net.parameters(), batch_gradient(tape, net, data.train, batch));
      progress.trained(batch.size());
    }
    history.train.push_back(evaluate(net, data.train));
    history.test.push_back(evaluate(net, data.test));
    progress.finished_epoch(history.train.back(), history.test.back());
  }
  history.seconds = progress.seconds();
  return history;
}

void run(const Options& options) {
  const Split data = load(options);
  MLP net = make_network(options);
  prepare_folder(options.output);  // better now than after the training
  fmt::print("{} digits to learn from, {} to be tested with; {} parameters\n\n", data.train.size(),
             data.test.size(), net.parameters().size());

  const History history = train(net, data, options);
  print_report(net, data.test, history);
  draw_curves(history, options.output);
}

int main(int argc, char** argv) {
  try {
    const Options options = parse_options({argv + 1, argv + argc});
    if (options.help)
      fmt::print("{}", usage());
    else
      run(options);
    return 0;
  } catch (const DivergedError& error) {
    fmt::print(stderr, "digits: {}\n", error.what());
    return 1;
  } catch (const Error& error) {
    fmt::print(stderr, "digits: {}\n", error.what());
    return 2;
  }
}
