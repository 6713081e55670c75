// The gradient of a loss over a batch of samples, by one of two engines.
//
// The loss of one sample is a function, written once. Recorded on a tape for each sample anew, it
// may be anything that a tape can record. Compiled to a Program from the first sample and run for
// the others, several at a time, it is many times faster; but what differs between samples has to
// come in as data, and where the function branches, all samples have to go the same way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "tapegrad/core/tape.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/program/batch.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad {

/// The data of one sample: constants on a tape, inputs of a Program. No derivatives by them.
struct SampleValues {
  std::span<const Value> inputs;
  std::span<const Value> targets;
  std::span<const Value> noise;  // numbers drawn for this sample alone: masks of dropout.hpp
};

/// From the parameters, which all samples share, and a sample to its loss. Called by several
/// threads at once, each with a tape of its own.
using SampleLoss =
    std::function<Value(std::span<const Value> parameters, const SampleValues& sample)>;

enum class Engine : std::uint8_t {
  /// Records one sample, and replays it for all: Program.
  program,
  /// Records every sample.
  tape,
};

/// How many numbers a loss takes.
struct SampleSizes {
  std::size_t parameters = 0;
  std::size_t inputs = 0;
  std::size_t targets = 0;
  std::size_t noise = 0;

  /// Of one sample's data, which stand in a row: inputs, targets, noise.
  std::size_t row() const { return inputs + targets + noise; }
  /// The parts of a row.
  SampleValues parts(std::span<const Value> row) const {
    return {row.first(inputs), row.subspan(inputs, targets), row.subspan(inputs + targets, noise)};
  }
};

struct LossGradientOptions {
  Engine engine = Engine::program;
  std::size_t threads = 1;
  Math math = Math::exact;  // of Engine::program; a tape is always exact
};

/// Runs batch after batch, by one thread at a time (which has as many at work as the options say).
///
/// Both engines compute the same for each sample, to the last bit (with Math::exact), and then add
/// up in another order. So the sums over n samples of derivatives g_p differ by at most
/// (n - 1) · 2^-52 · Σ |g_p|. Each engine by itself gives the same bits on any number of threads.
class TAPEGRAD_API LossGradient {
 public:
  /// @throws ShapeError if there are no parameters, or no data in a sample; ArgumentError for 0
  ///         threads, or if there is no loss
  LossGradient(SampleLoss loss, const SampleSizes& sizes, const LossGradientOptions& options = {});

  struct Spans {
    std::span<const double> parameters = {};
    std::span<const double> rows = {};  // of each sample
    std::span<double> gradient = {};    // by all parameters, summed over the samples
    std::span<double> losses = {};      // of each sample; or empty: not wanted
  };

  /// NaN and infinity are handed on, like any other number.
  /// @return  the sum of the losses, 0 of no samples
  /// @throws ShapeError naming what has another length; and with Engine::program
  ///         GuardError naming the comparison, if a sample makes the loss branch otherwise than the
  ///         first one did;
  ///         UnsupportedError for a user's operation, which no Program can hold;
  ///         whatever the loss throws
  /// Cost: Engine::program compiles in the first call. It runs 32 or 64 samples, a block of lanes,
  /// by one thread; Engine::tape gives each thread 8 samples at a time.
  double run(const Spans& spans);

 private:
  double run_program(const Spans& spans, std::size_t samples);
  double run_tapes(const Spans& spans, std::size_t samples);
  double run_block(Tape& tape, const Spans& spans, std::size_t begin, std::size_t end,
                   std::span<double> gradient) const;

  SampleLoss loss_;
  SampleSizes sizes_;
  LossGradientOptions options_;
  std::optional<BatchGradient> program_;      // after the first run
  std::vector<std::unique_ptr<Tape>> tapes_;  // one for each thread
};

}  // namespace tapegrad
