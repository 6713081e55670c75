// What is written into the page of a training; what a browser makes of it is training_page.py's.
#include "tapegrad/draw/training_page.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draw/page_parts/assets.hpp"
#include "draw/training_page/packed_numbers.hpp"
#include "draw/training_page/training_facts.hpp"
#include "nn/small_training.hpp"
#include "pictures.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// A network, what it learns from, and all that a Training refers to.
struct Subject {
  MLP network{{2, 4, 3}, Activation::tanh, Activation::identity, 1};
  Adam adam{0.01};
  Objective objective = classification();
  Samples train = one_hot(testing::three_blobs(30, 1));
  Samples validation = {};

  Training training() {
    return {.network = network,
            .optimizer = adam,
            .objective = objective,
            .train = train,
            .validation = validation};
  }
};

std::string page_of(const TrainingFilm& film) {
  const Folder folder;
  film.write(folder / "it's a page.html");
  return content_of(folder / "it's a page.html");
}

}  // namespace

TEST_CASE("a film has its epochs, curves and layers as JSON") {
  Subject subject;
  subject.validation = one_hot(testing::three_blobs(9, 2));
  TrainingFilm film(subject.training(), {.most_snapshots = 3});
  for (std::uint64_t epoch = 1; epoch <= 4; ++epoch)
    film.add({.epoch = epoch, .train = {.loss = 0.5, .accuracy = 0.75}, .validation = {0.25, 1}});
  const std::string html = page_of(film);
  const Score train = evaluate(subject.network, subject.objective, subject.train);
  CHECK(has(html, "\"epochs\":[0,1,2,3,4],\n"));
  CHECK(has(html, fmt::format("\"loss\":{{\"train\":[{},0.5,0.5,0.5,0.5],", train.loss)));
  CHECK(
      has(html, fmt::format("\"accuracy\":{{\"train\":[{},0.75,0.75,0.75,0.75],", train.accuracy)));
  CHECK(has(html, ",1,1,1,1]}"));
  CHECK(has(html, "\"snapshots\":[0,2,4],\n\"gradientSamples\":30,\"trainingSamples\":30,"));
  CHECK(has(html, "\"inputs\":[\"x1\",\"x2\"]"));
  CHECK(has(html, "\"classes\":[\"0\",\"1\",\"2\"]"));
  CHECK(has(html, "{\"inputs\":2,\"neurons\":4,\"activation\":\"tanh\",\"rows\":2,\"columns\":4,"));
  CHECK(has(html, "{\"set\":\"validation\",\"samples\":9,\"of\":9,\"counts\":["));
  CHECK(has(html, packed(subject.network.parameters(0).first(8))));
  CHECK(has(html, packed(subject.network.parameters(1).last(3))));
}

TEST_CASE("a film before the first epoch is a page too, and more epochs may follow") {
  Subject subject;
  TrainingFilm film(subject.training());
  const std::string before = page_of(film);
  CHECK(has(before, "\"epochs\":[0],\n"));
  CHECK(has(before, "\"snapshots\":[0],\n"));
  film.add({.epoch = 7, .train = {.loss = 1}});
  CHECK(has(page_of(film), "\"epochs\":[0,7],\n"));
}

TEST_CASE("a Trainer's epochs come on the film") {
  Subject subject;
  const Training training = subject.training();
  TrainingFilm film(training);
  TrainerOptions options{.epochs = 3, .batch = 10};
  options.on_epoch = [&](const EpochReport& report) { film.add(report); };
  Trainer trainer(training, options);
  const double last = trainer.run().epochs.back().train.loss;
  const std::string html = page_of(film);
  CHECK(has(html, "\"snapshots\":[0,1,2,3],"));
  CHECK(has(html, fmt::format(",{}]", last)));
  CHECK(has(html, packed(subject.network.parameters(0).first(8))));
}

TEST_CASE("what is not finite is written as such") {
  Subject subject;
  TrainingFilm film(subject.training());
  subject.network.parameters()[0] = not_a_number;
  film.add({.epoch = 1, .train = {.loss = infinity, .accuracy = 0}});
  subject.network.parameters()[0] = -infinity;
  film.add({.epoch = 2, .train = {.loss = not_a_number, .accuracy = 0}});
  const std::string html = page_of(film);
  CHECK(has(html, ",\"inf\",\"nan\"]"));
  CHECK(has(html, "\"norms\":[0."));
  CHECK(has(html, ",\n\"nan\",\n"));
  CHECK(has(html, packed(subject.network.parameters(0).first(8))));
}

TEST_CASE("regression has neither accuracy nor classes, and values on the plane") {
  Subject subject;
  subject.network = MLP({2, 3, 1}, Activation::tanh, Activation::identity, 1);
  subject.objective = regression();
  subject.train = {.inputs = 2, .targets = 1, .x = {0, 0, 1, 1}, .y = {0.125, -1}};
  const std::string html = page_of(TrainingFilm(subject.training(), {.map_points = 3}));
  CHECK_FALSE(has(html, "\"accuracy\":"));
  CHECK_FALSE(has(html, "\"classes\":"));
  CHECK_FALSE(has(html, "\"counts\":"));
  CHECK(has(html, "\"train\":[[0,0,0.125],[1,1,-1]]"));
  const auto plane = plane_of(std::array{&subject.train}, 3);
  CHECK(has(html, "\"values\":[" + packed(value_map(subject.network, *plane)) + "]"));
}

TEST_CASE("more classes than a page shows have neither confusion matrix nor map") {
  Subject subject;
  subject.network = MLP({2, 31}, Activation::tanh, Activation::identity, 1);
  subject.train = {.inputs = 2, .targets = 31, .x = {0, 0, 1, 1}, .y = one_hot(0, 31)};
  for (const double share : one_hot(30, 31)) subject.train.y.push_back(share);
  const std::string html = page_of(TrainingFilm(subject.training()));
  CHECK_FALSE(has(html, "\"counts\":"));
  CHECK_FALSE(has(html, "\"ranges\":"));
  CHECK(has(html, "\"norms\":"));
}

TEST_CASE("names cannot leave their place in the page") {
  Subject subject;
  TrainingFilm film(subject.training(), {.title = "a < b & <i>c</i> {{data}}",
                                         .class_names = {"</script>", "a\"b\\c\n", "{{script}}"},
                                         .input_names = {"<x>", "&y"}});
  const std::string html = page_of(film);
  CHECK(has(html, "<title>a &lt; b &amp; &lt;i>c&lt;/i> {{data}}</title>"));
  CHECK(has(html,
            "\"classes\":[\"\\u003c/script\\u003e\",\"a\\u0022b\\u005cc\\u000a\","
            "\"{{script}}\"]"));
  CHECK(has(html, "\"inputs\":[\"\\u003cx\\u003e\",\"\\u0026y\"]"));
  CHECK(count(html, "</script>") == 2);
}

TEST_CASE("the digits of the sample, 40 epochs of them, take less than a megabyte") {
  Subject subject;
  subject.network = MLP({64, 32, 10}, Activation::tanh, Activation::identity, 1);
  subject.train = {.inputs = 64, .targets = 10, .x = {}, .y = {}};
  Random random(1);
  for (std::size_t i = 0; i < 40; ++i) {
    for (int k = 0; k < 64; ++k) subject.train.x.push_back(random.normal());
    for (const double share : one_hot(i % 10, 10)) subject.train.y.push_back(share);
  }
  TrainingFilm film(subject.training());
  for (std::uint64_t epoch = 1; epoch <= 40; ++epoch) {
    for (double& parameter : subject.network.parameters()) parameter += 0.01 * random.normal();
    film.add({.epoch = epoch, .train = {.loss = 1, .accuracy = 0.5}});
  }
  CHECK(page_of(film).size() < 1'000'000);
}

TEST_CASE("the page asks nobody for anything") {
  Subject subject;
  const std::string html = page_of(TrainingFilm(subject.training()));
  for (const char* request : {"src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest"})
    CHECK_FALSE(has(html, request));
  CHECK(count(html, "http") == count(html, "http://www.w3.org/2000/svg"));
  for (const char* field : {"{{title}}", "{{style}}", "{{data}}", "{{script}}"}) {
    CHECK(has(std::string(training_page_html), field));
    CHECK_FALSE(has(html, field));
  }
}

// ---- What is refused ----

TEST_CASE("epochs come in their order") {
  Subject subject;
  TrainingFilm film(subject.training());
  CHECK_THROWS_WITH_AS(
      film.add({.epoch = 0}),
      "TrainingFilm::add: epoch 0 after epoch 0; add each epoch once, in their order",
      ArgumentError);
  film.add({.epoch = 3, .train = {.loss = 1}});
  CHECK_THROWS_AS(film.add({.epoch = 3}), ArgumentError);
  CHECK_THROWS_AS(film.add({.epoch = 2}), ArgumentError);
  CHECK(has(page_of(film), "\"epochs\":[0,3],\n"));
}

TEST_CASE("a network that has become another one is refused") {
  Subject subject;
  TrainingFilm film(subject.training());
  const MLP network = subject.network;
  subject.network = MLP({2, 5, 3}, Activation::tanh, Activation::identity, 1);
  CHECK_THROWS_WITH_AS(film.add({.epoch = 1}),
                       "TrainingFilm::add: the network was 2-4 tanh-3 identity and is 2-5 tanh-3 "
                       "identity; a film shows one network, make another",
                       ShapeError);
  subject.network = MLP({2, 4, 3}, Activation::relu, Activation::identity, 1);
  CHECK_THROWS_AS(film.add({.epoch = 1}), ShapeError);
  subject.network = network;
  film.add({.epoch = 1, .train = {.loss = 1}});
  CHECK(has(page_of(film), "\"snapshots\":[0,1],"));
}

TEST_CASE("a film refuses samples, options and files that it cannot use") {
  Subject subject;
  const auto film_of = [&](TrainingFilmOptions options = {}) {
    return TrainingFilm(subject.training(), std::move(options));
  };
  CHECK_THROWS_WITH_AS(film_of({.most_snapshots = 1}),
                       "TrainingFilm: most_snapshots is 1; pass at least 2, for the first epoch "
                       "and the last",
                       ArgumentError);
  CHECK_THROWS_AS(film_of({.map_points = 1}), ArgumentError);
  CHECK_THROWS_WITH_AS(film_of({.class_names = {"a", "b"}}),
                       "TrainingFilm: 2 class names for 3 of them; pass one for each, or none",
                       ShapeError);
  CHECK_THROWS_AS(film_of({.input_names = {"a"}}), ShapeError);
  CHECK_THROWS_WITH_AS(film_of().write("no/such/folder/page.html"),
                       "no/such/folder/page.html: cannot be written: No such file or directory",
                       FileError);

  const Samples train = subject.train;
  subject.validation = one_hot(Dataset{.inputs = 2, .classes = 2, .x = {0, 0}, .labels = {1}});
  CHECK_THROWS_AS(film_of(), ShapeError);
  subject.validation = {};
  subject.train = {.inputs = 2, .targets = 3, .x = {}, .y = {}};
  CHECK_THROWS_WITH_AS(film_of(), "TrainingFilm: there are no samples to train with",
                       ArgumentError);
  subject.train = {.inputs = 1, .targets = 3, .x = {0}, .y = one_hot(0, 3)};
  CHECK_THROWS_WITH_AS(
      film_of(), "TrainingFilm: training samples have 1 inputs; the network takes 2", ShapeError);
  subject.train = train;
  subject.objective.loss = nullptr;
  CHECK_THROWS_AS(film_of(), ArgumentError);
}
