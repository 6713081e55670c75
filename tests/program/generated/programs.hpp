// The programs of which C++ is generated, compiled and run.
#pragma once

#include <string>
#include <vector>

#include "../../core/functions.hpp"
#include "../../ops/points.hpp"
#include "bench/kernels.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/generate.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad::testing {

struct Generated {
  std::string name;
  Program program;
  std::vector<double> point;
  std::size_t instructions_per_function = 1000;
};

/// Value and gradient of a function at a point.
template <class F> Generated generated(std::string name, F&& f, std::vector<double> point) {
  return {std::move(name), optimise(differentiate(compile(f, point))).program, point};
}

/// Value and gradient, with names that are no identifiers, or cannot be variables.
inline Program program_of_names() {
  Tape tape;
  const std::vector<Value> x{tape.variable(0.5, "inputs"), tape.variable(2, "double")};
  Value y = x[0];
  for (const char* name : {"tanh", "chain", "v3", "NAN", "a b", "a.b", "2nd", "__x", "θ", "ends\\",
                           "two\nlines", "std", "outputs", "evaluate", "M_PI", "linux"}) {
    y = tanh(y * x[1]);
    tape.name(y, name);
  }
  return differentiate(compile(tape, x, std::span(&y, 1), {.no_branches = true}));
}

/// The value of every operation, and its gradient; a function that branches; gradients of some
/// kernels, one of them in many parts; a tangent of a gradient; and one with names that are
/// keywords, macros, helpers, or twice the same.
inline std::vector<Generated> generated_programs() {
  std::vector<Generated> all;
  Points points;
  for_each_rule([&]<class Rule>() {
    for (const Function& function : functions()) {
      if (function.op != op_of<Rule>) continue;
      const std::vector<double> x = points.of(Rule::info, operand_counts<Rule>().back());
      const auto f = [&](std::span<const Value> v) {
        std::vector<Value> taken(v.begin(), v.end());
        if (is_order(function.op, 0)) taken[0] = 2;
        return function.record(taken);
      };
      const std::string name(Rule::info.name);
      const Program program = compile(f, x);
      all.push_back({name, program, x});
      all.push_back({name + "_gradient", differentiate(program), x});
    }
  });
  const auto branch = [](std::span<const Value> x) {
    return x[0] < x[1] ? exp(x[0] - x[1]) : x[0] * x[1];
  };
  all.push_back(generated("branch", branch, {1, 2}));
  all.push_back(generated("himmelblau", bench::Himmelblau(), bench::Himmelblau().inputs()));
  all.push_back(generated("determinant", bench::Determinant(), bench::Determinant().inputs()));
  all.back().instructions_per_function = 100;
  all.push_back(
      {"tangent", tangent(differentiate(compile(bench::Himmelblau(), {1, 2}))), {1, 2, 3, 4}});
  all.push_back({"names", program_of_names(), {0.5, 2}});
  const auto constant = [](std::span<const Value>) { return Value(2); };
  all.push_back({"constant", compile(constant, std::vector<double>{1}), {1}});
  return all;
}

}  // namespace tapegrad::testing
