// The operations of any number of operands.

#include "tapegrad/core/math.hpp"

#include <fmt/format.h>

#include <cmath>

#include "of_this_thread.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/core/observer.hpp"

namespace tapegrad {
namespace {

// One node of many operands is built here, in buffers that each thread keeps unless they are large.
constexpr std::size_t most_kept = 100'000;  // operands, of 36 bytes each

struct Scratch {
  std::vector<Value> operands;
  std::vector<double> values;
  std::vector<double> partials;
  std::vector<std::uint32_t> nodes;
};

Scratch& scratch() { return of_this_thread<Scratch>(); }

void check_lengths(const char* operation, std::size_t a, std::size_t b) {
  if (a != b)
    throw ShapeError(fmt::format("{}: the two lists have {} and {} numbers", operation, a, b));
}

std::span<const Value> joined(std::span<const Value> a, std::span<const Value> b) {
  std::vector<Value>& operands = scratch().operands;
  operands.assign(a.begin(), a.end());
  operands.insert(operands.end(), b.begin(), b.end());
  return operands;
}

std::vector<double> joined(std::span<const double> a, std::span<const double> b) {
  std::vector<double> operands(a.begin(), a.end());
  operands.insert(operands.end(), b.begin(), b.end());
  return operands;
}

// An operation of any number of operands, some of which may be constants.
template <class Rule> Value record_many(std::span<const Value> operands, const void* caller) {
  Scratch& buffers = scratch();
  const std::size_t n = operands.size();
  buffers.values.resize(n);
  buffers.partials.resize(n);
  buffers.nodes.resize(n);
  for (std::size_t k = 0; k < n; ++k) buffers.values[k] = operands[k].value();
  const std::span<const double> values(buffers.values);
  const double y = Rule::value(values);
  Rule::partials(values, y, std::span<double>(buffers.partials));
  Recording& recording = *active_recording;
  Value result = y;
  if (recording.link(operands, Rule::info.name, buffers.nodes, buffers.partials))
    result = recording.push_many(op_of<Rule>, y, buffers.nodes, buffers.partials, caller);
  if (n > most_kept) buffers = {};
  return result;
}

template <class Number> std::vector<Number> softmax_of(std::span<const Number> x) {
  using std::exp;
  const Number total = log_sum_exp(x);
  std::vector<Number> y;
  y.reserve(x.size());
  for (const Number& xi : x) y.push_back(exp(xi - total));
  return y;
}

}  // namespace

Value in_library::sum(std::span<const Value> x) {
  return record_many<rule::Sum>(x, TAPEGRAD_CALLER);
}
double sum(std::span<const double> x) { return rule::Sum::value(x); }

Value in_library::dot(std::span<const Value> a, std::span<const Value> b) {
  check_lengths("dot", a.size(), b.size());
  return record_many<rule::Dot>(joined(a, b), TAPEGRAD_CALLER);
}
double dot(std::span<const double> a, std::span<const double> b) {
  check_lengths("dot", a.size(), b.size());
  return rule::Dot::value(std::span<const double>(joined(a, b)));
}

Value in_library::weighted_sum(std::span<const Value> w, std::span<const Value> x, Value b) {
  check_lengths("weighted_sum", w.size(), x.size());
  joined(w, x);
  scratch().operands.push_back(b);
  return record_many<rule::WeightedSum>(scratch().operands, TAPEGRAD_CALLER);
}
double weighted_sum(std::span<const double> w, std::span<const double> x, double b) {
  check_lengths("weighted_sum", w.size(), x.size());
  std::vector<double> operands = joined(w, x);
  operands.push_back(b);
  return rule::WeightedSum::value(std::span<const double>(operands));
}

Value in_library::norm(std::span<const Value> x) {
  return record_many<rule::Norm>(x, TAPEGRAD_CALLER);
}
double norm(std::span<const double> x) { return rule::Norm::value(x); }

Value in_library::log_sum_exp(std::span<const Value> x) {
  return record_many<rule::LogSumExp>(x, TAPEGRAD_CALLER);
}
double log_sum_exp(std::span<const double> x) { return rule::LogSumExp::value(x); }

std::vector<Value> softmax(std::span<const Value> x) {
  const CallerScope caller(TAPEGRAD_CALLER);
  return softmax_of(x);
}
std::vector<double> softmax(std::span<const double> x) { return softmax_of(x); }

}  // namespace tapegrad
