// spirals: what does a network do to tell two spirals apart?
//
// You learn to train with a Trainer and to look at what is learnt while it is learnt. Two spirals
// are wound into each other, one and a half turns each, and no line and no circle parts them. A
// network of two hidden layers sees where points of each lie, a bit off the spirals, and has to say
// for every place of the plane to which spiral it belongs. A fifth of the points is kept back, to
// see how well it does that.
//
// Run:     samples/run spirals    (--help: turns, noise, sizes, rates, seeds)
// Prints:  loss and accuracy while it learns, and how many of the points kept back it gets right.
//          The plane as the network sees it, at six moments, is drawn to output/spirals.svg. How
//          weights and gradients came to that, epoch by epoch, is a page to look at in a browser,
//          output/spirals.html.
// Next:    iris, measurements from a file
//
// Source of the task: Lang & Witbrock 1988, "Learning to Tell Two Spirals Apart".
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "options.hpp"
#include "output.hpp"
#include "tapegrad/draw/training_page.hpp"
#include "tapegrad/nn/split.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Options {
  std::size_t points = 400;
  double turns = 1.5;
  double noise = 0.1;
  std::size_t hidden = 16;
  std::size_t epochs = 160;
  double rate = 0.01;
  std::uint64_t seed = 1;
};

/// Points by turns on the one spiral and on the other, which is the first one turned by half a
/// circle. The outer end has radius 6.
Dataset make_spirals(const Options& options) {
  Dataset data{.inputs = 2, .classes = 2, .x = {}, .labels = {}};
  Random random(options.seed);
  for (std::size_t i = 0; i < options.points; ++i) {
    const std::size_t spiral = i % 2;
    const double along = std::sqrt(random.uniform(0.01, 1));  // not more of them inside
    const double radius = 6 * along;
    const double angle =
        std::numbers::pi * (2 * options.turns * along + static_cast<double>(spiral));
    data.x.push_back(radius * std::cos(angle) + options.noise * random.normal());
    data.x.push_back(radius * std::sin(angle) + options.noise * random.normal());
    data.labels.push_back(spiral);
  }
  return data;
}

/// What the network makes of the plane, with the points that it learns from.
DecisionMap map_of(const MLP& net, const Dataset& points, const std::string& title) {
  DecisionMap map{.title = title,
                  .grid = sample_grid(
                      [&](double x, double y) {
                        return softmax(net({x, y}))[1];
                      },
                      {-7, 7}, {-7, 7}, 80),
                  .classes = {Series{"one spiral", {}, {}}, Series{"the other", {}, {}}}};
  for (std::size_t i = 0; i < points.size(); ++i) {
    Series& spiral = map.classes[points.labels[i]];
    spiral.x.push_back(points.row(i)[0]);
    spiral.y.push_back(points.row(i)[1]);
  }
  return map;
}

/// What is kept of a training: six maps, before, four on the way, closer together at first, and at
/// the end; and all epochs.
struct Watched {
  std::vector<DecisionMap> maps;
  TrainingFilm film;
};

Watched train(MLP& net, const Split& data, const Options& options) {
  std::vector<DecisionMap> maps{map_of(net, data.train, "before")};
  std::vector<std::uint64_t> moments;
  for (double share : {0.03, 0.1, 0.25, 0.5, 1.0})
    moments.push_back(
        static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(options.epochs))));

  fmt::print("epoch      loss    train   unseen\n");
  Adam adam(options.rate);
  const Training training{
      .network = net,
      .optimizer = adam,
      .objective = classification(),
      .train = one_hot(data.train),
      .validation = one_hot(data.test)};  // watched only: nothing is chosen by it
  TrainingFilm film(training, {.title = "How a network learnt to tell two spirals apart",
                               .class_names = {"one spiral", "the other"}});
  const std::size_t every = std::max<std::size_t>(1, options.epochs / 10);
  TrainerOptions settings{.epochs = options.epochs, .seed = options.seed};
  settings.batch = std::min<std::size_t>(16, data.train.size());
  settings.on_epoch = [&](const EpochReport& report) {
    film.add(report);
    if (report.epoch == 1 || report.epoch % every == 0)
      fmt::print("{:5}  {:8.5f}  {:5.1f} %  {:5.1f} %\n", report.epoch, report.train.loss,
                 100 * report.train.accuracy, 100 * report.validation.accuracy);
    if (std::count(moments.begin(), moments.end(), report.epoch) > 0)
      maps.push_back(map_of(net, data.train, fmt::format("epoch {}", report.epoch)));
  };
  const double accuracy = Trainer(training, settings).run().epochs.back().validation.accuracy;
  fmt::print("\n{:.1f} % of the points kept back are put to the right spiral.\n", 100 * accuracy);
  return {std::move(maps), std::move(film)};
}

void run(const Options& options) {
  const Split data = split(make_spirals(options), 0.2, options.seed);
  MLP net({2, options.hidden, options.hidden, 2}, Activation::tanh, Activation::identity,
          options.seed);
  fmt::print("{} points on two spirals to learn from, {} kept back; {} parameters\n\n",
             data.train.size(), data.test.size(), net.parameters().size());
  const Watched watched = train(net, data, options);
  print_files("What it makes of the plane", draw(watched.maps, output_folder() / "spirals.svg"));
  const std::filesystem::path page = output_folder() / "spirals.html";
  watched.film.write(page);
  print_files("How it came to that, in a browser", {.files = {page}, .hint = {}});
}

int main(int argc, char** argv) {
  Options options;
  CommandLine line("spirals", "a network tells two spirals apart");
  line.number("--points", options.points, {10, 100'000}, "on both spirals");
  line.number("--turns", options.turns, {0.1, 10}, "of a spiral");
  line.number("--noise", options.noise, {0, 1}, "how far points lie off; the radius is 6");
  line.number("--hidden", options.hidden, {1, 1000}, "neurons of each hidden layer");
  line.number("--epochs", options.epochs, {1, 1'000'000}, "passes over the points");
  line.number("--rate", options.rate, {1e-300, 1e300}, "learning rate of Adam");
  line.number("--seed", options.seed, {0, UINT64_MAX}, "for points, weights and their order");
  return line.run(argc, argv, [&] { run(options); });
}
