// Passes: from a Program to one that computes the same with less.
//
// "The same" is to the last bit: only identities that are exact in IEEE arithmetic are used, NaN
// and infinity included; any NaN equals any NaN, and in a chain step any zero. x + 0 stays (-0 + 0
// is 0), and so do x · 0 and x - x.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// The same with these outputs alone, in this order: the last derivative of several, say.
/// @throws ArgumentError if there is no such output
TAPEGRAD_API Program keep_outputs(const Program& program, std::span<const std::size_t> outputs);

/// Leaves out instructions on which no output and no guard depends. Inputs stay.
TAPEGRAD_API Program remove_dead_code(const Program& program);

/// Does operations of constants at once, and leaves out those that change nothing:
///   x · 1, 1 · x, x / 1, x - 0, x + (-0), -(-x), fma(x, 1, c) as x + c, pow(x, 1)
///   x · -1 and x / -1 as -x;  a - (-b) as a + b, a + (-b) as a - b
///   select() of a constant, or of equal sides;  chain(adjoint, partial) where one is a constant
///   that makes it a product, or nothing
TAPEGRAD_API Program simplify(const Program& program);

/// Computes equal things once: instructions of the same operation and operands, the order of which
/// does not count where the rule commutes.
TAPEGRAD_API Program share_common_subexpressions(const Program& program);

/// Writes operations of any number of operands (sum, dot, norm, ...) as their rules do, by
/// operations of one, two and three.
TAPEGRAD_API Program expand(const Program& program);

/// Computes what was recorded only when a derivative needs it: where a result is a sum over many
/// things, each is then computed and differentiated at once, and what is kept of it stays in the
/// cache. Leaves in the order in which they are what belongs to the last differentiation, and
/// programs that have none.
TAPEGRAD_API Program schedule(const Program& program);

/// What a pass has made of a program.
struct PassReport {
  std::string pass;
  std::size_t before = 0;  // instructions
  std::size_t after = 0;
};

/// A program, and what each pass has done to it.
struct Optimised {
  Program program;
  std::vector<PassReport> reports;
};

/// All passes, in an order in which each finds most.
TAPEGRAD_API Optimised optimise(const Program& program);

/// A line for each pass.
TAPEGRAD_API std::string to_string(const std::vector<PassReport>& reports);

}  // namespace tapegrad
