// Trainings for training_page.py: as pages, and as the numbers that the library has for them.
//
//   training_scenes write FOLDER      blobs.html, halves.html, ... into the folder
//   training_scenes numbers SCENE     JSON: what the page of the scene has to show, unrounded
//
// The numbers are computed in the plainest way: gradients sample by sample, by a tape.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/small_training.hpp"
#include "tapegrad/draw/training_page.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct Scene {
  std::string name;
  MLP network;
  Objective objective;
  Samples train;
  Samples validation = {};
  std::uint64_t epochs = 0;
  TrainingFilmOptions options = {};
  bool is_wild = false;  // parameters and losses are set by hand, to all that is not finite
};

struct Moment {
  EpochReport report;
  MLP network;
};

// ---- Scenes ----

Samples halves(std::size_t samples, std::uint64_t seed) {
  Dataset data = testing::three_blobs(samples, seed);
  for (std::size_t& label : data.labels) label = label == 2;
  data.classes = 2;
  return one_hot(data);
}

Samples saddle(std::size_t samples, std::uint64_t seed) {
  Random random(seed);
  Samples data{.inputs = 2, .targets = 1, .x = {}, .y = {}};
  for (std::size_t i = 0; i < samples; ++i) {
    const double x = random.normal(), y = random.normal();
    data.x.insert(data.x.end(), {x, y});
    data.y.push_back(x * y);
  }
  return data;
}

Samples wide(std::size_t samples, std::size_t inputs) {
  Random random(1);
  Samples data{.inputs = inputs, .targets = 3, .x = {}, .y = {}};
  for (std::size_t i = 0; i < samples; ++i) {
    for (std::size_t k = 0; k < inputs; ++k) data.x.push_back(random.normal());
    for (const double share : one_hot(i % 3, 3)) data.y.push_back(share);
  }
  return data;
}

std::vector<Scene> scenes() {
  const Samples blobs = one_hot(testing::three_blobs(60, 1));
  return {{.name = "blobs",
           .network = MLP({2, 6, 3}, Activation::tanh, Activation::identity, 1),
           .objective = classification(),
           .train = blobs,
           .epochs = 8,
           .options = {.class_names = {"left", "right", "above"}}},
          {.name = "halves",
           .network = MLP({2, 8, 4, 2}, Activation::relu, Activation::identity, 2),
           .objective = classification(),
           .train = halves(80, 2),
           .validation = halves(30, 3),
           .epochs = 21,
           .options = {.title = "Two halves", .most_snapshots = 7}},
          {.name = "saddle",
           .network = MLP({2, 5, 1}, Activation::tanh, Activation::identity, 3),
           .objective = regression(),
           .train = saddle(40, 4),
           .validation = saddle(20, 5),
           .epochs = 6,
           .options = {.input_names = {"east", "north"}}},
          {.name = "wide",
           .network = MLP({100, 70, 3}, Activation::tanh, Activation::identity, 4),
           .objective = classification(),
           .train = wide(12, 100),
           .epochs = 1},
          {.name = "start",
           .network = MLP({2, 3, 3}, Activation::tanh, Activation::identity, 5),
           .objective = classification(),
           .train = blobs},
          {.name = "wild",
           .network = MLP({2, 3, 3}, Activation::tanh, Activation::identity, 5),
           .objective = classification(),
           .train = blobs,
           .epochs = 4,
           .options = {.title = "<b>wild</b> & \"odd\"",
                       .class_names = {"<script>document.title = 'run'</script>",
                                       "a \"long\" name & a backslash \\, and 🙂", "</script>"},
                       .input_names = {"<i>",
                                       "a name without spaces: "
                                       "donaudampfschifffahrtsgesellschaft"}},
           .is_wild = true}};
}

// What no Trainer would go on with.
EpochReport make_wild(MLP& network, std::uint64_t epoch) {
  const std::span<double> parameters = network.parameters();
  if (epoch == 1) parameters[0] = not_a_number;
  if (epoch == 2) std::ranges::fill(parameters, 0.0);
  if (epoch == 3) parameters[1] = -infinity;
  if (epoch == 4) parameters[1] = 1e300;
  constexpr std::array losses{not_a_number, infinity, 0.0, -2.0};
  return {.epoch = epoch, .train = {.loss = losses[epoch - 1], .accuracy = 0.5}};
}

/// Trains, and hands each moment to `watch`, the start among them.
void train(Scene& scene, const std::function<void(const EpochReport& report)>& watch) {
  if (scene.is_wild) {
    for (std::uint64_t epoch = 1; epoch <= scene.epochs; ++epoch)
      watch(make_wild(scene.network, epoch));
    return;
  }
  if (scene.epochs == 0) return;
  Adam adam(0.03);
  TrainerOptions options{.epochs = scene.epochs, .batch = 8};
  options.on_epoch = watch;
  Trainer({.network = scene.network,
           .optimizer = adam,
           .objective = scene.objective,
           .train = scene.train,
           .validation = scene.validation},
          options)
      .run();
}

void write(const std::filesystem::path& folder) {
  for (Scene& scene : scenes()) {
    Adam adam(0.03);
    TrainingFilm film({.network = scene.network,
                       .optimizer = adam,
                       .objective = scene.objective,
                       .train = scene.train,
                       .validation = scene.validation},
                      scene.options);
    train(scene, [&](const EpochReport& report) { film.add(report); });
    film.write(folder / (scene.name + ".html"));
  }
}

// ---- Numbers ----

std::string json(double x) {
  return std::isfinite(x) ? fmt::format("{}", x) : fmt::format("\"{}\"", x);
}

std::string json(std::span<const double> numbers) {
  std::string text;
  for (const double x : numbers) text += (text.empty() ? "" : ",") + json(x);
  return "[" + text + "]";
}

std::vector<double> gradient_of(MLP network, const Scene& scene) {
  std::vector<double> gradient(network.parameters().size());
  for (std::size_t i = 0; i < scene.train.size(); ++i) {
    Tape tape;
    const std::span<const double> row = scene.train.row(i), target = scene.train.target(i);
    const std::vector<Value> x(row.begin(), row.end()), y(target.begin(), target.end());
    tape.backward(scene.objective.loss(network(x), y));
    const std::vector<double> derivatives = network.gradient();
    for (std::size_t k = 0; k < gradient.size(); ++k)
      gradient[k] += derivatives[k] / static_cast<double>(scene.train.size());
  }
  return gradient;
}

std::size_t greatest(std::span<const double> x) {
  return static_cast<std::size_t>(std::ranges::max_element(x) - x.begin());
}

bool is_nan(double x) { return std::isnan(x); }

// [truth, answer] of each sample; an answer with a NaN is one class more.
std::string answers(const MLP& network, const Samples& data) {
  std::string text;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::vector<double> outputs = network(data.row(i));
    const bool is_none = std::ranges::any_of(outputs, is_nan);
    text += fmt::format("{}[{},{}]", text.empty() ? "" : ",", greatest(data.target(i)),
                        is_none ? data.targets : greatest(outputs));
  }
  return "[" + text + "]";
}

std::string moment_json(const Scene& scene, const Moment& moment) {
  const Samples& judged = scene.validation.size() > 0 ? scene.validation : scene.train;
  const auto& [report, network] = moment;
  std::string text = fmt::format(
      "{{\"epoch\":{},\"loss\":{{\"train\":{},\"validation\":{}}},"
      "\"accuracy\":{{\"train\":{},\"validation\":{}}},\n\"parameters\":{},\n\"gradient\":{}",
      report.epoch, json(report.train.loss), json(report.validation.loss),
      json(report.train.accuracy), json(report.validation.accuracy), json(network.parameters()),
      json(gradient_of(network, scene)));
  if (scene.objective.is_right) text += ",\n\"answers\":" + answers(network, judged);
  return text + "}";
}

void print_numbers(std::string_view name) {
  for (Scene& scene : scenes()) {
    if (scene.name != name) continue;
    EpochReport start{.train = evaluate(scene.network, scene.objective, scene.train)};
    if (scene.validation.size() > 0)
      start.validation = evaluate(scene.network, scene.objective, scene.validation);
    std::string text = moment_json(scene, {start, scene.network});
    train(scene, [&](const EpochReport& report) {
      text += ",\n" + moment_json(scene, {report, scene.network});
    });
    std::string layers;
    for (const Layer& layer : scene.network.layers())
      layers += fmt::format("{}[{},{},\"{}\"]", layers.empty() ? "" : ",", layer.inputs(),
                            layer.neurons(), to_string(layer.activation()));
    fmt::print("{{\"layers\":[{}],\n\"moments\":[{}]}}\n", layers, text);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "write") {
    write(arguments[1]);
  } else if (arguments.size() == 2 && arguments[0] == "numbers") {
    print_numbers(arguments[1]);
  } else {
    fmt::print(stderr, "usage: training_scenes write FOLDER | training_scenes numbers SCENE\n");
    return 1;
  }
}
