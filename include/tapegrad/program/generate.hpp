// A Program as C++ that a person can read and step through, and a compiler makes fast.
#pragma once

#include <cstddef>
#include <string>

#include "tapegrad/export.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

struct GenerateOptions {
  /// Name of the function: no keyword, nothing that may be a macro (NAN), not main or size_t, and
  /// not part_0 and its like, as parts of a long one are called.
  std::string function = "evaluate";
  /// Most instructions of one function: a longer program becomes several, called one after the
  /// other, so that the time to compile it grows no faster than its length. What a later one needs
  /// goes through memory: with 1000 instead of 300, 15,000 instructions (Rosenbrock, n = 1000) took
  /// 6.9 s instead of 4.0 s to compile, and 4.7 us instead of 3.9 us to run.
  std::size_t instructions_per_function = 300;
  /// Writes #line directives, so that a debugger steps through the lines that recorded the
  /// instructions, where those are known (CompileOptions::locate); for the chain rule through the
  /// same lines, backwards. What has no such line is shown in FUNCTION.cpp, so call the file so.
  bool source_lines = false;
};

/// A file that needs nothing of tapegrad, with the function
///
///     bool evaluate(const double* inputs, double* outputs);
///
/// of as many numbers as the program has. False: a guard came out otherwise, and the outputs are
/// not written. They must not overlap the inputs. Each instruction is a line, in the order of the
/// program, under a heading for the forward pass and one for the chain rule. Its variable has the
/// name of the node, and a comment says what it is: "∂L/∂pa = ∂L/∂a · ∂a/∂pa". Each operation that
/// C++ does not have is a function, with the formula of its rule.
/// Compiled with -ffp-contract=off its results equal Program::run() to the last bit, where the math
/// library is the same; but for operations of constants alone, which a compiler does itself, and of
/// which optimise() leaves none. It needs C++20, and lgamma the C library's lgamma_r.
/// @throws ArgumentError if the name is no identifier, or there is no room for an instruction
TAPEGRAD_API std::string generate_cpp(const Program& program, const GenerateOptions& options = {});

}  // namespace tapegrad
