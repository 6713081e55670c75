// Random programs over all operations: made, evaluated, recorded, compared, shrunk and printed.
//
//   generate()           a seed's program, smooth and of moderate size around its point
//   evaluate<T>()        by the rules themselves, with any number type: no tape
//   record()             on a tape, as a user writes it
//   find_disagreement()  derivatives of the tape against those without it
//   shrink()             the smallest program that still fails
//   print_program()      as C++ that compiles and runs
//
// A program is plain data. Its inputs and the results of its instructions are its places, counted
// together, inputs first; an instruction takes earlier places and constants, and the last one is
// the output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../ops/evaluate.hpp"
#include "tapegrad/core.hpp"
#include "tapegrad/ops/dual.hpp"

namespace tapegrad::testing {

/// What an instruction takes: a place, or a constant.
struct Source {
  static constexpr std::size_t no_place = std::numeric_limits<std::size_t>::max();

  std::size_t place = no_place;
  double constant = 0;

  bool is_constant() const { return place == no_place; }
};

struct Instruction {
  Op op;
  std::vector<Source> operands;
  bool plain_constants = false;  // x * 2.0, not x * Value(2.0); for + - * / and pow
  bool in_place = false;         // y = a, y *= b; for + - * /
};

struct Program {
  std::vector<double> point;  // the inputs
  std::vector<Instruction> instructions;

  std::size_t place_of(std::size_t instruction) const { return point.size() + instruction; }
  std::size_t places() const { return place_of(instructions.size()); }
};

/// The program of a seed: the same on every machine.
/// Operands are squashed into the domain of their operation (by sin or tanh, as part of the
/// program) unless they are in it already, and results that grow, or of which the derivatives grow,
/// are made small: so no kink and no pole is near. Flat operations, dead code, aliasing (x · x),
/// branches not taken, and dead ends of infinite slope are there as well.
/// @param ops  to choose from, all with a row in functions(); to these come those that squash, make
///             small and join: arithmetic, fma, sin, tanh, atan, sqrt, log, sum, dot; and with
///             select all comparisons
Program generate(std::uint64_t seed, std::span<const Op> ops);
/// Of all operations.
Program generate(std::uint64_t seed);

/// The same with the result of an instruction as one more input, the last, in its place.
Program cut_at(const Program& program, std::size_t instruction);

/// Which programs a test is to run: `count` from seed 1 on, or as the environment variables
/// TAPEGRAD_RANDOM_GRAPHS and TAPEGRAD_RANDOM_SEED say.
struct Seeds {
  std::uint64_t first;
  std::uint64_t count;
};
/// @throws ArgumentError if one of them is no number
Seeds seeds_to_run(std::uint64_t count);

// ---- Without a tape ----

/// The rule of `op` at operands that are all there, as a value.
template <class T> T apply(Op op, std::span<const T> x) {
  return with_rule(op, [&]<class Rule>() -> T {
    if constexpr (Rule::info.arity == variadic)
      return value_of<Rule>(x);
    else if constexpr (Rule::info.arity == 1)
      return value_of<Rule>(x[0]);
    else if constexpr (Rule::info.arity == 2)
      return value_of<Rule>(x[0], x[1]);
    else
      return value_of<Rule>(x[0], x[1], x[2]);
  });
}

/// The values at all places. Compiled in random_graph.cpp for the number types that are used.
template <class T> std::vector<T> evaluate(const Program& program, std::span<const T> x);

/// The operands of an instruction, constants included.
template <class T> std::vector<T> operands_of(const Instruction& step, std::span<const T> values) {
  std::vector<T> x;
  x.reserve(step.operands.size());
  for (const Source& source : step.operands)
    x.push_back(source.is_constant() ? T(source.constant) : values[source.place]);
  return x;
}

// ---- On a tape ----

/// Stands between an operation and the program: to plant faults. Gets the operation, its operands
/// and its result, and returns what is taken for the result.
using Wrap = std::function<Value(Op op, std::span<const Value> operands, Value result)>;

/// Values at all places: leaves for the inputs, then what the instructions gave.
std::vector<Value> record(const Program& program, Tape& tape, std::span<const double> x,
                          const Wrap& wrap = nullptr);

// ---- Comparing ----

struct Comparison {
  bool differences = true;    // the gradient against finite differences
  bool second_order = false;  // Hessians; costs n² evaluations
  Wrap wrap = nullptr;
};

struct Disagreement {
  std::string what;         // the two that differ: "tangent of push_forward, and of Dual"
  std::size_t instruction;  // the first at which it does
  std::size_t input;        // by which is differentiated; of Hessians the first of two
  double found;             // on the tape
  double expected;
};

/// What of the derivatives on a tape differs from those without one; nothing if all agree.
/// The tape is cleared.
std::optional<Disagreement> find_disagreement(const Program& program, Tape& tape,
                                              const Comparison& comparison = {});

/// n numbers, one for each input, by place.
using ByPlace = std::vector<std::vector<double>>;

/// First derivatives as Dual numbers sum them, but with the absolute value of every term. All ways
/// to a derivative multiply the same partials and add the same products in another order, so that
/// each is off by no more than epsilon of this for each rounding along a path.
ByPlace sums_of_magnitudes(const Program& program, std::span<const double> values);

/// For each rounding that two ways to a derivative can differ by: an instruction multiplies and
/// adds once for each operand, on both ways, and wide operations have 20 operands.
inline double roundings(const Program& program) {
  return 4 * static_cast<double>(program.places()) + 40;
}

bool is_finite(std::span<const double> x);

/// |a - b| within the tolerance; where that is not finite (beside poles) they must be the same.
bool agree(double a, double b, double tolerance);

/// f'(0) of a smooth f of a long double, by central differences of steps h and h/2, extrapolated
/// (Richardson 1911). The error is (h / r)⁴ with r the distance to the next singularity, and
/// epsilon / h: domains keep operands 0.05 away from any, and slopes are below 16, so that r is
/// above 0.003. It knows no rule's partials.
double difference(const std::function<long double(long double)>& f);

/// How far differences may be off, relative to 1 and the sum of magnitudes.
inline constexpr double difference_tolerance = 1e-8;

/// The second derivatives of y, recorded at the program's places, as find_disagreement() does.
std::optional<Disagreement> find_second_order_disagreement(const Program& program, Tape& tape,
                                                           std::span<const Value> y);

// ---- Reporting ----

using Fails = std::function<bool(const Program&)>;

/// A program for which `fails` still holds and from which no instruction, operand, input or digit
/// can be taken: results become inputs and constants, so that what is left are the operations that
/// matter, at the operands at which they failed.
Program shrink(Program program, const Fails& fails);

/// One line: the operation, its place and the two numbers.
std::string to_string(const Disagreement& disagreement, const Program& program);

/// A complete C++ program that records it and prints the gradient of its output.
std::string print_program(const Program& program);

/// All of a failure: seed, disagreement, how to reproduce it, and the program, shrunk and printed.
std::string report(std::uint64_t seed, const Program& program, const Disagreement& disagreement,
                   const Comparison& comparison);

}  // namespace tapegrad::testing
