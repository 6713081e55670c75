// How far the C library's vector functions are from the exact ones: where to look, and how to
// count.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "ops/points.hpp"
#include "program/builder.hpp"
#include "tapegrad/ops/op.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad::testing {

/// Calls visit.operator()<Rule>() for each rule whose formula is one function of the C library.
template <class Visitor> void for_each_library_function(Visitor&& visit) {
#define TAPEGRAD_VISIT(Rule) visit.template operator()<rule::Rule>();
  TAPEGRAD_VISIT(Exp)
  TAPEGRAD_VISIT(Exp2)
  TAPEGRAD_VISIT(Expm1)
  TAPEGRAD_VISIT(Log)
  TAPEGRAD_VISIT(Log2)
  TAPEGRAD_VISIT(Log10)
  TAPEGRAD_VISIT(Log1p)
  TAPEGRAD_VISIT(Pow)
  TAPEGRAD_VISIT(Cbrt)
  TAPEGRAD_VISIT(Hypot)
  TAPEGRAD_VISIT(Sin)
  TAPEGRAD_VISIT(Cos)
  TAPEGRAD_VISIT(Tan)
  TAPEGRAD_VISIT(Asin)
  TAPEGRAD_VISIT(Acos)
  TAPEGRAD_VISIT(Atan)
  TAPEGRAD_VISIT(Atan2)
  TAPEGRAD_VISIT(Sinh)
  TAPEGRAD_VISIT(Cosh)
  TAPEGRAD_VISIT(Tanh)
  TAPEGRAD_VISIT(Asinh)
  TAPEGRAD_VISIT(Acosh)
  TAPEGRAD_VISIT(Atanh)
  TAPEGRAD_VISIT(Erf)
  TAPEGRAD_VISIT(Erfc)
#undef TAPEGRAD_VISIT
}

/// Zeros, infinities, NaN, subnormal, tiny and huge numbers; those beside ±1, where inverses end;
/// where exponentials overflow, become subnormal, and 0; and angles that need many digits of π.
inline std::vector<double> edge_numbers() {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double most = std::numeric_limits<double>::max();
  constexpr double beside_1 = 0x1p-52;
  std::vector<double> edges{std::numeric_limits<double>::quiet_NaN()};
  for (const double x :
       {0.0,   0x1p-1074, 1e-310,       0x1p-1022,    1e-300, 1e-20,  1e-8,   0.5,
        1.0,   1.5,       1 - beside_1, 1 + beside_1, 2.0,    26.5,   27.3,   708.4,
        709.7, 709.8,     710.4,        710.5,        740.0,  745.1,  745.2,  1022.5,
        1024., 1050.3,    1074.0,       1075.0,       1e5,    0x1p52, 0x1p53, 0x1p63,
        1e22,  0x1p100,   1e300,        most,         inf})
    edges.insert(edges.end(), {x, -x});
  return edges;
}

/// Operands to try a rule with: all edges (of two operands all pairs), and beside them `count`
/// times operands at random, from its domain, of all magnitudes, and of any bits.
template <class Rule> std::vector<double> operands_to_try(std::size_t count) {
  constexpr auto arity = static_cast<std::size_t>(Rule::info.arity);
  const std::vector<double> edges = edge_numbers();
  std::vector<double> all;
  for (const double a : edges) {
    if (arity == 1) all.push_back(a);
    for (std::size_t k = 0; k < edges.size() && arity == 2; ++k)
      all.insert(all.end(), {a, edges[k]});
  }
  Points points;
  for (std::size_t k = 0; k < count; ++k) {
    const std::vector<double> inside = points.of(Rule::info, arity);
    all.insert(all.end(), inside.begin(), inside.end());
    for (std::size_t i = 0; i < arity; ++i)
      all.push_back(std::copysign(std::exp(points.in({-40, 40})), points.in({-1, 1})));
    for (std::size_t i = 0; i < arity; ++i) all.push_back(points.in({-800, 800}));
    for (std::size_t i = 0; i < arity; ++i)
      all.push_back(std::bit_cast<double>(static_cast<std::uint64_t>(points.in({0, 0x1p63})) ^
                                          (k % 2 << 63)));
  }
  return all;
}

/// A program of one operation.
template <class Rule> Program program_of() {
  ProgramBuilder builder;
  std::vector<Ref> x;
  for (int i = 0; i < Rule::info.arity; ++i) x.push_back(builder.add_input(""));
  builder.add_output(builder.append(op_of<Rule>, x), "");
  return builder.finish();
}

/// The rule in lanes, for each of its operands' rows.
template <class Rule> std::vector<double> in_lanes(std::span<const double> operands, Math math) {
  const std::size_t points = operands.size() / static_cast<std::size_t>(Rule::info.arity);
  std::vector<double> results(points);
  Replay(program_of<Rule>(), {.math = math})
      .run({.points = points, .inputs = operands, .outputs = results});
  return results;
}

/// The rule in T, of the operands at a place.
template <class Rule, class T> T rule_value(const double* x) {
  if constexpr (Rule::info.arity == 1)
    return Rule::value(T(x[0]));
  else if constexpr (Rule::info.arity == 2)
    return Rule::value(T(x[0]), T(x[1]));
  else
    return Rule::value(T(x[0]), T(x[1]), T(x[2]));
}

/// By how many units in the last place a finite number is off: of the binade of the exact one, of
/// 2^-1074 where it is subnormal.
inline long double ulps_off(double y, long double exact) {
  const int exponent = exact == 0 ? -1022 : std::max(std::ilogb(exact), -1022);
  return std::abs(y - exact) / std::ldexp(1.0L, exponent - 52);
}

}  // namespace tapegrad::testing
