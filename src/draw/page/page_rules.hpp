// The rules of the op table as JavaScript.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// An operation and the number of its operands.
using CountedOp = std::pair<Op, std::size_t>;

/// How it is called among the `operations` of a script: "tanh", "sum of 3".
TAPEGRAD_API std::string script_key(const CountedOp& op);

/// Definitions of the constants and functions that rules use, but for those of page_math.js, and
/// of `operations`, an object with a row for each of `ops`:
///   shows      how to write the value, a text or two, in which $0, $1, ... are the operands
///   partials   functions of (operands, value), which give ...
///   value      ... and a function of the operands
///   showsPartial  a text for each partial, in which $y is the value; empty where it is long
///   cuts       whether a partial of 0 stops an adjoint (OpInfo::cuts)
/// All have rules. Empty lines stand between what can be left out where it is not needed.
TAPEGRAD_API std::string script_of_rules(const std::set<CountedOp>& ops);

}  // namespace tapegrad
