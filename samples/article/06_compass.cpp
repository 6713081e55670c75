// article/06_compass: what does a gradient say?
//
// You learn to read a gradient as a compass. A function of two parameters is a landscape, and its
// gradient at a point is two numbers: the slope towards east and the slope towards north. Together
// they know the slope towards every other direction as well, and which of all directions is the
// steepest. Against it, step by step, lies the way down into a valley.
//
// Run:     samples/run article/06_compass    (all ten, as a page: samples/run article)
// Prints:  the gradient at four points beside its formula, the slopes in eight directions beside
//          nudges, and where the way down leads from four starts. The landscape with compass
//          needles and paths is drawn to output/article.
// Next:    07_forward, back to the network, whose compass has a needle for each of its parameters
//
// Source of the function: Himmelblau 1972, "Applied Nonlinear Programming".
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "chapter.hpp"
#include "compass_pictures.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

using Point = std::array<double, 2>;

template <class T> T himmelblau(T x, T y) {
  const T u = x * x + y - 11;
  const T v = x + y * y - 7;
  return u * u + v * v;
}

constexpr double rate = 0.01;  // of a step: too long a one would leap over the valley

Point compass(Point p) { return gradient(himmelblau<Value>, p[0], p[1]).gradient; }

void compare_with_formula() {
  fmt::print(
      "6. The gradient as a compass\n\n"
      "Two parameters make a landscape. Here they are called x and y, and are no sample and no\n"
      "truth: f(x, y) = (x² + y - 11)² + (x + y² - 7)². The gradient is the slope towards east,\n"
      "∂f/∂x, and towards north, ∂f/∂y. The tape records f and sweeps; by hand it is:\n\n"
      "  ∂f/∂x = 4x·(x² + y - 11) + 2·(x + y² - 7)\n"
      "  ∂f/∂y = 2·(x² + y - 11) + 4y·(x + y² - 7)\n\n"
      "   x    y        f     ∂f/∂x  by hand     ∂f/∂y  by hand\n");
  for (const auto [x, y] : {Point{0, 0}, Point{1, 3}, Point{-4, 1}, Point{3, 2}}) {
    const Point tape = compass({x, y});
    const double u = x * x + y - 11, v = x + y * y - 7;
    fmt::print("{:4} {:4} {:8.6g}  {:8.6g} {:8.6g}  {:8.6g} {:8.6g}\n", x, y, himmelblau(x, y),
               tape[0], 4 * x * u + 2 * v, tape[1], 2 * u + 4 * y * v);
  }
}

void look_around(Point p) {
  const Point needle = compass(p);
  const double steepest = std::hypot(needle[0], needle[1]);
  const auto print_slope = [&](const std::string& name, double east, double north) {
    const double h = 1e-4;
    const double nudge = (himmelblau(p[0] + h * east, p[1] + h * north) -
                          himmelblau(p[0] - h * east, p[1] - h * north)) /
                         (2 * h);
    fmt::print("{:12} {:9.4f} {:9.4f}\n", name, needle[0] * east + needle[1] * north, nudge);
  };
  fmt::print(
      "\nWe stand at ({}, {}) and look around. The slope towards a direction of length 1 is\n"
      "gradient · direction; a nudge of f that way knows nothing of gradients, and agrees.\n\n"
      "towards      gradient     nudge\n",
      p[0], p[1]);
  const double d = std::sqrt(0.5);
  print_slope("east", 1, 0);
  print_slope("north-east", d, d);
  print_slope("north", 0, 1);
  print_slope("north-west", -d, d);
  print_slope("west", -1, 0);
  print_slope("south-west", -d, -d);
  print_slope("south", 0, -1);
  print_slope("south-east", d, -d);
  print_slope("gradient", needle[0] / steepest, needle[1] / steepest);
  print_slope("- gradient", -needle[0] / steepest, -needle[1] / steepest);
  fmt::print(
      "\nNo direction is steeper than the gradient itself: its length is {:.4f}. And against it,\n"
      "f falls as fast as it can.\n",
      steepest);
}

/// Against the gradient until the ground is flat.
Series descend(Point start) {
  Series path{fmt::format("from ({}, {})", start[0], start[1]), {start[0]}, {start[1]}};
  Point p = start, slope = compass(p);
  while (std::hypot(slope[0], slope[1]) > 1e-6) {
    for (std::size_t i = 0; i < 2; ++i) p[i] -= rate * slope[i];
    path.x.push_back(p[0]);
    path.y.push_back(p[1]);
    slope = compass(p);
  }
  fmt::print("({:2}, {:2}) {:9}     ({:8.5f}, {:8.5f}) {:13.1e} {:13.1e}\n", start[0], start[1],
             path.x.size() - 1, p[0], p[1], p[0] * p[0] + p[1] - 11, p[0] + p[1] * p[1] - 7);
  return path;
}

void tell() {
  compare_with_formula();
  look_around({0, 0});

  fmt::print(
      "\nSo walk: by {} · gradient against the gradient, look at the compass, and again, until\n"
      "the ground is flat. Both brackets of f are 0 then, and no square is less: it is a\n"
      "minimum.\n\n"
      "start        steps      end                      x² + y - 11    x + y² - 7\n",
      rate);
  std::vector<Series> paths;
  for (const Point start : {Point{0, 0}, Point{-1, 1}, Point{-1, -1}, Point{1, -2}})
    paths.push_back(descend(start));

  chapter::draw_compass(himmelblau<double>, compass, paths);

  const MLP net = chapter::network();
  fmt::print(
      "The map's legend tells the lowest and the highest of the points that were drawn; the\n"
      "minima, 0, are between them.\n\n"
      "Which valley one ends in, the start decides. The loss of the 2-3-2 network is a\n"
      "landscape, too, over {} parameters instead of two. Nobody can draw all of it; its\n"
      "compass works alike.\n",
      net.parameters().size());
}

int main() { return run_sample("06_compass", tell); }
