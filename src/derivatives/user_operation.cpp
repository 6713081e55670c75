#include "tapegrad/derivatives/user_operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/same_number.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/tape.hpp"

namespace tapegrad {
namespace {

using Numbers = std::span<const double>;
using Functions = UserOperation::Functions;

// ---- The functions, each with its result looked at ----

void check_count(const Functions& functions, const char* function, const char* what,
                 std::size_t given, std::size_t expected) {
  if (given != expected)
    throw ShapeError(fmt::format("{}: {} returned {} numbers; it has to return {}, one for each {}",
                                 functions.name, function, given, expected, what));
}

std::vector<double> value_of(const Functions& functions, Numbers x) {
  std::vector<double> y = functions.value(x);
  if (functions.results != 0 && y.size() != functions.results)
    throw ShapeError(fmt::format("{}: value returned {} results; the operation is said to have {}",
                                 functions.name, y.size(), functions.results));
  return y;
}

std::vector<double> pulled_back(const Functions& functions, Numbers x, Numbers y,
                                Numbers y_adjoints) {
  std::vector<double> adjoints = functions.pull_back(x, y, y_adjoints);
  check_count(functions, "pull_back", "operand", adjoints.size(), x.size());
  return adjoints;
}

std::vector<double> pushed_forward(const Functions& functions, Numbers x, Numbers y,
                                   Numbers x_tangents) {
  std::vector<double> tangents = functions.push_forward(x, y, x_tangents);
  check_count(functions, "push_forward", "result", tangents.size(), y.size());
  return tangents;
}

std::vector<double> pulled_back_derivative(const Functions& functions, Numbers x, Numbers y,
                                           Numbers x_tangents, Numbers y_adjoints) {
  std::vector<double> adjoints = functions.pull_back_derivative(x, y, x_tangents, y_adjoints);
  check_count(functions, "pull_back_derivative", "operand", adjoints.size(), x.size());
  return adjoints;
}

// ---- On the tape ----

/// One use of the operation.
class Call : public External {
 public:
  Call(std::shared_ptr<const Functions> functions, std::span<const Value> operands,
       std::vector<double> results)
      : functions_(std::move(functions)), results_(std::move(results)) {
    if (!functions_->refuses_nan) return;
    for (const Value& operand : operands) is_constant_.push_back(operand.is_constant());
  }

  std::string_view name() const override { return functions_->name; }

  void pull_back(Numbers operands, Numbers result_adjoints,
                 std::span<double> operand_adjoints) const override {
    const auto adjoints = pulled_back(*functions_, operands, results_, result_adjoints);
    refuse_nan("pull_back", "operand", adjoints,
               all_finite(operands) && all_finite(results_) && all_finite(result_adjoints));
    for (std::size_t k = 0; k < adjoints.size(); ++k) operand_adjoints[k] += adjoints[k];
  }

  void push_forward(Numbers operands, Numbers operand_tangents,
                    std::span<double> result_tangents) const override {
    if (!functions_->push_forward)
      return External::push_forward(operands, operand_tangents, result_tangents);
    const auto tangents = pushed_forward(*functions_, operands, results_, operand_tangents);
    refuse_nan("push_forward", "result", tangents,
               all_finite(operands) && all_finite(results_) && all_finite(operand_tangents));
    for (std::size_t j = 0; j < tangents.size(); ++j) result_tangents[j] += tangents[j];
  }

  void pull_back_derivative(Numbers operands, Numbers operand_tangents, Numbers result_adjoints,
                            std::span<double> operand_adjoints) const override {
    if (!functions_->pull_back_derivative)
      return External::pull_back_derivative(operands, operand_tangents, result_adjoints,
                                            operand_adjoints);
    const auto adjoints =
        pulled_back_derivative(*functions_, operands, results_, operand_tangents, result_adjoints);
    refuse_nan("pull_back_derivative", "operand", adjoints,
               all_finite(operands) && all_finite(results_) && all_finite(operand_tangents) &&
                   all_finite(result_adjoints));
    for (std::size_t k = 0; k < adjoints.size(); ++k) operand_adjoints[k] += adjoints[k];
  }

 private:
  void refuse_nan(const char* function, std::string_view what, Numbers numbers,
                  bool given_are_finite) const {
    if (!functions_->refuses_nan || !given_are_finite) return;
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      if (!std::isnan(numbers[k]) || (what == "operand" && is_constant_[k])) continue;
      throw AnomalyError(
          fmt::format("{}: {} returned nan for {} {}, and all that it was given is finite; find "
                      "out with check_operation(), or let it pass without refuses_nan",
                      functions_->name, function, what, k));
    }
  }

  std::shared_ptr<const Functions> functions_;
  std::vector<double> results_;
  std::vector<bool> is_constant_;  // of each operand; only where NaN is refused
};

}  // namespace

UserOperation::UserOperation(Functions functions)
    : functions_(std::make_shared<const Functions>(std::move(functions))) {
  if (functions_->name.empty())
    throw ArgumentError("UserOperation: it has no name; give it one, for messages and pictures");
  if (!functions_->value || !functions_->pull_back)
    throw ArgumentError(fmt::format("UserOperation: '{}' has no {}; it needs value and pull_back",
                                    functions_->name, functions_->value ? "pull_back" : "value"));
}

std::vector<Value> UserOperation::operator()(std::span<const Value> operands) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  const bool is_recorded = are_recorded(operands, name());
  std::vector<double> x;
  x.reserve(operands.size());
  for (const Value& operand : operands) x.push_back(operand.value());
  const std::vector<double> y = value_of(*functions_, x);
  if (!is_recorded || y.empty()) return {y.begin(), y.end()};
  return record_operation(std::make_shared<Call>(functions_, operands, y), operands, y);
}

std::vector<Value> UserOperation::operator()(std::initializer_list<Value> operands) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  return (*this)(std::span<const Value>(operands.begin(), operands.size()));
}

std::vector<double> UserOperation::operator()(std::span<const double> operands) const {
  return value_of(*functions_, operands);
}

bool are_recorded(std::span<const Value> operands, std::string_view operation) {
  bool any = false;
  for (const Value& operand : operands)
    if (active_recording->admits(operand, operation)) any = true;  // each one may be stale
  return any;
}

std::vector<Value> record_operation(std::shared_ptr<const External> operation,
                                    std::span<const Value> operands,
                                    std::span<const double> results) {
  const CallerScope caller(TAPEGRAD_CALLER);
  if (operation == nullptr) throw ArgumentError("record_operation: no operation was given");
  if (!are_recorded(operands, operation->name())) return {results.begin(), results.end()};
  return active_recording->tape()->external(std::move(operation), operands, results);
}

// ---- Are they right? ----

namespace {

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
  const Functions& functions = operation.functions();
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
