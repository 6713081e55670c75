// himmelblau: where does a gradient lead?
//
// You learn the shortest way to a gradient, one call of gradient(f, x), and what it is good for: a
// step against it goes downhill. Himmelblau's function f(x, y) = (x² + y - 11)² + (x + y² - 7)² has
// four minima, and is 0 in each. From four starts gradient descent finds each of them.
//
// Run:     samples/run himmelblau
// Prints:  each path, and the minimum that it found beside the known one. A map of the landscape
//          with the four paths is drawn to output/himmelblau.svg.
// Next:    xor, where it leads a network
//
// Source of the function: Himmelblau 1972, "Applied Nonlinear Programming"; of the minima: its
// roots, where both squares are 0.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "output.hpp"
#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

using Point = std::array<double, 2>;

/// For plain numbers, which the map is drawn from, and for Values, which can be differentiated.
template <class T> T himmelblau(T x, T y) {
  const T u = x * x + y - 11;
  const T v = x + y * y - 7;
  return u * u + v * v;
}

constexpr std::array minima{Point{3, 2}, Point{-2.805118, 3.131313}, Point{-3.779310, -3.283186},
                            Point{3.584428, -1.848127}};

double distance(Point a, Point b) { return std::hypot(a[0] - b[0], a[1] - b[1]); }

Point nearest_minimum(Point point) {
  return *std::min_element(minima.begin(), minima.end(), [&](Point a, Point b) {
    return distance(point, a) < distance(point, b);
  });
}

/// Downhill until the ground is flat; prints every few steps.
std::vector<Point> descend(Point point) {
  fmt::print("  step          x          y          f     |grad f|\n");
  GradientDescent downhill(0.01);
  std::vector<Point> path{point};
  for (std::size_t step = 0; step < 10'000; ++step) {
    const auto [value, slope] = gradient(himmelblau<Value>, point[0], point[1]);
    const double steepness = std::hypot(slope[0], slope[1]);
    const bool flat = steepness < 1e-6;
    if (flat || step < 4 || step % 10 == 0)
      fmt::print("{:6}  {:9.5f}  {:9.5f}  {:9.3g}  {:11.3g}\n", step, point[0], point[1], value,
                 steepness);
    if (flat) break;
    downhill.step(point, slope);
    path.push_back(point);
  }
  return path;
}

void draw_map(const std::vector<Series>& paths) {
  const Contour map{.title = "Gradient descent on Himmelblau's function",
                    .x_label = "x",
                    .y_label = "y",
                    .grid = sample_grid(himmelblau<double>, {-5, 5}, {-5, 5}),
                    .paths = paths};
  print_files("The map", draw(map, output_folder() / "himmelblau.svg"));
}

void run() {
  fmt::print("f(x, y) = (x² + y - 11)² + (x + y² - 7)², downhill from four starts.\n\n");
  std::vector<Series> paths;
  for (const Point start : {Point{0, 0}, Point{-1, 1}, Point{-1, -1}, Point{1, -2}}) {
    fmt::print("{}From ({}, {}):\n", paths.empty() ? "" : "\n", start[0], start[1]);
    const std::vector<Point> path = descend(start);
    const Point end = path.back();
    const Point minimum = nearest_minimum(end);
    fmt::print("The minimum ({:.5f}, {:.5f}); known: ({:.5f}, {:.5f})\n", end[0], end[1],
               minimum[0], minimum[1]);
    Series series{.name = fmt::format("from ({}, {})", start[0], start[1]), .x = {}, .y = {}};
    for (const Point& point : path) {
      series.x.push_back(point[0]);
      series.y.push_back(point[1]);
    }
    paths.push_back(series);
  }
  draw_map(paths);
}

int main() { return run_sample("himmelblau", run); }
