// iris: which flower is it, by the length and width of its leaves?
//
// You learn what belongs around a training so that its result can be believed. The flowers are
// dealt out in three parts, each with its share of every species: the network learns from the
// first, the second says when to stop, and the third, which had no part in it, says how good it
// became. Measurements are brought to a common scale, whose numbers come from the first part alone
// and then belong to the model: both are saved to a file, and read from it to answer.
//
// Run:     samples/run iris    (--help: sizes, rates, patience, seeds, other data)
// Prints:  losses while it learns, when it stopped, and what it takes for what. Learning curves and
//          flowers are drawn to output/iris.svg, the model is in output/iris.safetensors.
// Next:    sine, where the answer is a number
//
// Source of the data: Fisher 1936, "The Use of Multiple Measurements in Taxonomic Problems".
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "iris_report.hpp"
#include "options.hpp"
#include "output.hpp"
#include "tapegrad/nn/model_file.hpp"
#include "tapegrad/nn/split.hpp"
#include "tapegrad/nn/standardization.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Options {
  std::size_t hidden = 8;
  std::size_t epochs = 200;
  std::size_t patience = 15;
  double rate = 0.01;
  std::uint64_t seed = 1;
  std::filesystem::path data = TAPEGRAD_SAMPLES_DATA "/iris.csv";
};

using Parts = ThreeWaySplit<Dataset>;

/// A network, and what has to be done to measurements before it is asked.
struct Model {
  Standardization scale;
  MLP net;
};

TrainingHistory train(MLP& net, const Parts& data, const Options& options) {
  fmt::print("epoch  loss: train  validation\n");
  Adam adam(options.rate);
  Trainer trainer({.network = net,
                   .optimizer = adam,
                   .objective = classification(),
                   .train = one_hot(data.train),
                   .validation = one_hot(data.validation)},
                  {.epochs = options.epochs,
                   .batch = std::min<std::size_t>(8, data.train.size()),
                   .seed = options.seed,
                   .early_stopping = EarlyStopping(options.patience),
                   .on_epoch = [](const EpochReport& report) {
                     if (report.epoch == 1 || report.epoch % 10 == 0)
                       fmt::print("{:5}  {:11.5f}  {:10.5f}\n", report.epoch, report.train.loss,
                                  report.validation.loss);
                   }});
  return trainer.run();
}

/// The model as a file and back. Built without model files, tapegrad says so, and the one that we
/// have goes on.
Model saved_and_loaded(const Model& model, const std::filesystem::path& path) {
  try {
    TensorFile file;
    add_network(file, model.net);
    add_state(file, {{"mean", model.scale.mean()}, {"deviation", model.scale.deviation()}});
    save_tensors(file, path);

    const TensorFile read = load_tensors(path);
    const SavedState scale = state_in(read);
    fmt::print("\nThe model was saved to {}, and is read from there to answer.\n", path.string());
    return {
        Standardization(doubles_of("iris", scale, "mean"), doubles_of("iris", scale, "deviation")),
        network_in(read)};
  } catch (const UnsupportedError& error) {
    fmt::print("\nThe model was not saved: {}\n", error.what());
    return model;
  }
}

/// The species of flowers as they were measured.
std::vector<std::size_t> answers(const Model& model, const Dataset& flowers) {
  std::vector<std::size_t> species;
  for (std::size_t i = 0; i < flowers.size(); ++i) {
    const std::vector<double> pa = model.net(model.scale(flowers.row(i)));
    species.push_back(
        static_cast<std::size_t>(std::max_element(pa.begin(), pa.end()) - pa.begin()));
  }
  return species;
}

const std::vector<std::string> names{"setosa", "versicolor", "virginica"};

Dataset load(const std::filesystem::path& path) {
  Dataset flowers = read_csv(path, {.class_names = names});
  if (flowers.inputs != 4)
    throw ParseError(
        path.string(), 1, 0,
        fmt::format("expected 4 measurements and a species, found {} columns", flowers.inputs + 1));
  return flowers;
}

void run(const Options& options) {
  const Dataset flowers = load(options.data);
  const Parts measured = stratified_split(flowers, {.validation = 0.2, .test = 0.2}, options.seed);
  fmt::print("{} flowers to learn from, {} to choose by, {} to test with\n\n",
             measured.train.size(), measured.validation.size(), measured.test.size());

  Model model{Standardization(measured.train),
              MLP({flowers.inputs, options.hidden, names.size()}, Activation::tanh,
                  Activation::identity, options.seed)};
  Parts data = measured;
  for (Dataset* part : {&data.train, &data.validation}) model.scale.apply(*part);
  const TrainingHistory history = train(model.net, data, options);
  print_best(history, options.patience);

  const std::filesystem::path folder = output_folder();
  const Model loaded = saved_and_loaded(model, folder / "iris.safetensors");
  const std::vector<std::size_t> species = answers(loaded, measured.test);
  print_confusion(measured.test, species, names);
  print_files(
      "How it learnt, and the flowers that it was tested with",
      draw({curves_of(history), flowers_of(measured.test, species, names)}, folder / "iris.svg"));
}

int main(int argc, char** argv) {
  Options options;
  CommandLine line("iris", "which flower is it, by the length and width of its leaves?");
  line.number("--hidden", options.hidden, {1, 1000}, "neurons of the hidden layer");
  line.number("--epochs", options.epochs, {1, 1'000'000}, "passes over the flowers, at most");
  line.number("--patience", options.patience, {1, 1'000'000},
              "epochs without a lower validation loss, after which it stops");
  line.number("--rate", options.rate, {1e-300, 1e300}, "learning rate of Adam");
  line.number("--seed", options.seed, {0, UINT64_MAX}, "for the parts, weights and order");
  line.path("--data", options.data, "FILE", "CSV of measurements and species");
  return line.run(argc, argv, [&] { run(options); });
}
