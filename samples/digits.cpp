// digits: a network learns to read handwriting
//
// You learn how gradients train a network: take a small batch of samples, compute their mean loss
// and its gradient by all parameters, take a step downhill, and so on. 64 grey levels go in, 32
// neurons look at them, 10 neurons answer, one for each digit. A fifth of the images is kept back,
// to see what the network makes of images that it has never met.
//
// The loss of one sample is recorded as always, by arithmetic on Values. But it is recorded once:
// compiled to a Program, it is replayed for all samples, and only its inputs and targets change.
// With --engine tape every sample is recorded anew; that is slower, and comes to the same numbers
// but for the last digits. Around it stands a Trainer, which shuffles, shows progress, saves
// checkpoints, and says where a NaN comes from.
//
// Run:     samples/run digits      (samples/run digits --help: other sizes, rates, seeds, data)
// Try:     --checkpoint digits.safetensors, stop it with ctrl-c, and again with --resume: it goes
//          on as if nothing had happened.
//          mpirun -n 2 build/release/samples/digits --distributed: two processes, here or on two
//          machines, share out each batch.
// Prints:  a row for each epoch, in a few seconds; then how many of the unseen digits it reads
//          (about 98 %), what it takes for what, and three that it got wrong. The learning curves
//          are drawn to output/digits.svg; how the weights and their gradient went, epoch by epoch,
//          is a page to look at in a browser, output/digits.html.
//
// digits_options.hpp is the command line, digits_report.hpp everything that is only for looking.
// Next:    parallel, the same sum of gradients written out, by several threads
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "digits_options.hpp"
#include "digits_report.hpp"
#include "tapegrad/draw/training_page.hpp"
#include "tapegrad/nn/distributed.hpp"
#include "tapegrad/nn/split.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

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

struct Watched {
  TrainingHistory history;
  TrainingFilm film;  // of all epochs that were trained here
};

/// Labels become targets: for the digit 2 they are 0 0 1 0 0 0 0 0 0 0. A class that were picked by
/// its number would be part of what is recorded; a target is data like the grey levels.
/// @param group  of processes that train together; or null
Watched train(MLP& net, const Split& data, const Options& options, const ProcessGroup* group) {
  Adam adam(options.rate);
  const Training training{
      .network = net,
      .optimizer = adam,
      .objective = classification(),
      .train = one_hot(data.train),
      .validation = one_hot(data.test)};  // watched only: nothing is chosen by it
  TrainerOptions settings{
      .epochs = options.epochs,
      .batch = options.batch,
      .seed = options.seed,
      .gradient = {.engine = options.engine, .threads = options.threads},
      .checkpoint = options.checkpoint,
      .explain = [](const Node& loss) { return to_string(find_anomalies(loss)); },
      .progress = stdout};
  TrainingFilm film(training, {.title = "How a network learnt to read digits"});
  settings.on_epoch = [&](const EpochReport& report) { film.add(report); };
  if (group != nullptr) settings = group->share_out(settings, options.parts);
  Trainer trainer(training, settings);
  if (options.resume) trainer.resume(options.checkpoint);
  if (group != nullptr) group->require_equal(training, settings);
  trainer.run();
  return {trainer.history(), std::move(film)};
}

void run(const Options& options, const ProcessGroup* group) {
  const Split data = load(options);
  MLP net = make_network(options);
  if (group != nullptr && !group->is_first()) {  // the first one speaks for all
    train(net, data, options, group);
    return;
  }
  prepare_folder(options.output);  // better now than after the training
  fmt::print("{} digits to learn from, {} that stay unseen; {} parameters\n\n", data.train.size(),
             data.test.size(), net.parameters().size());

  const auto start = std::chrono::steady_clock::now();
  const Watched watched = train(net, data, options, group);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  print_report(net, data.test, time.count());
  draw_curves(watched.history, options.output);
  write_page(watched.film, options.output);
}

int main(int argc, char** argv) {
  Options options;
  return command_line(options).run(argc, argv, [&] {
    check(options);
    if (options.distributed)
      run_distributed([&](const ProcessGroup& group) { run(options, &group); });
    else
      run(options, nullptr);
  });
}
