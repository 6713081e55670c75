// Training a network: the loop, and what belongs around it.
//
//   loss_gradient.hpp     a batch's gradient, by Program or by tape
//   objective.hpp         what the network is to become good at
//   score.hpp             how good it is
//   trainer.hpp           Trainer: batches, steps, checkpoints
//   training_history.hpp  how it went
//   training_error.hpp    how it ended, if a number is not finite
//
//   MLP net({64, 32, 10}, Activation::tanh, Activation::identity, seed);
//   Adam adam(0.004);
//   Trainer trainer({.network = net,
//                    .optimizer = adam,
//                    .objective = classification(),
//                    .train = one_hot(data.train),
//                    .validation = one_hot(data.test)},
//                   {.epochs = 40, .batch = 16, .checkpoint = "digits.safetensors"});
//   trainer.run();
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/core/node.hpp"
#include "tapegrad/core/value.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/early_stopping.hpp"
#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/mlp.hpp"
#include "tapegrad/nn/objective.hpp"
#include "tapegrad/nn/optimizer.hpp"
#include "tapegrad/nn/random.hpp"
#include "tapegrad/nn/schedule.hpp"
#include "tapegrad/nn/score.hpp"
#include "tapegrad/nn/training_error.hpp"
#include "tapegrad/nn/training_history.hpp"

namespace tapegrad {

class TrainingProgress;
struct TrainingCheckpoint;

/// What is trained, by what. Network and optimiser are the caller's, and have to live as long as
/// the Trainer; nobody else may change them meanwhile.
struct Training {
  MLP& network;
  Optimizer& optimizer;
  Objective objective;
  Samples train;
  Samples validation = {};  // empty: none
};

/// Random numbers that the loss takes beside the data, drawn anew for each sample of each batch.
struct Noise {
  std::size_t count = 0;
  std::function<void(Random& random, std::span<double> numbers)> draw = {};
};

/// A batch in parts, and those of them that are summed here: begin, ..., end - 1. Part k of a batch
/// of n samples is those from n·k / parts to n·(k + 1) / parts - 1; of an epoch's last batch that
/// may be none. Sets of which scores are taken have the same parts.
///
/// Parts are summed one by one, then added two by two: ((0+1)+(2+3))+4. Where each process has 2^m
/// parts, and their sums are added in the same way, it makes no difference to the last bit how many
/// processes there are.
struct BatchShare {
  std::size_t parts = 1;
  std::size_t begin = 0;
  std::size_t end = 1;
};

/// What the samples of a batch sum to; of a share: those that are summed here.
struct BatchSum {
  std::size_t samples = 0;
  double loss = 0;
  std::span<double> gradient = {};  // by all parameters
};

/// A step of the optimiser.
struct StepReport {
  std::uint64_t epoch = 0;  // under way, counted from 1
  std::uint64_t step = 0;   // of the optimiser, counted from 1
  double rate = 0;
  double loss = 0;           // mean over the batch, before the step
  double gradient_norm = 0;  // before it was clipped
};

struct TrainerOptions {
  /// In all: those before a resume() count.
  std::uint64_t epochs = 10;
  /// Samples for a step, at most as many as there are. An epoch's last batch may have fewer.
  std::size_t batch = 32;
  /// Of the samples' order, and of noise.
  std::uint64_t seed = 1;
  LossGradientOptions gradient = {};

  /// From the steps that the optimiser has made to the rate of the next. Empty: the rate it has.
  Schedule schedule = {};
  /// Of weights, not of biases (add_weight_decay() of clipping.hpp).
  double weight_decay = 0;
  /// Longest gradient, after weight decay (clip_norm()).
  double clip_norm = std::numeric_limits<double>::infinity();
  /// By the loss on the validation set. Then run() ends with the parameters of the best epoch.
  std::optional<EarlyStopping> early_stopping = std::nullopt;

  /// The file to go on from, and the network's as well: load_network() reads it, as it was after
  /// that epoch (with early stopping run() leaves the best one). Empty: none.
  std::filesystem::path checkpoint = {};
  /// Epochs from one to the next; the last epoch has one in any case.
  std::uint64_t checkpoint_every = 1;

  Noise noise = {};
  /// The forward pass in training, where it is another than the network's: with dropout, by the
  /// sample's noise. Called by several threads at once.
  std::function<std::vector<Value>(std::span<const Value> parameters, const SampleValues& sample)>
      forward = {};

  /// What of each batch is summed here, and in how many parts. Other parts round otherwise: sums of
  /// n derivatives g_p differ by at most (n - 1) · 2^-52 · Σ |g_p|, as those of two engines.
  BatchShare share = {};
  /// Called with the sums of each batch, before they are divided by the number of samples: to add
  /// those of other processes, which train copies of the network with other shares of the batch, or
  /// with other samples in as many batches. All three are to be summed.
  std::function<void(BatchSum& sum)> combine = {};
  /// The same for the samples of the training set, and of the validation set, after each epoch.
  std::function<void(ScoreSum& sum)> combine_scores = {};
  std::function<void(const StepReport& report)> on_step = {};
  /// When the epoch's checkpoint is on the disk.
  std::function<void(const EpochReport& report)> on_epoch = {};
  /// Says where a loss that is not finite, or has such a gradient, comes from. Give it
  /// [](const Node& loss) { return to_string(find_anomalies(loss)); } (inspect/anomaly.hpp).
  std::function<std::string(const Node& loss)> explain = {};
  /// stdout, say: shows a table with a row for each epoch, on a terminal with a bar. Null: nothing.
  std::FILE* progress = nullptr;
};

/// An epoch: the samples in random order, cut into batches; for each a step. Then loss and accuracy
/// are taken of all samples, and a checkpoint is saved.
///
/// A training depends on nothing but what is passed here. One that was stopped after any epoch, or
/// killed at any moment, and goes on from its checkpoint, comes to the same numbers, to the last
/// bit, as one that was not: parameters, optimiser, history, order and noise of all samples to
/// come.
class TAPEGRAD_API Trainer {
 public:
  /// @throws ShapeError if sizes of network and samples differ;
  ///         ArgumentError if there are no samples to train with, or fewer than a batch; for
  ///         targets that the objective does not take; for early stopping without a validation set;
  ///         for options outside of what they can be, and more parts than samples in a batch;
  ///         FileError if no checkpoint can be written there;
  ///         UnsupportedError for a checkpoint, if tapegrad was built without model files
  Trainer(Training training, TrainerOptions options);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Puts network, optimiser and training back to what they were when the checkpoint was saved. The
  /// options are not in it: pass the same, with as many epochs as there shall be.
  /// @throws ShapeError if the checkpoint is of another network;
  ///         ParseError if it is of another kind of optimiser, another number of samples, another
  ///         batch size or seed, or no checkpoint at all;
  ///         FileError if it cannot be read. Nothing is changed then.
  void resume(const std::filesystem::path& path);

  /// Epochs until it is finished. If there is no checkpoint yet, saves one before the first; an
  /// older file of that name is replaced after the first. What breaks an epoch off leaves it half
  /// done: go on by resume().
  /// @throws TrainingError at the first number that is not finite: a loss or gradient, with
  ///         parameters and optimiser as they were before that step; a parameter after a step; a
  ///         loss at the end of an epoch. The last checkpoint is kept;
  ///         FileError if a checkpoint cannot be written: the epoch is done, and it can be run on;
  ///         whatever LossGradient::run(), evaluate() and the functions in the options throw
  const TrainingHistory& run();

  /// One epoch.
  /// @throws as run(); UnsupportedError if it is finished
  void run_epoch();

  /// Are there no more epochs to come, by their number or by early stopping?
  bool is_finished() const;
  const TrainingHistory& history() const { return history_; }

 private:
  using Batch = std::span<const std::size_t>;  // numbers of samples

  void step(Batch batch);
  void gather(Batch batch);
  std::size_t first_of(std::size_t part, std::size_t samples) const;
  double sum_parts(std::size_t begin, std::size_t end, std::span<double> gradient);
  void decay_weights();
  void update();
  void finish_epoch();
  Score score_of(const char* set, const Samples& data) const;
  ScoreSum sum_parts(const Samples& data, std::size_t begin, std::size_t end) const;
  TrainingError::Place here() const;
  [[noreturn]] void throw_not_finite(Batch batch) const;
  [[noreturn]] void throw_not_finite(const char* set, const Samples& data) const;
  TrainingCheckpoint checkpoint();

  Training training_;
  TrainerOptions options_;
  SampleSizes sizes_;
  SampleLoss loss_;
  LossGradient loss_gradient_;
  Random random_;
  TrainingHistory history_;
  std::unique_ptr<TrainingProgress> progress_;
  std::vector<double> rows_;      // of a batch
  std::vector<double> gradient_;  // of a batch
};

}  // namespace tapegrad
