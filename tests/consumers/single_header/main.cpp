// A program of which nothing of tapegrad is known but the single header: each layer works. Its
// implementation is in part.cpp.
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "tapegrad_single.hpp"

using namespace tapegrad;

double cube_gradient(double at);  // of part.cpp

namespace {

bool differentiates() {
  const auto f = [](std::span<const Value> x) { return x[0] * x[0] * x[1]; };
  const std::vector<double> point{3.0, 2.0};
  const auto [value, gradient] = tapegrad::gradient(f, point);
  const Matrix second = hessian(f, point);
  return value == 18 && gradient == std::vector{12.0, 9.0} && second(0, 0) == 4 &&
         second(0, 1) == 6 && second(1, 1) == 0 && check_gradient(f, point).agrees();
}

bool replays() {
  Tape tape;
  const Value x = tape.variable(0.5, "x");
  const Value y = exp(x) * x;
  const Program program =
      differentiate(compile(tape, std::array{x}, std::array{y}, {.no_branches = true}));
  for (const Math math : {Math::exact, Math::vector}) {
    const Replay replay(program, {.math = math});
    std::vector<double> points(100), results(2 * points.size());
    for (std::size_t p = 0; p < points.size(); ++p) points[p] = 0.01 * static_cast<double>(p);
    replay.run({.points = points.size(), .inputs = points, .outputs = results});
    for (std::size_t p = 0; p < points.size(); ++p) {
      const std::vector<double> one = program.run(std::array{points[p]});
      if (results[2 * p] != one[0] || results[2 * p + 1] != one[1]) return false;
    }
  }
  return true;
}

bool learns() {
  const Dataset points{
      .inputs = 2, .classes = 2, .x = {0, 0, 0, 1, 1, 0, 1, 1}, .labels = {0, 1, 1, 0}};
  MLP net({2, 8, 2}, Activation::tanh, Activation::identity, 1);
  Adam adam(0.05);
  Trainer trainer(
      {.network = net, .optimizer = adam, .objective = classification(), .train = one_hot(points)},
      {.epochs = 200, .batch = 4});
  return trainer.run().epochs.back().train.accuracy == 1;
}

bool explains() {
  Tape tape;
  const Value p = tape.variable(0.0, "p"), w = tape.variable(2.0, "w");
  const Value spoilt = p * log(p);
  const Value y = w * w + 3 * w;
  const Explanation why = explain(y, w);
  const std::string found = to_string(find_anomalies(spoilt));
  return why.derivative == 7 && why.path_count == 3 && found.find("log") != std::string::npos;
}

bool refuses_files_of_networks() {
  const MLP net({2, 1}, Activation::tanh, Activation::tanh, 1);
  try {
    save_network(net, "net.safetensors");
    return false;
  } catch (const UnsupportedError&) {
    return true;
  }
}

}  // namespace

int main() {
  if (library_version() != TAPEGRAD_VERSION) return 1;
  if (cube_gradient(2) != 12) return 2;
  if (!differentiates()) return 3;
  if (!replays()) return 4;
  if (!learns()) return 5;
  if (!explains()) return 6;
  if (!refuses_files_of_networks()) return 7;
}
