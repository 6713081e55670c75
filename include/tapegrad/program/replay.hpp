// Running a Program at many points: in blocks of SIMD lanes, spread over threads.
//
// A block holds some points, one to a lane; each instruction is done for all of them before the
// next. What an instruction costs beside arithmetic is then paid once for a block, and the
// arithmetic goes through the widest registers that the processor turns out to have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/program/passes.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

enum class Math : std::uint8_t {
  /// The C library's functions, one lane after the other: equal to Program::run() to the last bit.
  exact,
  /// Its vector functions where it has them (glibc on x86-64: exp, log, sin, tanh, ...), within 4
  /// units in the last place. Equal in every lane and every block; between kinds of processors the
  /// last bits may differ.
  vector,
};

enum class Rounding : std::uint8_t {
  /// Each operation's result, as Program::run() does.
  as_recorded,
  /// Products that are added up, or subtracted, are not rounded before (fused multiply-add): a sum
  /// of n is rounded n times in place of 2n - 1, and is within n · 2^-53 · Σ|product| of the exact
  /// one, to first order and where nothing underflows. These are products and chain steps that
  /// nothing else reads, and that differ from point to point. Equal in every lane and every block,
  /// and by Math::exact on all processors that multiply and add at once (x86-64: from AVX2 on); on
  /// others as_recorded. It is no faster: reading the operands takes longer than rounding them.
  fused,
};

struct ReplayOptions {
  /// Inputs that are the same for all points: a network's parameters. What depends on them alone is
  /// computed once.
  std::vector<std::size_t> uniform_inputs = {};
  /// Outputs that are wanted as their sum over the points only: the derivatives by uniform inputs.
  std::vector<std::size_t> summed_outputs = {};
  Math math = Math::exact;
  /// By anything but as_recorded and Math::exact a run may differ from Program::run().
  Rounding rounding = Rounding::as_recorded;
};

/// Points to run at, and where the results go.
struct Batch {
  std::size_t points = 0;
  std::span<const double> inputs = {};   // points × varying inputs, row after row
  std::span<const double> uniform = {};  // the uniform inputs
  std::span<double> outputs = {};        // points × outputs that are not summed
  std::span<double> sums = {};           // the summed outputs
  /// Empty, or one for each point: 1 where a guard came out otherwise, and then the results there
  /// mean nothing, and are left out of the sums; else 0. Empty: GuardError.
  std::span<std::uint8_t> off = {};
};

/// A Program made ready to run. It is immutable: threads share it.
class TAPEGRAD_API Replay {
 public:
  struct Plan;  // src/program/plan.hpp

  /// @throws ArgumentError for an input or output that is not there, or named twice
  explicit Replay(const Program& program, const ReplayOptions& options = {});
  ~Replay();
  Replay(Replay&&) noexcept;
  Replay& operator=(Replay&&) noexcept;

  /// The memory that a run needs, for each thread: made once, used for many.
  class TAPEGRAD_API Workspace {
   public:
    explicit Workspace(const Replay& replay, std::size_t threads = 1);
    std::size_t threads() const { return rows_.size(); }

   private:
    friend class Replay;
    struct alignas(64) Line {  // of a cache: a row begins with one
      double numbers[8];
    };
    std::uint64_t plan_;                   // its number
    std::vector<double> shared_;           // registers
    std::vector<std::vector<Line>> rows_;  // for each thread
    std::vector<double> sums_;             // of each chunk of blocks
  };

  /// Runs the batch on as many threads as the workspace is made for. Results do not depend on their
  /// number, and those of a point neither on its place nor on the other points. Sums are taken in
  /// an order that depends on nothing but the number of points.
  /// @throws ShapeError; ArgumentError if the workspace was made for another Replay; GuardError
  ///         naming the comparison and the first such point (results are then undetermined)
  /// Cost: allocates nothing, but where a thread meets a batch larger than any before.
  void run(const Batch& batch, Workspace& workspace) const;
  /// With a workspace of its own.
  void run(const Batch& batch) const;

  std::size_t varying_inputs() const;
  std::size_t uniform_inputs() const;
  std::size_t outputs() const;  // that are not summed
  std::size_t summed_outputs() const;
  /// Points to a block.
  std::size_t lanes() const;

  /// What the passes did, instructions, registers, and bytes of a block.
  std::string explain() const;

 private:
  std::unique_ptr<const Plan> plan_;
};

}  // namespace tapegrad
