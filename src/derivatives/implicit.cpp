#include "tapegrad/derivatives/implicit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "factorisation.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/derivatives/hessian.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/derivatives/user_operation.hpp"
#include "values_of.hpp"

namespace tapegrad {
namespace {

using Numbers = std::span<const double>;

double largest(Numbers numbers) {
  double size = 0;
  for (double number : numbers)
    if (!(std::abs(number) <= size)) size = std::abs(number);  // NaN is the largest
  return size;
}

// Euclidean; scaled, so that neither large nor small numbers are lost in squares.
double length(Numbers numbers) {
  const double size = largest(numbers);
  if (size == 0 || !std::isfinite(size)) return size;
  double sum = 0;
  for (double number : numbers) sum += (number / size) * (number / size);
  return size * std::sqrt(sum);
}

/// F as a function of all its numbers: the unknowns, and behind them the parameters.
class Equations {
 public:
  Equations(const Residual& residual, std::size_t unknowns, const std::string& name)
      : residual_(residual), n_(unknowns), name_(name) {}

  std::vector<Value> operator()(std::span<const Value> all) const {
    std::vector<Value> values = residual_(all.first(n_), all.subspan(n_));
    if (values.size() != n_)
      throw ShapeError(
          fmt::format("{}: the residual gives {} numbers for {} unknowns; it has to "
                      "give as many",
                      name_, values.size(), n_));
    return values;
  }

 private:
  const Residual& residual_;
  std::size_t n_;
  const std::string& name_;
};

// ---- On the way to the root ----

/// A point, F there, and what its Jacobian is made of.
struct Place {
  std::vector<double> all;  // unknowns and parameters
  std::vector<double> residual;
  Matrix by_unknowns;    // n × n
  Matrix by_parameters;  // n × m
};

Place look_at(const Equations& equations, std::size_t n, std::vector<double> all) {
  ValuesAndJacobian found = values_and_jacobian(equations, all);
  const std::size_t m = all.size() - n;
  Place place{std::move(all), std::move(found.values), Matrix(n, n), Matrix(n, m)};
  for (std::size_t i = 0; i < n; ++i) {
    const Numbers row = found.jacobian.row(i);
    for (std::size_t k = 0; k < n; ++k) place.by_unknowns(i, k) = row[k];
    for (std::size_t k = 0; k < m; ++k) place.by_parameters(i, k) = row[n + k];
  }
  return place;
}

class Newton {
 public:
  Newton(const Residual& residual, Numbers guess, Numbers parameters, const RootOptions& options,
         const std::string& name)
      : equations_(residual, guess.size(), name), n_(guess.size()), options_(options), name_(name) {
    std::vector<double> all(guess.begin(), guess.end());
    all.insert(all.end(), parameters.begin(), parameters.end());
    here_ = look_at(equations_, n_, std::move(all));
  }

  /// Goes to the root.
  Place find() {
    for (std::size_t iteration = 0; iteration < options_.most_iterations; ++iteration) {
      if (!std::isfinite(largest(here_.residual))) give_up(iteration, "it is not finite");
      const std::vector<double> step = factorised().solve(here_.residual, 1);
      const double length_of_step = largest(step);
      if (!std::isfinite(length_of_step)) give_up(iteration, "Newton's step is not finite");
      const double size = std::max(largest(unknowns()), options_.scale);
      const bool has_arrived = length_of_step <= options_.tolerance * size;
      std::optional<Place> next = smaller(step, has_arrived ? length_of_step : 1e-16 * size);
      // Where rounding lets the residual fall no further, a step that is small is good enough.
      constexpr double nearly = 1e-6;
      if (!next && !has_arrived && length_of_step > nearly * size)
        give_up(iteration, "no step along Newton's direction makes it smaller");
      const bool is_last = has_arrived || !next;
      if (next) here_ = std::move(*next);
      if (is_last) return std::move(here_);
    }
    give_up(options_.most_iterations, "still on its way");
  }

  Factorisation factorised() const { return factorised(here_); }
  /// Of ∂F/∂u there.
  Factorisation factorised(const Place& place) const {
    return {
        place.by_unknowns.numbers, n_,
        fmt::format("{}: at u = {}, where another guess may help, the Jacobian of the residual by "
                    "the unknowns",
                    name_, point(place))};
  }

 private:
  Numbers unknowns() const { return Numbers(here_.all).first(n_); }

  // The first of the whole step, its half, ... down to the shortest that leads to a smaller
  // residual.
  std::optional<Place> smaller(Numbers step, double shortest) const {
    const double before = length(here_.residual);
    if (before == 0) return std::nullopt;
    for (double fraction = 1; fraction * largest(step) >= shortest; fraction /= 2) {
      if (fraction * largest(step) == 0) break;  // too small for a number
      std::vector<double> all = here_.all;
      for (std::size_t i = 0; i < n_; ++i) all[i] -= fraction * step[i];
      Place there = look_at(equations_, n_, std::move(all));
      if (length(there.residual) < before) return there;
    }
    return std::nullopt;
  }

  std::string point(const Place& place) const {
    constexpr std::size_t shown = 4;
    std::string text = "(";
    for (std::size_t i = 0; i < std::min(n_, shown); ++i)
      text += fmt::format("{}{:.6g}", i == 0 ? "" : ", ", place.all[i]);
    return text + (n_ > shown ? ", ...)" : ")");
  }

  [[noreturn]] void give_up(std::size_t iterations, const char* why) const {
    throw NoConvergenceError(fmt::format(
        "{}: no root after {} iterations: at u = {} the largest residual is {:.3g}, and {}; start "
        "nearer to it, or see whether there is one",
        name_, iterations, point(here_), largest(here_.residual), why));
  }

  Equations equations_;
  std::size_t n_;
  const RootOptions& options_;
  const std::string& name_;
  Place here_;
};

// ---- On the tape ----

class ImplicitFunction : public External {
 public:
  ImplicitFunction(std::string name, Residual residual, Place root, Factorisation by_unknowns)
      : name_(std::move(name)),
        residual_(std::move(residual)),
        by_unknowns_(std::move(by_unknowns)),
        by_parameters_(std::move(root.by_parameters)),
        all_(std::move(root.all)) {}

  std::string_view name() const override { return name_; }

  void pull_back(Numbers, Numbers u_adjoints, std::span<double> p_adjoints) const override {
    subtract_by_parameters(by_unknowns_.solve_transposed(u_adjoints, 1), p_adjoints);
  }

  void push_forward(Numbers, Numbers p_tangents, std::span<double> u_tangents) const override {
    const std::vector<double> tangents = tangents_of_u(p_tangents);
    for (std::size_t i = 0; i < tangents.size(); ++i) u_tangents[i] += tangents[i];
  }

  // λ depends on the place as well: (∂F/∂u)ᵀ·λ̇ = -h_u, where (h_u, h_p) is the Hessian of λᵀ·F in
  // the direction (u̇, ṗ). Then the derivative of -(∂F/∂p)ᵀ·λ is -h_p - (∂F/∂p)ᵀ·λ̇.
  void pull_back_derivative(Numbers, Numbers p_tangents, Numbers u_adjoints,
                            std::span<double> p_adjoints) const override {
    const std::vector<double> lambda = by_unknowns_.solve_transposed(u_adjoints, 1);
    std::vector<double> direction = tangents_of_u(p_tangents);
    const std::size_t n = direction.size();
    direction.insert(direction.end(), p_tangents.begin(), p_tangents.end());
    const Equations equations(residual_, n, name_);
    const auto weighted = [&](std::span<const Value> all) {
      const std::vector<Value> residual = equations(all);
      Value sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += lambda[i] * residual[i];
      return sum;
    };
    const std::vector<double> h = hessian_vector_product(weighted, all_, direction);
    std::vector<double> lambda_derivative = by_unknowns_.solve_transposed(Numbers(h).first(n), 1);
    for (double& number : lambda_derivative) number = -number;
    for (std::size_t k = 0; k < p_adjoints.size(); ++k) p_adjoints[k] -= h[n + k];
    subtract_by_parameters(lambda_derivative, p_adjoints);
  }

 private:
  // An adjoint or a tangent of 0 hands nothing on, also beside an infinite partial derivative.
  void subtract_by_parameters(Numbers lambda, std::span<double> p_adjoints) const {
    for (std::size_t i = 0; i < by_parameters_.rows; ++i)
      for (std::size_t k = 0; k < p_adjoints.size() && lambda[i] != 0; ++k)
        p_adjoints[k] -= by_parameters_(i, k) * lambda[i];
  }

  std::vector<double> tangents_of_u(Numbers p_tangents) const {
    std::vector<double> right(by_parameters_.rows);
    for (std::size_t i = 0; i < right.size(); ++i)
      for (std::size_t k = 0; k < p_tangents.size(); ++k)
        if (p_tangents[k] != 0) right[i] -= by_parameters_(i, k) * p_tangents[k];
    return by_unknowns_.solve(right, 1);
  }

  std::string name_;
  Residual residual_;
  Factorisation by_unknowns_;
  Matrix by_parameters_;
  std::vector<double> all_;  // the unknowns and the parameters, at the root
};

void check(const RootOptions& options, const std::string& name) {
  if (!(options.tolerance > 0) || !(options.scale > 0) || options.most_iterations == 0)
    throw ArgumentError(
        fmt::format("{}: tolerance {}, scale {}, most_iterations {}; all three have to be above 0",
                    name, options.tolerance, options.scale, options.most_iterations));
}

std::vector<Value> find_root(const Residual& residual, Numbers guess,
                             std::span<const Value> parameters, const RootOptions& options,
                             const char* own_name) {
  const std::string name = options.name.empty() ? own_name : options.name;
  check(options, name);
  const bool is_recorded = are_recorded(parameters, name);
  if (guess.empty()) return {};
  Newton newton(residual, guess, values_of(parameters), options, name);
  Place root = newton.find();
  const std::vector<double> u(root.all.begin(),
                              root.all.begin() + static_cast<std::ptrdiff_t>(guess.size()));
  if (!is_recorded) return {u.begin(), u.end()};
  Factorisation factors = newton.factorised(root);
  return record_operation(
      std::make_shared<ImplicitFunction>(name, residual, std::move(root), std::move(factors)),
      parameters, u);
}

}  // namespace

std::vector<Value> implicit_function(const Residual& residual, std::span<const double> guess,
                                     std::span<const Value> parameters,
                                     const RootOptions& options) {
  const CallerScope caller(TAPEGRAD_CALLER);
  if (!residual) throw ArgumentError("implicit_function: no residual was given");
  return find_root(residual, guess, parameters, options, "implicit_function");
}

std::vector<Value> fixed_point(const Residual& g, std::span<const double> guess,
                               std::span<const Value> parameters, const RootOptions& options) {
  const CallerScope caller(TAPEGRAD_CALLER);
  if (!g) throw ArgumentError("fixed_point: no function was given");
  const Residual residual = [g](std::span<const Value> u, std::span<const Value> p) {
    std::vector<Value> difference = g(u, p);
    for (std::size_t i = 0; i < difference.size() && i < u.size(); ++i)
      difference[i] = u[i] - difference[i];
    return difference;
  };
  return find_root(residual, guess, parameters, options, "fixed_point");
}

}  // namespace tapegrad
