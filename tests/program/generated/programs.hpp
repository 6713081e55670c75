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

/// The value of every operation of which there is a formula, a function that branches, and the
/// gradients of some kernels, one of them in many parts.
inline std::vector<Generated> generated_programs() {
  std::vector<Generated> all;
  Points points;
  for_each_rule([&]<class Rule>() {
    const Op op = op_of<Rule>;
    if (op == Op::Digamma || op == Op::Polygamma) return;
    for (const Function& function : functions()) {
      if (function.op != op) continue;
      const std::vector<double> x = points.of(Rule::info, operand_counts<Rule>().back());
      const auto f = [&](std::span<const Value> v) { return function.record(v); };
      all.push_back({std::string(Rule::info.name), compile(f, x), x});
    }
  });
  const auto branch = [](std::span<const Value> x) {
    return x[0] < x[1] ? exp(x[0] - x[1]) : x[0] * x[1];
  };
  all.push_back(generated("branch", branch, {1, 2}));
  all.push_back(generated("himmelblau", bench::Himmelblau(), bench::Himmelblau().inputs()));
  all.push_back(generated("determinant", bench::Determinant(), bench::Determinant().inputs()));
  all.back().instructions_per_function = 100;
  return all;
}

}  // namespace tapegrad::testing
