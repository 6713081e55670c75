// xor: why does a network need a hidden layer?
//
// You learn to train with nothing but a tape: the network is called on Values, the losses are added
// up, a sweep gives the gradient, an optimiser takes a step; that is the whole of it. What is to be
// learnt are four points: "exclusive or" is 1 where one of two inputs is 1, and 0 where none or
// both are.
//
// A single neuron cannot learn it, and we watch it fail. It says 1 where its pre-activation
// pa = w1·x1 + w2·x2 + b is positive, so what it decides is divided by a straight line. Whatever
// the weights, pa(0,0) + pa(1,1) = pa(0,1) + pa(1,0), because both are w1 + w2 + 2b. The left sum
// would have to be negative, the right one positive. So it learns to answer 0.5 to everything.
// Two neurons before it are enough: they draw a line each, and it takes what is between. They may
// find other lines, though, from where no way leads downhill: about every other seed gets stuck, as
// --seed 1 does. With --hidden 4 hardly one does.
//
// Run:     samples/run xor     (--help: rates, seeds, more hidden neurons)
// Prints:  the four answers while it learns, of one neuron and of the network. What both make of
//          the whole plane is drawn to output/xor.svg.
// Next:    spirals, where two lines are not enough
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "options.hpp"
#include "output.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

struct Options {
  std::size_t hidden = 2;
  std::size_t steps = 300;
  double rate = 0.05;
  std::uint64_t seed = 2;
};

struct Point {
  std::array<double, 2> x;
  double y;
};

constexpr std::array<Point, 4> points{{{{0, 0}, 0}, {{0, 1}, 1}, {{1, 0}, 1}, {{1, 1}, 0}}};

/// The probability of a 1, from the network's only output, which is a pre-activation.
double answer(const MLP& net, std::span<const double> x) { return sigmoid(net(x)[0]); }

/// The mean loss of the four points, recorded on the active tape.
Value mean_loss(MLP& net) {
  Value sum = 0;
  for (const Point& point : points) {
    const std::array<Value, 2> x{point.x[0], point.x[1]};
    sum += binary_cross_entropy(net(x)[0], point.y);
  }
  return sum / static_cast<double>(points.size());
}

void print_answers(std::size_t step, double loss, const MLP& net) {
  fmt::print("{:6}  {:8.5f}", step, loss);
  for (const Point& point : points) fmt::print("  {:5.3f}", answer(net, point.x));
  fmt::print("\n");
}

void train(MLP& net, const Options& options) {
  fmt::print("  step      loss    0,0    0,1    1,0    1,1\n");
  Adam adam(options.rate);
  Tape tape;
  for (std::size_t step = 0; step <= options.steps; ++step) {
    const Value loss = mean_loss(net);
    tape.backward(loss);
    if (step % (options.steps < 6 ? 1 : options.steps / 6) == 0)
      print_answers(step, loss.value(), net);
    adam.step(net.parameters(), net.gradient());
    tape.clear();
  }
}

/// How many of the four are on the right side of 0.5.
std::size_t count_right(const MLP& net) {
  std::size_t right = 0;
  for (const Point& point : points) right += (answer(net, point.x) > 0.5) == (point.y > 0.5);
  return right;
}

DecisionMap map_of(const MLP& net, const std::string& title) {
  DecisionMap map{.title = title,
                  .grid = sample_grid(
                      [&](double x1, double x2) {
                        return answer(net, std::array{x1, x2});
                      },
                      {-0.5, 1.5}, {-0.5, 1.5}, 100),
                  .classes = {Series{"0", {}, {}}, Series{"1", {}, {}}}};
  for (const Point& point : points) {
    Series& of_class = map.classes[point.y > 0.5 ? 1 : 0];
    of_class.x.push_back(point.x[0]);
    of_class.y.push_back(point.x[1]);
  }
  return map;
}

void run(const Options& options) {
  fmt::print("One neuron:\n");
  MLP neuron({2, 1}, Activation::tanh, Activation::identity, options.seed);
  train(neuron, options);
  fmt::print(
      "No line has both points of a 1 on one side and both of a 0 on the other. The best that it\n"
      "can do is to answer 0.5 to everything, for a loss of ln 2 = {:.5f}.\n\n",
      std::log(2.0));

  fmt::print("{} neurons before it:\n", options.hidden);
  MLP network({2, options.hidden, 1}, Activation::tanh, Activation::identity, options.seed);
  train(network, options);
  fmt::print("{} of 4 answers are right.\n", count_right(network));

  print_files("What they make of the plane",
              draw({map_of(neuron, "One neuron"),
                    map_of(network, fmt::format("{} hidden neurons", options.hidden))},
                   output_folder() / "xor.svg"));
}

int main(int argc, char** argv) {
  Options options;
  CommandLine line("xor", "the smallest thing that needs a hidden layer");
  line.number("--hidden", options.hidden, {1, 100}, "neurons of the hidden layer");
  line.number("--steps", options.steps, {1, 1'000'000}, "of the optimiser");
  line.number("--rate", options.rate, {1e-300, 1e300}, "learning rate of Adam");
  line.number("--seed", options.seed, {0, UINT64_MAX}, "for the first weights");
  return line.run(argc, argv, [&] { run(options); });
}
