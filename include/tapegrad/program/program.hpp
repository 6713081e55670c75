// A recording as a straight-line program: written down once, to be differentiated, optimised and
// run at many points.
//
//   program.hpp        what a Program is, and what it looks like as text
//   compile.hpp        from a tape, or a function at a point, to a Program
//   differentiate.hpp  from a Program to the Program of its derivatives
//   passes.hpp         from a Program to one that computes the same with less
//   replay.hpp         running it for many points, in SIMD lanes and threads
//   cache.hpp          for functions that branch: a Program for each way
//   generate.hpp       from a Program to C++
//
// A Program has inputs, constants and instructions, each of which computes one number from earlier
// ones. It is immutable: whatever changes one makes another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad {

/// A number in a Program: one of its inputs, the result of one of its instructions, or one of its
/// constants.
class Ref {
 public:
  constexpr Ref() = default;
  /// Inputs and results are counted together, inputs first.
  static constexpr Ref result(std::size_t index) { return Ref(static_cast<std::uint32_t>(index)); }
  static constexpr Ref constant(std::size_t index) {
    return Ref(static_cast<std::uint32_t>(index) | constant_bit);
  }

  constexpr bool is_constant() const { return (bits_ & constant_bit) != 0; }
  /// Among the constants if it is one, else among inputs and results.
  constexpr std::size_t index() const { return bits_ & ~constant_bit; }

  friend constexpr bool operator==(Ref, Ref) = default;
  friend constexpr auto operator<=>(Ref, Ref) = default;

  /// Most inputs and instructions together.
  static constexpr std::size_t most = 0x7FFFFFFF;

 private:
  static constexpr std::uint32_t constant_bit = 0x80000000;
  constexpr explicit Ref(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

/// One operation, of the op table's rules.
struct Instruction {
  Op op;
  std::uint32_t operands;  // how many
  std::uint32_t first;     // where they begin in Program::operands()
};

/// A comparison on which the recorded function has branched.
struct Guard {
  Ref condition;  // 1 where the comparison holds, else 0
  bool held;      // how it came out
};

class ProgramBuilder;

class TAPEGRAD_API Program {
 public:
  struct Data;  // src/program/builder.hpp

  /// One without inputs and outputs.
  Program();

  std::size_t input_count() const;
  std::size_t output_count() const { return outputs().size(); }
  /// The instructions; the k-th has the result Ref::result(input_count() + k).
  std::span<const Instruction> instructions() const;
  std::span<const Ref> operands(const Instruction& instruction) const;
  std::span<const double> constants() const;
  std::span<const Ref> outputs() const;
  std::span<const Guard> guards() const;

  /// "w", or "x[2]" for an input that was given no name; "y[0]" likewise.
  std::string input_name(std::size_t input) const;
  std::string output_name(std::size_t output) const;

  /// The outputs at a point, one instruction after the other: the plain statement of what a Program
  /// means, which every faster way must equal.
  /// @param inputs   input_count() numbers
  /// @param outputs  output_count() numbers
  /// @throws ShapeError; GuardError naming the comparison, and then the outputs are unchanged
  void run(std::span<const double> inputs, std::span<double> outputs) const;
  std::vector<double> run(std::span<const double> inputs) const;

 private:
  friend class ProgramBuilder;
  explicit Program(std::shared_ptr<const Data> data);
  std::shared_ptr<const Data> data_;
};

/// "less(x, 0)", with its operands as to_string(program) names them.
TAPEGRAD_API std::string to_string(const Program& program, const Guard& guard);

/// What to say where a guard came out otherwise. @throws GuardError
[[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_guard(const Program& program,
                                                         const Guard& guard);

/// A line for each instruction, named as operands are: "%0 = mul(w, x)".
TAPEGRAD_API std::string to_string(const Program& program);

}  // namespace tapegrad
