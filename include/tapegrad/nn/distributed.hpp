// Training by several processes, on one machine or many, as MPI's mpirun starts them.
//
// Each process holds a copy of the network and all samples, and walks through the same batches. Of
// each batch it takes its share; the sums of all shares are added, in one exchange a step; and
// every process makes the same step, so that the copies stay equal to the last bit. Of the samples
// that scores are taken of after an epoch each has its share as well.
//
//   run_distributed([&](const ProcessGroup& group) {
//     TrainerOptions options = group.share_out({.epochs = 40, .batch = 256});
//     Trainer trainer(training, options);
//     group.require_equal(training, options);
//     trainer.run();
//   });
//
//   mpirun -n 4 program
//
// It is in a library of its own, tapegrad_distributed, so that no other program needs MPI.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/trainer.hpp"

namespace tapegrad {

class MessagePassing;

/// The processes that were started together. All have to call the same functions in the same
/// order, by one thread.
class TAPEGRAD_API ProcessGroup {
 public:
  /// run_distributed() makes it.
  explicit ProcessGroup(std::shared_ptr<MessagePassing> messages);

  std::size_t rank() const;  // of this process: 0, 1, ..., size() - 1
  std::size_t size() const;
  /// The one that speaks for all: shows progress, writes files.
  bool is_first() const { return rank() == 0; }

  /// The options for this process: it takes its share of each batch, and adds those of the others.
  /// Checkpoints and progress are left to the first one, but all resume(): where a machine does not
  /// see the file, copy it there. The options' functions are called in each.
  ///
  /// On 1, 2, 4, ..., `parts` processes, if that is a power of two, a training comes to the same
  /// bits, and also without a group, if TrainerOptions::share cuts batches into as many parts.
  /// Otherwise sums are rounded as is said there. More parts than processes cost speed where they
  /// are of fewer samples than a Program has lanes.
  /// @param parts  of a batch; 0: as many as processes
  /// @throws ArgumentError unless parts is a multiple of size(), and not above options.batch; or if
  ///         options has a share or combine() of its own
  TrainerOptions share_out(TrainerOptions options, std::size_t parts = 0) const;

  /// Do all processes train the same? To be called after Trainer::resume(), before Trainer::run().
  /// @param options  as share_out() returned them
  /// @throws ArgumentError in each process, naming what differs first and where: the network, its
  ///         parameters, the optimiser, samples, options. Functions are not compared.
  void require_equal(const Training& training, const TrainerOptions& options) const;

 private:
  std::shared_ptr<MessagePassing> messages_;
};

/// Runs `work` in this process, which mpirun has started with others; without mpirun it is a group
/// of one. Starts MPI, and ends it when all have come to the end, unless the program has started
/// it.
///
/// What `work` throws in one of them ends all: the message goes to the standard error, the last
/// checkpoint remains, and mpirun's exit code is 1. What a group of one throws is thrown on. If a
/// process dies, mpirun says of what, ends the others, and returns another exit code than 0.
/// @throws UnsupportedError if tapegrad was built without MPI
TAPEGRAD_API void run_distributed(const std::function<void(const ProcessGroup& group)>& work);

}  // namespace tapegrad
