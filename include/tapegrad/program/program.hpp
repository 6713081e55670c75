// A recording as a straight-line program: written down once, to be differentiated, optimised and
// run at many points.
//
//   program.hpp        what a Program is, where it comes from, and what it looks like as text
//   compile.hpp        from a tape, or a function at a point, to a Program
//   differentiate.hpp  from a Program to the Program of its derivatives
//   passes.hpp         from a Program to one that computes the same with less
//   replay.hpp         running it for many points, in SIMD lanes and threads
//   batch.hpp          values and derivatives of many points from a Program of one output
//   cache.hpp          for functions that branch: a Program for each way
//   check.hpp          does a Program still say what its function says?
//   generate.hpp       from a Program to C++
//   program_file.hpp   Programs in files
//
// A Program has inputs, constants and instructions, each of which computes one number from earlier
// ones. It is immutable: whatever changes one makes another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/core/observer.hpp"
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

/// Where an instruction comes from: from a node of the tape that was compiled, as what was recorded
/// or as a part of the chain rule. Passes hand it on; of instructions that they make one, that of
/// the first stays.
struct Origin {
  enum class Kind : std::uint8_t {
    value,    // the node's value
    partial,  // the partial of the node by an operand
    first,    // a chain step: the first share of an adjoint, or of a tangent
    term,     // another share, still to be added
    sum,      // the adjoint or tangent with that share
  };
  std::uint32_t node = 0;     // 0: not known
  std::uint32_t operand = 0;  // of partials and chain steps: the operand's node; 0: not known
  Kind kind = Kind::value;
  bool is_whole = true;    // false: something on the way to it
  std::uint8_t order = 0;  // the differentiation that it belongs to, from 1; 0: it was recorded
  std::uint8_t of = 0;     // the order of what was differentiated

  friend constexpr bool operator==(const Origin&, const Origin&) = default;
};

/// What makes a place of an address of code: tapegrad::locate (inspect/location.hpp). A program
/// does not know it, but can be given it (CompileOptions::locate).
using Locate = std::optional<Location> (*)(const void* caller);

class ProgramBuilder;

/// A recording as a straight line of instructions, with inputs and outputs; immutable.
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

  /// Of the k-th instruction. What it tells is known as long as the program lives, also when the
  /// tape is gone; to_string(program, origin) says it in words.
  Origin origin(std::size_t instruction) const;
  /// The name that a node has on the tape; empty if it has none. Derived when it is asked for.
  std::string node_name(std::size_t node) const;
  /// The code that recorded it (Tape::record_locations()); null if it is not known.
  const void* caller(std::size_t node) const;
  /// The place of that code; nothing if it is not known, or CompileOptions::locate was not given.
  std::optional<Location> location(std::size_t node) const;

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

/// "less(pa, 0)": the comparison, with the names of its operands, or numbers as to_string(program)
/// has them.
TAPEGRAD_API std::string to_string(const Program& program, const Guard& guard);

/// Where an instruction of this program comes from: "#4 pa" of what was recorded, "∂a/∂pa" of a
/// partial. Of the chain rule "∂L/∂pa = ∂L/∂a · ∂a/∂pa", or with += where a share is added; L is
/// what the output is called. Of a tangent program "tangent of a = ∂a/∂pa · tangent of pa". It
/// begins with "for" where it is something on the way, and is empty where nothing is known.
TAPEGRAD_API std::string to_string(const Program& program, const Origin& origin);

/// What to say where a guard came out otherwise: the comparison, and where it was recorded, if that
/// is known. @throws GuardError
[[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_guard(const Program& program,
                                                         const Guard& guard);

/// A line for each instruction, numbered as operands are: "%0 = mul(w, x)". With its name, where
/// the node has one: "%1 pa = add(%0, b)", and in a derivative "%4 ∂L/∂pa = chain(%2, %3)".
TAPEGRAD_API std::string to_string(const Program& program);

}  // namespace tapegrad
