#include "nn/training_checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "nn/training_checkpoint.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

void check_sizes(const MLP& network, const Samples& data) {
  if (data.inputs != network.inputs())
    throw ShapeError(fmt::format("Trainer: samples have {} inputs; the network takes {}",
                                 data.inputs, network.inputs()));
}

void check_data(const Training& training) {
  const auto& [network, optimizer, objective, train, validation] = training;
  if (!objective.loss) throw ArgumentError("Trainer: the objective has no loss");
  require_valid(train);
  require_valid(validation);
  if (train.size() == 0) throw ArgumentError("Trainer: there are no samples to train with");
  check_sizes(network, train);
  if (validation.size() > 0) {
    check_sizes(network, validation);
    if (validation.targets != train.targets)
      throw ShapeError(
          fmt::format("Trainer: samples to train with have {} targets, those to validate with {}",
                      train.targets, validation.targets));
    if (objective.check) objective.check(validation);
  }
  if (objective.check) objective.check(train);
  if (objective.check_training) objective.check_training(train);
  // Does the loss take as many outputs and targets?
  const std::vector<Value> outputs(network.outputs()), targets(train.targets);
  static_cast<void>(objective.loss(outputs, targets));
}

void check_numbers(const Training& training, const TrainerOptions& options) {
  if (options.batch == 0 || options.batch > training.train.size())
    throw ArgumentError(fmt::format("Trainer: batches of {} for {} samples; pass 1 to {}",
                                    options.batch, training.train.size(), training.train.size()));
  const auto& [parts, begin, end] = options.share;
  if (begin >= end || end > parts || parts > options.batch)
    throw ArgumentError(
        fmt::format("Trainer: parts {} to {} of {} in batches of {}; pass begin < end <= "
                    "parts, and no more parts than samples",
                    begin, end, parts, options.batch));
  if (end - begin < parts && !(options.combine && options.combine_scores))
    throw ArgumentError(fmt::format(
        "Trainer: parts {} to {} of {}, and nobody to add the others; pass combine() and "
        "combine_scores(), or all parts",
        begin, end, parts));
  if (!(options.weight_decay >= 0) || !std::isfinite(options.weight_decay))
    throw ArgumentError(fmt::format("Trainer: weight_decay is {}; pass a finite number, 0 or above",
                                    options.weight_decay));
  if (!(options.clip_norm > 0))
    throw ArgumentError(
        fmt::format("Trainer: clip_norm is {}; pass a number above 0", options.clip_norm));
  if (options.checkpoint_every == 0)
    throw ArgumentError("Trainer: checkpoint_every is 0; pass 1 or more epochs");
}

}  // namespace

void check_training(const Training& training, const TrainerOptions& options) {
  check_data(training);
  check_numbers(training, options);
  if (options.early_stopping && training.validation.size() == 0)
    throw ArgumentError("Trainer: early stopping goes by the validation set, and there is none");
  const bool has_noise = options.noise.count > 0;
  if (has_noise != static_cast<bool>(options.noise.draw) || (has_noise && !options.forward))
    throw ArgumentError(
        "Trainer: noise needs a count, a function that draws it, and a forward pass that takes it");
  if (!options.checkpoint.empty()) check_can_save(options.checkpoint);
}

}  // namespace tapegrad
