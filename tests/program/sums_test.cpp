// Sums over points: by an addition for each, and by steps that multiply and add.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "program/instruction_set.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/passes.hpp"
#include "tapegrad/program/replay.hpp"

using namespace tapegrad;

namespace {

using Numbers = std::vector<double>;
using X = std::span<const Value>;

constexpr std::size_t inputs = 11;  // more than a vector has numbers, and no multiple

// Of two neurons, each with a weight for each input, which are the last numbers of x. The first
// one's derivatives by the weights are chain steps, (tanh)' · x[i].
Value two_neurons(X x) {
  Value a = tanh(dot(x.first(inputs), x.subspan(inputs, inputs)));
  Value b = x[2 * inputs] * x[0];
  return a * a + b;
}

// Its gradient, with the weights' derivatives summed.
struct Summed {
  Summed() {
    for (std::size_t i = inputs; i <= 2 * inputs; ++i) {
      options.uniform_inputs.push_back(i);
      options.summed_outputs.push_back(1 + i);
    }
    options.summed_outputs.push_back(0);
  }
  Program program = differentiate(compile(two_neurons, Numbers(2 * inputs + 1, 0.1)));
  ReplayOptions options;
};

double input(std::size_t k) { return std::sin(static_cast<double>(3 * k)); }

struct Sums {
  Numbers found;
  Numbers expected;    // one point after the other
  Numbers magnitudes;  // Σ |term|
};

Sums sums_of(std::size_t points) {
  Summed summed;
  const Replay replay(summed.program, summed.options);
  Numbers varying, uniform;
  for (std::size_t i = 0; i <= inputs; ++i) uniform.push_back(0.2 * input(i + 1));
  for (std::size_t k = 0; k < points * inputs; ++k) varying.push_back(input(k));
  Numbers outputs(points * replay.outputs());
  Sums sums{Numbers(inputs + 2), Numbers(inputs + 2), Numbers(inputs + 2)};
  replay.run({.points = points,
              .inputs = varying,
              .uniform = uniform,
              .outputs = outputs,
              .sums = sums.found});
  for (std::size_t p = 0; p < points; ++p) {
    Numbers x(varying.begin() + static_cast<std::ptrdiff_t>(p * inputs),
              varying.begin() + static_cast<std::ptrdiff_t>((p + 1) * inputs));
    x.insert(x.end(), uniform.begin(), uniform.end());
    const Numbers y = summed.program.run(x);
    for (std::size_t k = 0; k < inputs + 2; ++k) {
      const double term = k == 0 ? y[0] : y[inputs + k];
      sums.expected[k] += term;
      sums.magnitudes[k] += std::abs(term);
    }
  }
  return sums;
}

}  // namespace

TEST_CASE("sums over any number of points are those of one point after the other") {
  for (const std::size_t points : {1u, 2u, 7u, 8u, 31u, 32u, 33u, 64u, 100u, 128u, 129u, 4500u}) {
    CAPTURE(points);
    const Sums sums = sums_of(points);
    for (std::size_t k = 0; k < sums.found.size(); ++k) {
      CAPTURE(k);
      // Of n terms in another order: n - 1 roundings in each.
      const double bound = static_cast<double>(points) * 0x1p-52 * sums.magnitudes[k];
      CHECK(std::abs(sums.found[k] - sums.expected[k]) <= bound);
    }
  }
}

TEST_CASE("sums are the same to the bit in registers of any width") {
  for (const std::size_t points : {1u, 5u, 32u, 40u, 64u, 150u}) {
    CAPTURE(points);
    const Numbers widest = sums_of(points).found;
    for (const InstructionSet set : {InstructionSet::baseline, InstructionSet::avx2}) {
      CAPTURE(to_string(set));
      const InstructionSetLimit limit(set);
      CHECK(sums_of(points).found == widest);
    }
  }
}

TEST_CASE("a point that is off is in no sum, neither of what the guard asks nor by its NaN") {
  const auto branch = [](X x) {
    const Value y = x[0] * x[1];
    return y > 3.0 ? y * x[2] : y * 2.0;
  };
  const Program program = differentiate(compile(branch, Numbers{2, 2, 1}));
  const Program both = keep_outputs(program, std::vector<std::size_t>{0, 3});
  // The value, which is the guard's own number where the weight x[2] is 1; and its derivative.
  const Program of_guard = compile(
      [](X x) {
        const Value y = x[0] * x[1];
        return y > 3.0 ? y : y * 2.0;
      },
      Numbers{2, 2});
  for (const std::size_t points : {1u, 2u, 5u, 64u, 100u}) {
    CAPTURE(points);
    Numbers with_weight, without;
    double expected = 0;
    for (std::size_t p = 0; p < points; ++p) {
      const double x = p % 3 == 1 ? std::numeric_limits<double>::quiet_NaN() : p % 3 == 2 ? 1 : 2;
      with_weight.insert(with_weight.end(), {x, 2});
      without.insert(without.end(), {x, 2});
      if (x == 2) expected += 4;
    }
    std::vector<std::uint8_t> off(points);
    Numbers two(2), one(1);
    const Numbers weight{1};
    Replay(both, {.uniform_inputs = {2}, .summed_outputs = {0, 1}})
        .run({.points = points, .inputs = with_weight, .uniform = weight, .sums = two, .off = off});
    CHECK(two == Numbers{expected, expected});
    Replay(of_guard, {.summed_outputs = {0}})
        .run({.points = points, .inputs = without, .sums = one, .off = off});
    CHECK(one[0] == expected);
    for (std::size_t p = 0; p < points; ++p) CHECK(off[p] == (p % 3 == 0 ? 0 : 1));
  }
}
