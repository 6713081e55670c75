// What a rule says of itself beside its formulas.
#pragma once

#include <string_view>

namespace tapegrad {

/// An interval in which an operand may be chosen at random: the operation is defined and smooth
/// in it, so that finite differences can be trusted there.
struct Domain {
  double low = -4;
  double high = 4;
};

/// The arity of operations that take any number of operands in a span.
inline constexpr int variadic = -1;

/// What there is to know of an operation beside its formulas.
struct OpInfo {
  std::string_view name;       // as the user writes it: "tanh"
  int arity;                   // number of operands, or `variadic`
  Domain domain = {};          // of the first operand, and of the others if they have none
  Domain domain_b = domain;    // of the second operand
  std::string_view operands =  // their names: by default x, or a b, or a b c, or x[0] x[1] x[2]
      arity == 1   ? "x"
      : arity == 2 ? "a b"
      : arity == 3 ? "a b c"
                   : "x[0] x[1] x[2]";
  bool commutes = false;        // value(a, b) and value(b, a) are the same bits, NaNs aside
  bool cuts = false;            // a partial of 0 says that the operand was not chosen, or that the
                                // operation is flat: an adjoint stops there, also an infinite one
  bool keeps = false;           // of one operand: its partial costs a function of the math
                                // library; it is computed when recording and kept
  std::string_view edges = "";  // kinks, poles, infinities: what holds there, for the edge table
};

}  // namespace tapegrad
