// article/10_update: how does a gradient make a network learn?
//
// You learn the last step, w ← w - rate · ∂L/∂w, and that it is all there is to it: repeated, it
// makes the 2-3-2 network answer what it should. How long the step may be, the landscape decides:
// in a narrow valley one rate crawls, one is right, one bounces from wall to wall, and one leaves
// the valley for good. At the end a small network learns to tell two spirals apart.
//
// Run:     samples/run article/10_update    (all ten, as a page: samples/run article)
// Prints:  the loss after one step beside what the gradient has promised; 200 steps; four learning
//          rates in a valley, beside the closed form of their paths; and a training, epoch by
//          epoch. Pictures, and a page to look through the training, go to output/article.
// Next:    samples/digits, the same with handwritten digits and 2410 parameters
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "chapter.hpp"
#include "tapegrad/draw/training_page.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/tapegrad.hpp"
#include "two_spirals.hpp"
#include "valley.hpp"

using namespace tapegrad;

/// The gradient of the loss of the sample.
std::vector<double> gradient_of(MLP& net) {
  Tape tape;
  const std::vector<Value> a = net(std::vector<Value>(chapter::x.begin(), chapter::x.end()));
  tape.backward(squared_error(a, chapter::y));
  return net.gradient();
}

double loss_of(const MLP& net) { return squared_error(net(chapter::x), chapter::y); }

// ---- One step ----

void one_step() {
  MLP start = chapter::network();
  const std::vector<double> gradient = gradient_of(start);
  const double loss = loss_of(start);
  const double squares =
      std::inner_product(gradient.begin(), gradient.end(), gradient.begin(), 0.0);
  fmt::print(
      "10. The update\n\n"
      "The gradient points uphill, so each parameter moves a little against it, in proportion:\n"
      "w ← w - rate · ∂L/∂w. That, again and again, is gradient descent, and rate is the learning\n"
      "rate. Were the landscape a plane, the loss would fall by rate · |∂L/∂w|² in a step, where\n"
      "|∂L/∂w|² is the sum of the squares of all {} derivatives. From L = {:.6g}, with\n"
      "|∂L/∂w|² = {:.6g}:\n\n"
      "   rate   promised fall      fall       kept\n",
      gradient.size(), loss, squares);
  for (const double rate : {0.001, 0.01, 0.1, 1.0}) {
    MLP net = start;
    for (std::size_t i = 0; i < gradient.size(); ++i) net.parameters()[i] -= rate * gradient[i];
    const double promised = rate * squares, fall = loss - loss_of(net);
    fmt::print("  {:5} {:15.6f} {:9.6f} {:8.3f} %\n", rate, promised, fall, 100 * fall / promised);
  }
  fmt::print(
      "\nThe shorter the step, the better the promise is kept; but short steps do not lead far.\n");
}

// ---- Many steps ----

void many_steps() {
  MLP net = chapter::network();
  GradientDescent descent(1.0);  // its step is the line above
  Series losses{"L", {}, {}};
  fmt::print("\nAgain and again, with rate {}:\n\n  step          L        a1        a2\n",
             descent.rate());
  for (std::size_t step = 0; step <= 200; ++step) {
    const std::vector<double> a = net(chapter::x);
    losses.x.push_back(static_cast<double>(step));
    losses.y.push_back(loss_of(net));
    if (step < 3 || step % 40 == 0)
      fmt::print("  {:4} {:10.6f} {:9.6f} {:9.6f}\n", step, losses.y.back(), a[0], a[1]);
    descent.step(net.parameters(), gradient_of(net));
  }
  fmt::print("\n  L  {}\n\nIt was to answer ({}, {}).\n", sparkline(losses.y, {.width = 32}),
             chapter::y[0], chapter::y[1]);
  chapter::picture("10_loss", "The loss of the sample, step by step",
                   [&](const auto& file, Theme theme) {
                     const Plot plot{.title = "200 steps of gradient descent",
                                     .x_label = "step",
                                     .y_label = "L",
                                     .series = {losses}};
                     return draw(plot, file, {.theme = theme});
                   });
}

// ---- The learning rate ----

/// Gradient descent into the valley.
void walk(chapter::Trial& trial) {
  trial.path.name = trial.heights.name = fmt::format("{} {}", trial.rate, trial.fate());
  auto [x, y] = trial.start;
  for (int step = 0; step <= chapter::trial_steps; ++step) {
    const auto [height, slope] = gradient(chapter::valley<Value>, x, y);
    if (step <= chapter::steps_on_the_map) {
      trial.path.x.push_back(x);
      trial.path.y.push_back(y);
    }
    trial.heights.x.push_back(step);
    trial.heights.y.push_back(height);
    x -= trial.rate * slope[0];
    y -= trial.rate * slope[1];
  }
}

void print_trial(const chapter::Trial& trial) {
  const double by_hand =
      chapter::valley(std::pow(trial.of_x, chapter::trial_steps) * trial.start[0],
                      std::pow(trial.of_y, chapter::trial_steps) * trial.start[1]);
  fmt::print("  {:5}   {:7.3f}   {:7.2f}   {:12.6g}   {:12.6g}   {}\n", trial.rate, trial.of_x,
             trial.of_y, trial.heights.y.back(), by_hand, trial.fate());
}

void learning_rates() {
  std::vector<chapter::Trial> trials = {
      {0.01, {-4.5, 1.5}}, {0.12, {4.5, 1.5}}, {0.19, {-4.5, -1.5}}, {0.21, {4.5, -1.5}}};
  fmt::print(
      "How long may a step be? In the valley f = x²/2 + {0}·y²/2 over two parameters x and y, a\n"
      "step multiplies x by 1 - rate and y by 1 - {0} · rate: across the valley, where it is\n"
      "steepest, a rate above {1} throws it further out at each step. f after {2} steps, by the\n"
      "tape's gradients and by this formula:\n\n"
      "   rate   x times   y times           tape        by hand\n",
      chapter::curvature, 2 / chapter::curvature, chapter::trial_steps);
  for (chapter::Trial& trial : trials) {
    walk(trial);
    print_trial(trial);
  }
  chapter::draw_trials(trials);
}

// ---- A whole training ----

void whole_training() {
  const Dataset points = chapter::two_spirals();
  MLP net({2, 8, 8, 2}, Activation::tanh, Activation::identity, 1);
  GradientDescent descent(0.1);
  const Training training{.network = net,
                          .optimizer = descent,
                          .objective = classification(),
                          .train = one_hot(points)};
  TrainingFilm film(training, {.title = "Two spirals", .class_names = {"one spiral", "the other"}});
  std::vector<DecisionMap> maps = {chapter::map_of(net, points, "before")};

  TrainerOptions options{.epochs = 300, .batch = 20};
  fmt::print(
      "And no more than that is a training. {} points on two spirals; a network 2-8-8-2 with {}\n"
      "parameters and tanh in its hidden layers, for which the loss is a cross-entropy like that\n"
      "of chapter 4, over two classes; rate {}; and at each step the mean gradient of {} of the\n"
      "points. Once through all of them is an epoch.\n\n"
      "  epoch     loss   right\n",
      points.size(), net.parameters().size(), descent.rate(), options.batch);
  options.on_epoch = [&](const EpochReport& report) {
    film.add(report);
    if (report.epoch == 50) maps.push_back(chapter::map_of(net, points, "epoch 50"));
    if (report.epoch == 1 || report.epoch % 50 == 0)
      fmt::print("  {:5}  {:7.4f}   {:3.0f} %\n", report.epoch, report.train.loss,
                 100 * report.train.accuracy);
  };
  Trainer(training, options).run();
  maps.push_back(chapter::map_of(net, points, fmt::format("epoch {}", options.epochs)));
  chapter::picture(
      "10_spirals", "What the network makes of the plane",
      [&](const auto& file, Theme theme) { return draw(maps, file, {.theme = theme}); });
  const std::filesystem::path html = chapter::output() / "10_training.html";
  film.write(html);
  fmt::print("→ {}: Look through the training, epoch by epoch\n", html.string());
}

void tell() {
  one_step();
  many_steps();
  learning_rates();
  whole_training();
}

int main() { return run_sample("10_update", tell); }
