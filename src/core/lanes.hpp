// What sweeps of several directions have in common: the adjoints or tangents of a node lie side by
// side, one lane for each direction. What a node costs beside arithmetic (which operation, which
// operands, which partials) is then paid once for all; and the arithmetic is done in SIMD
// registers, of the widest kind that the processor turns out to have (widest.hpp).
//
// A lane equals a sweep of its own to the last bit: the same products are summed in the same order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "partials.hpp"

namespace tapegrad {

template <std::size_t lanes> using Lanes = std::array<double, lanes>;

/// Of 64 bytes, as in a cache: there the first row begins, so that none of the others lies in more
/// lines than it has to.
inline constexpr std::size_t numbers_in_line = 64 / sizeof(double);

/// Of memory with room for a line more than is needed.
inline double* first_of_line(std::vector<double>& memory) {
  const auto before = reinterpret_cast<std::uintptr_t>(memory.data()) / sizeof(double);
  return memory.data() + (numbers_in_line - before % numbers_in_line) % numbers_in_line;
}

/// Gives the memory back, which `= {}` would keep.
inline void release(std::vector<double>& memory) { std::vector<double>().swap(memory); }

template <std::size_t lanes> TAPEGRAD_INLINE Lanes<lanes> load(const double* from) {
  Lanes<lanes> numbers;
  for (std::size_t d = 0; d < lanes; ++d) numbers[d] = from[d];
  return numbers;
}

/// to = x + y · partial, where the partial is not finite: what is 0 in a lane of y hands nothing
/// on.
template <std::size_t lanes>
TAPEGRAD_COLD void add_unusual(const double* x, const double* y, double partial, double* to) {
  for (std::size_t d = 0; d < lanes; ++d) to[d] = x[d] + rule::Chain::value(y[d], partial);
}

/// The same of any partial; if it is finite the product itself is 0.
template <std::size_t lanes>
TAPEGRAD_INLINE void add_product(const double* x, const Lanes<lanes>& y, double partial,
                                 double* to) {
  if (partial - partial == 0) [[likely]] {
    Lanes<lanes> sum;  // whole before any of it is written: `to` may be x
    for (std::size_t d = 0; d < lanes; ++d) sum[d] = x[d] + y[d] * partial;
    for (std::size_t d = 0; d < lanes; ++d) to[d] = sum[d];
  } else {
    const Lanes<lanes> copy = y;  // y itself can stay in registers
    add_unusual<lanes>(x, copy.data(), partial, to);
  }
}

/// Has the operation, in its form, one operand that is a node, to which it always hands on? By
/// opcode.
inline constexpr auto has_one_link = [] {
  std::array<bool, opcode_count> table{};
  for (std::size_t k = 0; k < op_count; ++k) {
    const Op op = static_cast<Op>(k);
    if (!has_rule(op) || info(op).cuts) continue;
    table[k] = info(op).arity == 1;
    for (const Form form : {Form::constant_right, Form::constant_left})
      table[static_cast<std::size_t>(make_opcode(op, form))] = info(op).arity == 2;
  }
  return table;
}();

/// The partial of such a node, in a register: half of the way through Links. Compiled once, for all
/// kinds of processors.
TAPEGRAD_NOINLINE inline double partial_of_one(const Row* rows, const Row& row) {
  return with_rule(op_of_opcode(row.opcode),
                   [&]<class Rule>() { return partials_of<Rule>(rows, row).to[0]; });
}

/// The links of a node of any rule. Compiled once, for all kinds of processors.
inline void find_links_of(const Recording& recording, const Row& row, Links& links) {
  with_rule(op_of_opcode(row.opcode),
            [&]<class Rule>() { find_links<Rule>(recording, row, links); });
}

/// Does the partial hand something on, to a node?
inline bool is_link(const Links& links, std::size_t k) {
  return links.operands[k] != 0 && !(links.cuts && links.partials[k] == 0);
}

/// The cases of a switch by opcode: step<rule, form>(arguments...) for each form of the rule.
#define TAPEGRAD_LANE_STEPS(Rule, ...)                          \
  case make_opcode(Op::Rule):                                   \
    return step<rule::Rule, Form::variables>(__VA_ARGS__);      \
  case make_opcode(Op::Rule, Form::constant_right):             \
    return step<rule::Rule, Form::constant_right>(__VA_ARGS__); \
  case make_opcode(Op::Rule, Form::constant_left):              \
    return step<rule::Rule, Form::constant_left>(__VA_ARGS__);

}  // namespace tapegrad
