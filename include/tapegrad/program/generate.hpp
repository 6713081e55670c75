// A Program as C++ that a person can read and step through, and a compiler makes fast.
#pragma once

#include <cstddef>
#include <string>

#include "tapegrad/export.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

struct GenerateOptions {
  /// Name of the function.
  std::string function = "evaluate";
  /// Most instructions of one function: a longer program becomes several, called one after the
  /// other, so that the time to compile it grows no faster than its length.
  std::size_t instructions_per_function = 1000;
};

/// A file that needs nothing of tapegrad, with the function
///
///     bool evaluate(const double* inputs, double* outputs);
///
/// of as many numbers as the program has. False: a guard came out otherwise, and the outputs are
/// not written. Inputs have their names, each instruction is a line, and each operation that C++
/// does not have is a function, with the formula of its rule.
/// Compiled with -ffp-contract=off its results equal Program::run() to the last bit, where the math
/// library is the same.
/// @throws ArgumentError if the name is no identifier; UnsupportedError naming an operation that
///         neither C++ has nor a formula gives (digamma, polygamma)
TAPEGRAD_API std::string generate_cpp(const Program& program, const GenerateOptions& options = {});

}  // namespace tapegrad
