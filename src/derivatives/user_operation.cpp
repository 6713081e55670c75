#include "tapegrad/derivatives/user_operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/same_number.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/tape.hpp"
#include "user_functions.hpp"
#include "values_of.hpp"

namespace tapegrad {
namespace {

using Numbers = UserOperation::Numbers;

void check_count(const UserFunctions& functions, const char* function, const char* what,
                 std::size_t given, std::size_t expected) {
  if (given != expected)
    throw ShapeError(fmt::format("{}: {} returned {} numbers; it has to return {}, one for each {}",
                                 functions.name, function, given, expected, what));
}

/// One use of the operation.
class Call : public External {
 public:
  Call(std::shared_ptr<const UserFunctions> functions, std::span<const Value> operands,
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

  std::shared_ptr<const UserFunctions> functions_;
  std::vector<double> results_;
  std::vector<bool> is_constant_;  // of each operand; only where NaN is refused
};

}  // namespace

std::vector<double> value_of(const UserFunctions& functions, Numbers x) {
  std::vector<double> y = functions.value(x);
  if (functions.results != 0 && y.size() != functions.results)
    throw ShapeError(fmt::format("{}: value returned {} results; the operation is said to have {}",
                                 functions.name, y.size(), functions.results));
  return y;
}

std::vector<double> pulled_back(const UserFunctions& functions, Numbers x, Numbers y,
                                Numbers y_adjoints) {
  std::vector<double> adjoints = functions.pull_back(x, y, y_adjoints);
  check_count(functions, "pull_back", "operand", adjoints.size(), x.size());
  return adjoints;
}

std::vector<double> pushed_forward(const UserFunctions& functions, Numbers x, Numbers y,
                                   Numbers x_tangents) {
  std::vector<double> tangents = functions.push_forward(x, y, x_tangents);
  check_count(functions, "push_forward", "result", tangents.size(), y.size());
  return tangents;
}

std::vector<double> pulled_back_derivative(const UserFunctions& functions, Numbers x, Numbers y,
                                           Numbers x_tangents, Numbers y_adjoints) {
  std::vector<double> adjoints = functions.pull_back_derivative(x, y, x_tangents, y_adjoints);
  check_count(functions, "pull_back_derivative", "operand", adjoints.size(), x.size());
  return adjoints;
}

UserOperation::UserOperation(Functions functions)
    : functions_(std::make_shared<const UserFunctions>(std::move(functions))) {
  if (functions_->name.empty())
    throw ArgumentError("UserOperation: it has no name; give it one, for messages and pictures");
  if (!functions_->value || !functions_->pull_back)
    throw ArgumentError(fmt::format("UserOperation: '{}' has no {}; it needs value and pull_back",
                                    functions_->name, functions_->value ? "pull_back" : "value"));
}

std::vector<Value> UserOperation::operator()(std::span<const Value> operands) const {
  const CallerScope caller(TAPEGRAD_CALLER);
  const bool is_recorded = are_recorded(operands, name());
  const std::vector<double> x = values_of(operands);
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

}  // namespace tapegrad
