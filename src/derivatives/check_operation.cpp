// Are the functions of a UserOperation right? pull_back is held against differences of value,
// push_forward against pull_back, and pull_back_derivative against differences of pull_back.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "tapegrad/core/error.hpp"
#include "user_functions.hpp"

namespace tapegrad {
namespace {

using Numbers = UserOperation::Numbers;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

using Function = std::function<std::vector<double>(Numbers)>;

std::vector<double> difference(const Function& f, std::vector<double> x, std::size_t k,
                               double step) {
  const double above = x[k] + step;
  const double below = x[k] - step;
  x[k] = above;
  std::vector<double> result = f(x);
  x[k] = below;
  const std::vector<double> f_below = f(x);
  if (f_below.size() != result.size())
    throw ShapeError(
        fmt::format("check_operation: value returned {} results at one x and {} at "
                    "another; for a check they have to be as many",
                    result.size(), f_below.size()));
  for (std::size_t j = 0; j < result.size(); ++j)
    result[j] = (result[j] - f_below[j]) / (above - below);  // the step as rounding left it
  return result;
}

// Two steps, of which the error of order h² cancels.
std::vector<double> extrapolated(const Function& f, const std::vector<double>& x, std::size_t k,
                                 double step) {
  const std::vector<double> coarse = difference(f, x, k, step);
  std::vector<double> fine = difference(f, x, k, step / 2);
  if (coarse.size() == fine.size())
    for (std::size_t j = 0; j < fine.size(); ++j) fine[j] += (fine[j] - coarse[j]) / 3;
  return fine;
}

// Relative to the larger of them, but to `least` if both are smaller.
double disagreement(double a, double b, double least) {
  if (!std::isfinite(a) || !std::isfinite(b)) return std::numeric_limits<double>::quiet_NaN();
  return a == b ? 0 : std::abs(a - b) / std::max({std::abs(a), std::abs(b), least});
}

struct Place {
  std::size_t result = 0;
  std::size_t operand = 0;
  std::size_t direction = 0;
};

void note(OperationCheck::Part& part, Place place, double given, double expected, double worst) {
  if (worst <= part.worst || std::isnan(part.worst)) return;  // the first NaN stays
  part.worst = worst;
  part.result = place.result;
  part.operand = place.operand;
  part.direction = place.direction;
  part.given = given;
  part.expected = expected;
}

/// ∂f/∂x[k] as given, against differences; place_of(j) says what f's j-th number is.
template <class PlaceOf>
void compare(OperationCheck::Part& part, double tolerance, const Function& f, Numbers at,
             std::size_t k, Numbers given, PlaceOf place_of) {
  // The fifth root of epsilon balances the error of order h⁴ that remains against rounding.
  static const double relative_step = std::pow(epsilon, 0.2);
  const std::vector<double> x(at.begin(), at.end());
  const double size = std::abs(x[k]);
  const double step = relative_step * std::max(size, 1.0);
  const std::vector<double> wide = extrapolated(f, x, k, step);
  const std::vector<double> values = f(x);
  // Where x[k] is small, f may change too fast for the wide step.
  const bool both = size > 0 && size < 1;
  const std::vector<double> narrow = both ? extrapolated(f, x, k, relative_step * size) : wide;
  for (std::size_t j = 0; j < given.size() && j < wide.size() && j < narrow.size(); ++j) {
    const double noise = 10 * epsilon * std::abs(values[j]) / step;
    const double by_wide = disagreement(given[j], wide[j], noise / tolerance);
    const double by_narrow = disagreement(given[j], narrow[j], both ? 0 : noise / tolerance);
    const bool use_narrow = std::isnan(by_wide) || by_narrow < by_wide;
    note(part, place_of(j), given[j], use_narrow ? narrow[j] : wide[j],
         use_narrow ? by_narrow : by_wide);
  }
}

/// `size` numbers, of which one is not 0.
std::vector<double> single(std::size_t size, std::size_t place, double number) {
  std::vector<double> numbers(size);
  numbers[place] = number;
  return numbers;
}

std::vector<double> divided(std::vector<double> numbers, double divisor) {
  for (double& number : numbers) number /= divisor;
  return numbers;
}

std::string line(const char* function, const OperationCheck::Part& part, double tolerance,
                 bool second) {
  if (!part.is_given) return fmt::format("  {}: not given\n", function);
  std::string text = fmt::format("  {}: {}, worst relative disagreement {:.2g}", function,
                                 part.worst <= tolerance ? "agrees" : "DISAGREES", part.worst);
  if (part.worst == 0) return text + "\n";
  const std::string by =
      second ? fmt::format("∂²y[{}]/∂x[{}]∂x[{}]", part.result, part.operand, part.direction)
             : fmt::format("∂y[{}]/∂x[{}]", part.result, part.operand);
  return text +
         fmt::format(" at {}: given {:.10g}, expected {:.10g}\n", by, part.given, part.expected);
}

}  // namespace

bool OperationCheck::agrees() const {
  const auto fine = [&](const Part& part) { return !part.is_given || part.worst <= tolerance; };
  return fine(pull_back) && fine(push_forward) && fine(pull_back_derivative);
}

std::string to_string(const OperationCheck& check) {
  return fmt::format("{}: {}\n", check.name, check.agrees() ? "agrees" : "DISAGREES") +
         line("pull_back", check.pull_back, check.tolerance, false) +
         line("push_forward", check.push_forward, check.tolerance, false) +
         line("pull_back_derivative", check.pull_back_derivative, check.tolerance, true);
}

OperationCheck check_operation(const UserOperation& operation, std::span<const double> x,
                               double tolerance) {
  if (!(tolerance > 0))
    throw ArgumentError(
        fmt::format("check_operation: tolerance is {}; pass a number above 0", tolerance));
  const UserFunctions& functions = operation.functions();
  OperationCheck check{
      .name = functions.name,
      .pull_back = {.is_given = true},
      .push_forward = {.is_given = functions.push_forward != nullptr},
      .pull_back_derivative = {.is_given = functions.pull_back_derivative != nullptr},
      .tolerance = tolerance};
  // Not 1: a function that squares an adjoint or a tangent, or forgets it, is to be found out.
  constexpr double seed = -1.5;
  const std::size_t n = x.size();
  const Function value = [&](Numbers at) { return value_of(functions, at); };
  const std::vector<double> y = value(x);
  const std::size_t m = y.size();

  std::vector<std::vector<double>> rows;  // of the Jacobian, by pull_back
  for (std::size_t j = 0; j < m; ++j)
    rows.push_back(divided(pulled_back(functions, x, y, single(m, j, seed)), seed));

  for (std::size_t k = 0; k < n; ++k) {
    std::vector<double> column;
    column.reserve(rows.size());
    for (const std::vector<double>& row : rows) column.push_back(row[k]);
    compare(check.pull_back, tolerance, value, x, k, column, [&](std::size_t j) {
      return Place{j, k, 0};
    });
    if (!check.push_forward.is_given) continue;
    const auto pushed = divided(pushed_forward(functions, x, y, single(n, k, seed)), seed);
    for (std::size_t j = 0; j < m; ++j)
      note(check.push_forward, {j, k, 0}, pushed[j], column[j],
           disagreement(pushed[j], column[j], 0));
  }

  for (std::size_t j = 0; j < m && check.pull_back_derivative.is_given; ++j) {
    const Function row = [&](Numbers at) {
      return divided(pulled_back(functions, at, value(at), single(m, j, seed)), seed);
    };
    for (std::size_t l = 0; l < n; ++l) {
      const auto given = divided(
          pulled_back_derivative(functions, x, y, single(n, l, 2 * seed), single(m, j, seed)),
          2 * seed * seed);
      compare(check.pull_back_derivative, tolerance, row, x, l, given, [&](std::size_t k) {
        return Place{j, k, l};
      });
    }
  }
  return check;
}

}  // namespace tapegrad
