// Evaluating random programs by the rules, and recording them as a user would.

#include "random_graph.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "../core/functions.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad::testing {
namespace {

// The rows of functions() by operation.
const Function& function_of(Op op) {
  static const auto table = [] {
    std::array<Function, op_count> rows{};
    for (const Function& row : functions()) rows[static_cast<std::size_t>(row.op)] = row;
    return rows;
  }();
  return table[static_cast<std::size_t>(op)];
}

// Each side a Value or a plain number, as in what the user writes.
template <class Left, class Right> Value record_operator(Op op, Left a, Right b) {
  if (op == Op::Add) return a + b;
  if (op == Op::Sub) return a - b;
  if (op == Op::Mul) return a * b;
  if (op == Op::Div) return a / b;
  return pow(a, b);
}

template <class Right> void record_in_place(Op op, Value& x, const Right& other) {
  if (op == Op::Add) x += other;
  if (op == Op::Sub) x -= other;
  if (op == Op::Mul) x *= other;
  if (op == Op::Div) x /= other;
}

Value record(const Instruction& step, std::span<const Value> x) {
  const bool plain_right = step.plain_constants && step.operands[1].is_constant();
  if (step.in_place) {
    Value y = x[0];
    if (plain_right)
      record_in_place(step.op, y, x[1].value());
    else if (!step.operands[0].is_constant() && step.operands[0].place == step.operands[1].place)
      record_in_place(step.op, y, y);  // y *= y
    else
      record_in_place(step.op, y, x[1]);
    return y;
  }
  const bool plain_left = step.plain_constants && step.operands[0].is_constant();
  if (plain_left && plain_right) return function_of(step.op).record(x);
  if (plain_right) return record_operator(step.op, x[0], x[1].value());
  if (plain_left) return record_operator(step.op, x[0].value(), x[1]);
  return function_of(step.op).record(x);
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return otherwise;
  char* end = nullptr;
  const std::uint64_t number = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0')
    throw ArgumentError(fmt::format("{}: '{}' is no number; pass a whole one", name, text));
  return number;
}

}  // namespace

Seeds seeds_to_run(std::uint64_t count) {
  return {from_environment("TAPEGRAD_RANDOM_SEED", 1),
          from_environment("TAPEGRAD_RANDOM_GRAPHS", count)};
}

template <class T> std::vector<T> evaluate(const Program& program, std::span<const T> x) {
  std::vector<T> values(x.begin(), x.end());
  values.reserve(program.places());
  for (const Instruction& step : program.instructions) {
    const std::vector<T> operands = operands_of<T>(step, values);
    values.push_back(apply<T>(step.op, operands));
  }
  return values;
}

#define TAPEGRAD_EVALUATE(T) template std::vector<T> evaluate(const Program&, std::span<const T>);
TAPEGRAD_EVALUATE(double)
TAPEGRAD_EVALUATE(long double)
TAPEGRAD_EVALUATE(Dual<double>)
TAPEGRAD_EVALUATE(Dual<long double>)
TAPEGRAD_EVALUATE(Dual<Dual<double>>)
#undef TAPEGRAD_EVALUATE

std::vector<Value> record(const Program& program, Tape& tape, std::span<const double> x,
                          const Wrap& wrap) {
  std::vector<Value> values = tape.variables(x);
  values.reserve(program.places());
  for (const Instruction& step : program.instructions) {
    const std::vector<Value> operands = operands_of<Value>(step, values);
    const Value result = record(step, operands);
    values.push_back(wrap ? wrap(step.op, operands, result) : result);
  }
  return values;
}

}  // namespace tapegrad::testing
