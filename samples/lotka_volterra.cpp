// lotka_volterra: which rates are behind the numbers that were measured?
//
// You learn to fit a differential equation to measurements, with the derivatives of its solution.
// Prey x and predators y, in thousands, follow the equations of Lotka and Volterra:
//
//   dx/dt = alpha·x - beta·x·y       births, and those that are eaten
//   dy/dt = delta·x·y - gamma·y      births, the more there is to eat, and deaths
//
// A solver by Runge and Kutta records how each predicted number comes from six parameters: the four
// rates, and x and y at the start. The Jacobian J of the residuals r is all that the method of
// Gauss and Newton needs. It steps to the minimum of ‖r + J·d‖, where JᵀJ·d = -Jᵀr; and the inverse
// of JᵀJ says how far each parameter can be trusted.
//
// The measurements are synthetic: solutions for known parameters, each number multiplied by
// exp(0.1·n) with n of a seeded normal distribution, which makes it about 10 % wrong. So we can
// compare, at the end, what was found with what was put in.
//
// Run:     samples/run lotka_volterra         (samples/run lotka_volterra --seed 7: other errors)
// Prints:  the steps of the fit; the parameters, true and found, with standard errors. Curves and
//          measurements are drawn to output/lotka_volterra.svg.
// Next:    implicit, where no formula leads to what is differentiated
//
// Sources: Lotka 1925, "Elements of Physical Biology"; Volterra 1926, "Fluctuations in the
// Abundance of a Species Considered Mathematically".
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "cholesky.hpp"
#include "lotka_volterra_report.hpp"
#include "options.hpp"
#include "tapegrad/tapegrad.hpp"

using namespace tapegrad;

constexpr std::array names{"alpha", "beta", "gamma", "delta", "x(0)", "y(0)"};
constexpr std::array units{"1/year",          "1/year/thousand", "1/year",
                           "1/year/thousand", "thousand",        "thousand"};
constexpr std::array truth{0.6, 0.03, 0.8, 0.025, 30.0, 5.0};

constexpr std::size_t measurements = 41;  // of prey and of predators, in 20 years
constexpr double years_between = 0.5;
constexpr std::size_t steps_between = 10;  // of the solver
constexpr double relative_error = 0.1;

template <class T> struct Animals { T x, y; };

template <class T> Animals<T> operator+(Animals<T> a, Animals<T> b) {
  return {a.x + b.x, a.y + b.y};
}
template <class T> Animals<T> operator*(double factor, Animals<T> a) {
  return {factor * a.x, factor * a.y};
}

/// The equations and their solution, for plain numbers and for Values alike.
template <class T> struct Model {
  explicit Model(std::span<const T> p)
      : alpha(p[0]), beta(p[1]), gamma(p[2]), delta(p[3]), start{p[4], p[5]} {}

  T alpha, beta, gamma, delta;
  Animals<T> start;

  Animals<T> change(Animals<T> now) const {
    return {alpha * now.x - beta * now.x * now.y, delta * now.x * now.y - gamma * now.y};
  }

  /// h years on. Source: Kutta 1901, the method of order 4.
  Animals<T> step(Animals<T> now, double h) const {
    const Animals<T> k1 = change(now);
    const Animals<T> k2 = change(now + h / 2 * k1);
    const Animals<T> k3 = change(now + h / 2 * k2);
    const Animals<T> k4 = change(now + h * k3);
    return now + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }

  /// After each step of the solver, from 0 to the time of the last measurement.
  std::vector<Animals<T>> solve() const {
    std::vector<Animals<T>> path{start};
    while (path.size() <= (measurements - 1) * steps_between)
      path.push_back(step(path.back(), years_between / steps_between));
    return path;
  }
};

History history(std::span<const double> parameters) {
  History all;
  for (const Animals<double>& now : Model<double>(parameters).solve()) {
    all.years.push_back(static_cast<double>(all.years.size()) * years_between / steps_between);
    all.prey.push_back(now.x);
    all.predators.push_back(now.y);
  }
  return all;
}

History measure(std::uint64_t seed) {
  Random random(seed);
  const auto disturbed = [&](double x) { return x * std::exp(relative_error * random.normal()); };
  const History all = history(truth);
  History measured;
  for (std::size_t i = 0; i < all.years.size(); i += steps_between) {
    measured.years.push_back(all.years[i]);
    measured.prey.push_back(disturbed(all.prey[i]));
    measured.predators.push_back(disturbed(all.predators[i]));
  }
  return measured;
}

double mean(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

/// Where the fit begins. Around the middle of a cycle, where births balance deaths (x =
/// gamma/delta, y = alpha/beta), it takes 2π/√(alpha·gamma) years; and the middle is the mean.
std::vector<double> guess(const History& measured) {
  constexpr double two_pi = 6.283185307179586;
  constexpr double years_per_cycle = 10;  // as one sees in the measurements
  const double rate = two_pi / years_per_cycle;
  return {rate,
          rate / mean(measured.predators),
          rate,
          rate / mean(measured.prey),
          measured.prey[0],
          measured.predators[0]};
}

/// ln(predicted / measured), about the relative error: of prey and predators by turns.
std::vector<Value> residuals(std::span<const Value> parameters, const History& measured) {
  const std::vector<Animals<Value>> path = Model<Value>(parameters).solve();
  std::vector<Value> r;
  for (std::size_t i = 0; i < measurements; ++i) {
    r.push_back(log(path[i * steps_between].x / measured.prey[i]));
    r.push_back(log(path[i * steps_between].y / measured.predators[i]));
  }
  return r;
}

/// JᵀJ.
Matrix squared(const Matrix& J) {
  Matrix square(J.columns, J.columns);
  for (std::size_t k = 0; k < J.rows; ++k)
    for (std::size_t i = 0; i < J.columns; ++i)
      for (std::size_t j = 0; j < J.columns; ++j) square(i, j) += J(k, i) * J(k, j);
  return square;
}

/// Jᵀr.
std::vector<double> transposed_product(const Matrix& J, std::span<const double> r) {
  std::vector<double> product(J.columns);
  for (std::size_t k = 0; k < J.rows; ++k)
    for (std::size_t i = 0; i < J.columns; ++i) product[i] += J(k, i) * r[k];
  return product;
}

/// The roots of the diagonal of s²·(JᵀJ)⁻¹, where JᵀJ = L·Lᵀ, and s² = ‖r‖² / (82 - 6) is the
/// variance of 82 residuals around a fit of 6 parameters.
std::vector<double> standard_errors(const Matrix& L, std::span<const double> r) {
  const double s = norm(r) / std::sqrt(static_cast<double>(r.size() - L.rows));
  std::vector<double> errors;
  for (std::size_t i = 0; i < L.rows; ++i) {
    std::vector<double> unit(L.rows);
    unit[i] = 1;
    errors.push_back(s * std::sqrt(solve(L, unit)[i]));
  }
  return errors;
}

struct Fit {
  std::vector<double> parameters;
  std::vector<double> standard_errors;
};

Fit fit(const History& measured) {
  const auto residuals_of = [&](std::span<const Value> p) { return residuals(p, measured); };
  fmt::print("step   misfit");
  for (const char* name : names) fmt::print("{:>11}", name);
  fmt::print("\n");
  std::vector<double> p = guess(measured);
  for (std::size_t step = 0; step < 50; ++step) {
    const auto [r, J] = values_and_jacobian(residuals_of, p);
    const double misfit = norm(r) / std::sqrt(static_cast<double>(r.size()));
    fmt::print("{:4}  {:5.2f} %", step, 100 * misfit);
    for (double parameter : p) fmt::print("{:11.4f}", parameter);
    fmt::print("\n");
    const std::optional<Matrix> L = cholesky(squared(J));
    if (!L) break;
    const std::vector<double> back = solve(*L, transposed_product(J, r));
    if (norm(back) < 1e-4 * norm(p)) return {p, standard_errors(*L, r)};
    for (std::size_t i = 0; i < p.size(); ++i) p[i] -= back[i];
  }
  throw Error("the fit went astray; try another seed");
}

void print_comparison(const Fit& found) {
  fmt::print(
      "\n       unit                true    found  standard error  off by standard errors\n");
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double off = (found.parameters[i] - truth[i]) / found.standard_errors[i];
    fmt::print("{:5}  {:15}  {:7}  {:7.4f}  {:14.4f}  {:+22.1f}\n", names[i], units[i], truth[i],
               found.parameters[i], found.standard_errors[i], off);
  }
}

void run(std::uint64_t seed) {
  const History measured = measure(seed);
  fmt::print("Prey and predators, counted {} times in {} years, synthetic, {} % wrong.\n\n",
             measurements, measured.years.back(), 100 * relative_error);
  const Fit found = fit(measured);
  print_comparison(found);
  draw_curves(history(found.parameters), measured, relative_error);
}

int main(int argc, char** argv) {
  std::uint64_t seed = 1;
  CommandLine line("lotka_volterra", "rates of births and deaths, from counted animals");
  line.number("--seed", seed, {0, UINT64_MAX}, "of what makes the measurements wrong");
  return line.run(argc, argv, [&] { run(seed); });
}
