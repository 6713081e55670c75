// What a program does at a point, and when two programs do the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../core/same.hpp"
#include "fuzz.hpp"
#include "ops/at_operands.hpp"
#include "program/well_formed.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/program/program.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad::fuzz {

using Numbers = std::vector<double>;

struct Outcome {
  bool is_off = false;  // a guard came out otherwise
  Numbers outputs = {};
};

inline Outcome outcome_of(const Program& program, std::span<const double> x) {
  try {
    return {.outputs = program.run(x)};
  } catch (const GuardError&) {
    return {.is_off = true};
  }
}

/// In a batch with others like it.
inline Outcome outcome_of(const Replay& replay, std::span<const double> x) {
  const std::size_t points = replay.lanes() + 1;
  Numbers inputs, outputs(points * replay.outputs());
  for (std::size_t p = 0; p < points; ++p) inputs.insert(inputs.end(), x.begin(), x.end());
  std::vector<std::uint8_t> off(points);
  replay.run({.points = points, .inputs = inputs, .outputs = outputs, .off = off});
  const auto point = [&](std::size_t p) {
    return std::span(outputs).subspan(p * replay.outputs(), replay.outputs());
  };
  for (std::size_t p = 1; p < points; ++p)
    if (off[p] != off[0] || (off[0] == 0 && !testing::all_same(point(p), point(0))))
      throw Finding("the same point has other results at place " + std::to_string(p));
  if (off[0] != 0) return {.is_off = true};
  return {.outputs = {point(0).begin(), point(0).end()}};
}

/// To the last bit, or up to the sign of 0 from output `sure` on.
inline void require_same(const Outcome& a, const Outcome& b, std::size_t sure,
                         const std::string& what, const Program& program) {
  const bool same_size = a.is_off == b.is_off && a.outputs.size() == b.outputs.size();
  for (std::size_t k = 0; same_size && k < a.outputs.size(); ++k) {
    const double x = a.outputs[k], y = b.outputs[k];
    if (k < sure ? testing::same_bits(x, y) : testing::same_adjoint(x, y)) continue;
    throw Finding(what + ": output " + std::to_string(k) + " is " + std::to_string(y) + ", not " +
                  std::to_string(x) + ", of\n" + to_string(program));
  }
  if (!same_size) throw Finding(what + ": another outcome, of\n" + to_string(program));
}

inline void require_well_formed(const Program& program, const std::string& what) {
  const std::string fault = fault_of(ProgramBuilder::data(program));
  if (!fault.empty()) throw Finding(what + ": " + fault + ", of\n" + to_string(program));
}

/// Inputs and results.
inline Numbers numbers_at(const Program& program, std::span<const double> x) {
  Numbers numbers(x.begin(), x.end());
  Numbers operands;
  for (const Instruction& instruction : program.instructions()) {
    operands.clear();
    for (const Ref ref : program.operands(instruction))
      operands.push_back(ref.is_constant() ? program.constants()[ref.index()]
                                           : numbers[ref.index()]);
    numbers.push_back(with_rule(instruction.op, [&]<class Rule>() {
      return value_at<Rule>(std::span<const double>(operands));
    }));
  }
  return numbers;
}

/// Is the point one where "the same to the last bit" says less than it seems to? The sign of a NaN
/// is nobody's, and copysign() shows it.
inline bool shows_sign_of_nan(const Program& program, std::span<const double> x) {
  const Numbers numbers = numbers_at(program, x);
  return std::ranges::any_of(program.instructions(), [&](const Instruction& instruction) {
    if (instruction.op != Op::Copysign) return false;
    const Ref sign = program.operands(instruction)[1];
    return std::isnan(sign.is_constant() ? program.constants()[sign.index()]
                                         : numbers[sign.index()]);
  });
}

/// In a chain step either zero may come out.
inline bool has_chain(const Program& program) {
  return std::ranges::any_of(program.instructions(),
                             [](const Instruction& one) { return one.op == Op::Chain; });
}

}  // namespace tapegrad::fuzz
