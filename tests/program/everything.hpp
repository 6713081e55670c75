// A program with one of each thing that it can hold, and how programs are compared.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "../core/same.hpp"
#include "../ops/points.hpp"
#include "program/builder.hpp"

namespace tapegrad::testing {

/// Every operation, each of earlier results, inputs and constants; names of all sorts, and two
/// outputs and an input without one; constants that are easily lost; guards that hold at
/// everything_point().
inline Program program_of_everything() {
  ProgramBuilder builder;
  std::vector<Ref> refs;
  for (const char* name : {"w", "", "größe \"Δ\" 'x'", "two\nlines\\\t\r"})
    refs.push_back(builder.add_input(name));
  const double payload = std::bit_cast<double>(std::uint64_t{0x7FF8'0000'DEAD'BEEF});
  for (const double number :
       {0.5, -0.0, 0.0, payload, -payload, 5e-324, std::numeric_limits<double>::infinity(), 2.0})
    refs.push_back(builder.constant(number));
  std::size_t next = 0;
  for_each_rule([&]<class Rule>() {
    for (const std::size_t count : operand_counts<Rule>()) {
      std::vector<Ref> operands;
      for (std::size_t k = 0; k < count; ++k) operands.push_back(refs[next++ % refs.size()]);
      refs.push_back(builder.append(op_of<Rule>, operands));
    }
  });
  builder.append(Op::Sum, {});
  const Ref less = builder.append(Op::Less, {Ref::result(0), Ref::result(1)});
  builder.add_guard({.condition = less, .held = true});
  builder.add_guard({.condition = builder.append(Op::Equal, {less, less}), .held = true});
  builder.add_guard({.condition = builder.constant(0.0), .held = false});
  builder.add_output(less, "");
  builder.add_output(Ref::result(0), "an input\nas it is");
  builder.add_output(builder.constant(payload), "");
  for (const Ref ref : refs) builder.add_output(ref, "y");
  return builder.finish();
}
inline constexpr std::array<double, 4> everything_point{0.25, 0.75, -1.5, 3.0};

/// Equal in everything that a Program holds, constants to the bit.
inline bool same_program(const Program& a, const Program& b) {
  const Program::Data& x = ProgramBuilder::data(a);
  const Program::Data& y = ProgramBuilder::data(b);
  const auto same_number = [](double p, double q) {
    return std::bit_cast<std::uint64_t>(p) == std::bit_cast<std::uint64_t>(q);
  };
  const auto same_instruction = [](const Instruction& p, const Instruction& q) {
    return p.op == q.op && p.operands == q.operands && p.first == q.first;
  };
  const auto same_guard = [](const Guard& p, const Guard& q) {
    return p.condition == q.condition && p.held == q.held;
  };
  return x.input_names == y.input_names && x.output_names == y.output_names &&
         std::ranges::equal(x.constants, y.constants, same_number) &&
         std::ranges::equal(x.instructions, y.instructions, same_instruction) &&
         x.operands == y.operands && x.outputs == y.outputs &&
         std::ranges::equal(x.guards, y.guards, same_guard);
}

}  // namespace tapegrad::testing
