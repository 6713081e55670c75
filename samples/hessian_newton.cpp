// hessian_newton: how much faster is downhill if one knows how the ground curves?
//
// You learn to get value, gradient g and Hessian H from one recording, and what H is good for. A
// gradient says which way is down, but not how far. With H there is a parabola that touches f, and
// Newton's method steps to its lowest point: x - H⁻¹·g. Near a minimum each step doubles the number
// of right digits. Far from it H may curve downwards, and the parabola has no lowest point; then
// we add λ to the diagonal of H, more and more, until it has one and f falls. A large λ makes it a
// short step of gradient descent. Such a step costs more: H of n variables takes n directions, 8 to
// a sweep, and the equations n³/3 operations.
//
// Run:     samples/run hessian_newton
// Prints:  the steps on Himmelblau's function of two variables, and on Rosenbrock's of twenty, each
//          beside the number of steps that gradient descent takes.
// Next:    sparse, where most of them are 0
//
// Source of the damping: Levenberg 1944, "A method for the solution of certain non-linear problems
// in least squares"; of the second function: Rosenbrock 1960, "An automatic method for finding the
// greatest or least value of a function".
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cholesky.hpp"
#include "run_sample.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

using Point = std::vector<double>;

/// (x² + y - 11)² + (x + y² - 7)²: four minima, 0 in each.
Value himmelblau(std::span<const Value> x) {
  const Value u = x[0] * x[0] + x[1] - 11;
  const Value v = x[0] + x[1] * x[1] - 7;
  return u * u + v * v;
}

/// A narrow, curved valley; its lowest point is (1, 1, ..., 1), with 0.
Value rosenbrock(std::span<const Value> x) {
  Value sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const Value across = x[i + 1] - x[i] * x[i];
    const Value along = 1 - x[i];
    sum += 100 * across * across + along * along;
  }
  return sum;
}

struct Problem {
  Value (*f)(std::span<const Value>);
  Point start;
  Point minimum;        // the one that will be found
  double descent_rate;  // about the best for gradient descent: much more, and it never arrives
};

constexpr double flat = 1e-8;  // where the gradient is as short as this, we have arrived

double distance(const Point& a, const Point& b) {
  Point difference = a;
  for (std::size_t i = 0; i < a.size(); ++i) difference[i] -= b[i];
  return norm(difference);
}

/// f without its derivatives: constants record nothing.
double value_at(const Problem& problem, const Point& x) {
  return problem.f(std::vector<Value>(x.begin(), x.end())).value();
}

struct Step {
  Point to;
  double lambda = 0;
};

/// To x - (H + λ)⁻¹·g with the first λ of 0, 1, 4, 16, ... for which H + λ curves upwards in every
/// direction and f falls.
Step find_step(const Problem& problem, const Point& x, const ValueGradientHessian& here) {
  for (double lambda = 0; lambda < 1e12; lambda = std::max(1.0, 4 * lambda)) {
    Matrix H = here.hessian;
    for (std::size_t i = 0; i < x.size(); ++i) H(i, i) += lambda;
    const std::optional<Matrix> L = cholesky(H);
    if (!L) continue;
    const Point back = solve(*L, here.gradient);
    Step step{.to = x, .lambda = lambda};
    for (std::size_t i = 0; i < x.size(); ++i) step.to[i] -= back[i];
    if (value_at(problem, step.to) < here.value) return step;
  }
  throw Error("no step leads downhill");
}

/// @return the number of steps. Prints the first of them, each tenth, and those near the minimum.
std::size_t newton(const Problem& problem) {
  fmt::print("step        f  |grad f|    λ  step length  distance to minimum\n");
  Point x = problem.start;
  std::string arrived_by = fmt::format("{:16}", "");
  for (std::size_t steps = 0;; ++steps) {
    const ValueGradientHessian here = value_gradient_hessian(problem.f, x);
    const double steepness = norm(here.gradient);
    const double left = distance(x, problem.minimum);
    if (steps < 4 || steps % 10 == 0 || left < 0.5)
      fmt::print("{:4}  {:7.1e}  {:8.1e}  {}  {:19.1e}\n", steps, here.value, steepness, arrived_by,
                 left);
    if (steepness < flat) return steps;
    const Step step = find_step(problem, x, here);
    arrived_by = fmt::format("{:3}  {:11.1e}", step.lambda, distance(x, step.to));
    x = step.to;
  }
}

std::size_t gradient_descent(const Problem& problem) {
  GradientDescent downhill(problem.descent_rate);
  Point x = problem.start;
  for (std::size_t steps = 0; steps < 1'000'000; ++steps) {
    const auto [value, g] = gradient(problem.f, x);
    if (norm(g) < flat) return steps;
    downhill.step(x, g);
  }
  throw Error("gradient descent has not arrived after a million steps");
}

void compare(const Problem& problem) {
  const std::size_t few = newton(problem);
  const std::size_t many = gradient_descent(problem);
  fmt::print("Newton's method took {} steps, gradient descent takes {}.\n", few, many);
}

void run() {
  const Problem two{.f = himmelblau, .start = {0, 0}, .minimum = {3, 2}, .descent_rate = 0.018};
  const Matrix H = hessian(himmelblau, two.start);
  fmt::print(
      "Himmelblau's function, from (0, 0). There H = ({}, {}; {}, {}): a hilltop is near, and\n"
      "without λ Newton's method would climb it.\n\n",
      H(0, 0), H(0, 1), H(1, 0), H(1, 1));
  compare(two);

  const Problem twenty{
      .f = rosenbrock, .start = Point(20, 0.0), .minimum = Point(20, 1.0), .descent_rate = 0.0011};
  fmt::print(
      "\nRosenbrock's function of 20 variables, from (0, ..., 0): a long way down a valley.\n\n");
  compare(twenty);
}

int main() { return run_sample("hessian_newton", run); }
