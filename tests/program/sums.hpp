// Sums of all that folds add up, and numbers to try them with.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include "program/builder.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad::testing {

/// Inputs of random_sums(), in that order.
inline constexpr std::size_t varying_of_sums = 4, uniform_of_sums = 3;

/// Sums of random terms of all kinds, some of which are read once more, as folds must not absorb.
inline Program random_sums(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  ProgramBuilder builder;
  std::vector<Ref> numbers;
  for (std::size_t i = 0; i < varying_of_sums + uniform_of_sums; ++i)
    numbers.push_back(builder.add_input(""));
  numbers.push_back(builder.constant(0.0));
  numbers.push_back(builder.constant(-1.5));
  const auto any = [&] { return numbers[random() % numbers.size()]; };
  for (int sum = 0; sum < 6; ++sum) {
    Ref so_far = any();
    for (std::uint64_t terms = 1 + random() % 9; terms > 0; --terms) {
      Ref term = any();
      if (random() % 4 != 0)
        term = builder.append(random() % 2 == 0 ? Op::Mul : Op::Chain, {term, any()});
      if (random() % 8 == 0) numbers.push_back(term);
      const Op op = random() % 3 == 0 ? Op::Sub : Op::Add;
      so_far = op == Op::Add && random() % 2 == 0 ? builder.append(op, {term, so_far})
                                                  : builder.append(op, {so_far, term});
      if (random() % 8 == 0) numbers.push_back(so_far);
    }
    numbers.push_back(so_far);
    builder.add_output(so_far, "");
  }
  return builder.finish();
}

/// Some of them zeros, infinities and NaN.
inline std::vector<double> random_numbers(std::size_t count, std::uint64_t seed) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> special{0, -0.0, 1, inf, -inf, std::nan("")};
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> numbers;
  for (std::size_t k = 0; k < count; ++k)
    numbers.push_back(random() % 10 == 0 ? special[random() % special.size()] : normal(random));
  return numbers;
}

/// By Program::run(), point after point.
inline std::vector<double> one_by_one(const Program& program, std::span<const double> x,
                                      std::span<const double> w) {
  std::vector<double> all;
  for (std::size_t first = 0; first < x.size(); first += varying_of_sums) {
    std::vector<double> inputs(x.begin() + static_cast<std::ptrdiff_t>(first),
                               x.begin() + static_cast<std::ptrdiff_t>(first + varying_of_sums));
    inputs.insert(inputs.end(), w.begin(), w.end());
    for (const double y : program.run(inputs)) all.push_back(y);
  }
  return all;
}

/// All points at once.
inline std::vector<double> together(const Program& program, std::span<const double> x,
                                    std::span<const double> w,
                                    Rounding rounding = Rounding::as_recorded) {
  const Replay replay(program, {.uniform_inputs = {4, 5, 6}, .rounding = rounding});
  std::vector<double> outputs(x.size() / varying_of_sums * replay.outputs());
  replay.run({.points = x.size() / varying_of_sums, .inputs = x, .uniform = w, .outputs = outputs});
  return outputs;
}

}  // namespace tapegrad::testing
