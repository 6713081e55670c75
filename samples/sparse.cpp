// sparse: Newton's method for a soap film, without the zeros of its Hessian
//
// You learn what a Hessian of mostly zeros costs. A soap film in a bent frame takes the shape of
// the least area; we know its height at 12 x 12 points. A height changes the area of the triangles
// around its point only, so it interacts with six others. tapegrad finds that out from what is
// recorded, colours the points so that one direction does for many, and reads each second
// derivative from few sweeps. The plan of that is made once; Newton's method uses it at each step.
//
// Run:     samples/run sparse
// Prints:  the pattern as a picture, the colours and sweeps, the steps of Newton's method, and what
//          10,000 variables cost that interact with their neighbours.
// Next:    black_scholes, where they have names
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

constexpr std::size_t side = 12;              // heights that are free, along each side
constexpr double spacing = 1.0 / (side + 1);  // between points, of a frame of length 1

/// A saddle, at point (i, j) of (side + 2)²: the frame, and where the film starts.
double saddle(std::size_t i, std::size_t j) {
  const double u = spacing * static_cast<double>(i), v = spacing * static_cast<double>(j);
  return 0.5 * (std::cos(3 * u) - std::cos(3 * v));
}

/// The film's height at a point; those on the frame are constants.
Value height(std::span<const Value> x, std::size_t i, std::size_t j) {
  const bool on_frame = i == 0 || j == 0 || i == side + 1 || j == side + 1;
  return on_frame ? saddle(i, j) : x[(i - 1) * side + (j - 1)];
}

/// Of a triangle with a right angle, from the heights there and at its two neighbours.
Value triangle(Value corner, Value along, Value across) {
  const Value slope_u = (along - corner) / spacing;
  const Value slope_v = (across - corner) / spacing;
  return spacing * spacing / 2 * sqrt(1 + slope_u * slope_u + slope_v * slope_v);
}

/// The film's area: two triangles in each square of the grid.
Value area(std::span<const Value> x) {
  Value total = 0;
  for (std::size_t i = 0; i <= side; ++i) {
    for (std::size_t j = 0; j <= side; ++j) {
      const Value here = height(x, i, j), opposite = height(x, i + 1, j + 1);
      const Value right = height(x, i + 1, j), below = height(x, i, j + 1);
      total += triangle(here, right, below);
      total += triangle(opposite, below, right);
    }
  }
  return total;
}

/// A dot for each entry, eight to a character: Braille, from U+2800 on.
std::string picture(const SparsityPattern& pattern) {
  constexpr unsigned bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  std::string text;
  for (std::size_t top = 0; top < pattern.rows; top += 4) {
    std::vector<unsigned> line((pattern.columns + 1) / 2);
    for (std::size_t i = top; i < std::min(top + 4, pattern.rows); ++i)
      for (const std::size_t j : pattern.row(i)) line[j / 2] |= bits[i - top][j % 2];
    for (const unsigned dots : line) {
      text += "\xE2";
      text += static_cast<char>(0xA0 | dots >> 6);
      text += static_cast<char>(0x80 | (dots & 0x3F));
    }
    text += '\n';
  }
  return text;
}

double inner(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<double> product(const SparseMatrix& matrix, std::span<const double> v) {
  std::vector<double> result(matrix.rows);
  for (const Triplet& entry : matrix.triplets())
    result[entry.row] += entry.number * v[entry.column];
  return result;
}

/// p of H·p = g, by conjugate gradients: it asks for nothing but products.
/// Source: Hestenes & Stiefel 1952.
std::vector<double> solve(const SparseMatrix& h, const std::vector<double>& g) {
  std::vector<double> p(g.size()), rest = g, direction = g;
  double size = inner(rest, rest);
  for (std::size_t step = 0; step < 10 * g.size() && size > 1e-30 * inner(g, g); ++step) {
    const std::vector<double> moved = product(h, direction);
    const double length = size / inner(direction, moved);
    for (std::size_t i = 0; i < p.size(); ++i) {
      p[i] += length * direction[i];
      rest[i] -= length * moved[i];
    }
    const double before = size;
    size = inner(rest, rest);
    for (std::size_t i = 0; i < p.size(); ++i)
      direction[i] = rest[i] + size / before * direction[i];
  }
  return p;
}

/// The largest difference of any two entries, relative to the largest entry.
double largest_difference(const Matrix& a, const Matrix& b) {
  double difference = 0, size = 0;
  for (std::size_t k = 0; k < a.numbers.size(); ++k) {
    difference = std::max(difference, std::abs(a.numbers[k] - b.numbers[k]));
    size = std::max(size, std::abs(b.numbers[k]));
  }
  return difference / size;
}

void find_film() {
  std::vector<double> x;
  for (std::size_t i = 1; i <= side; ++i)
    for (std::size_t j = 1; j <= side; ++j) x.push_back(saddle(i, j));
  const HessianPlan plan(area, x);
  fmt::print("The film's area by {} heights. Where its Hessian is not 0:\n\n{}\n", x.size(),
             picture(plan.pattern()));
  fmt::print("{} entries of {}, {} colours; sweeps: {} in place of {}\n",
             plan.pattern().non_zeros(), x.size() * x.size(), plan.colors(), plan.sweeps(),
             (x.size() + 15) / 16);
  const double difference =
      largest_difference(sparse_hessian(area, x, plan).to_dense(), hessian(area, x));
  fmt::print("Beside the dense Hessian: {}\n\n",
             difference < 1e-12 ? "equal" : fmt::format("off by {:.1e}", difference));

  fmt::print("Newton's method, from a saddle:\n  step      area   |gradient|\n");
  for (std::size_t step = 0; step < 20; ++step) {
    const auto [value, slope] = gradient(area, x);
    const double steepness = std::sqrt(inner(slope, slope));
    const bool at_rest = steepness < 1e-9;
    fmt::print("{:6}  {:.6f}  {:>11}\n", step, value,
               at_rest ? "below 1e-9" : fmt::format("{:.1e}", steepness));
    if (at_rest) break;
    const std::vector<double> way = solve(sparse_hessian(area, x, plan), slope);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] -= way[i];
  }
}

/// Source: Rosenbrock 1960; as a chain, Moré, Garbow & Hillstrom 1981.
Value rosenbrock(std::span<const Value> x) {
  Value sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    sum += 100 * pow(x[i + 1] - x[i] * x[i], 2) + pow(1 - x[i], 2);
  return sum;
}

void measure_chain() {
  const std::vector<double> x(10'000, 1.0);
  const auto [h, colors, sweeps] = sparse_hessian(rosenbrock, x);
  fmt::print("\nA chain of {} variables (Rosenbrock's function):\n", x.size());
  fmt::print("{} entries of {}, {} colours; sweeps: {} in place of {}\n", h.non_zeros(),
             x.size() * x.size(), colors, sweeps, x.size() / 16);
  fmt::print("In the middle: {:6.0f} {:6.0f} {:6.0f}\n", h(5000, 4999), h(5000, 5000),
             h(5000, 5001));
}

void run() {
  find_film();
  measure_chain();
}

int main() { return run_sample("sparse", run); }
