// The loop, top down: run() goes through the epochs, run_epoch() through an epoch's batches, step()
// from a batch to a step of the optimiser.
#include "tapegrad/nn/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "core/same_number.hpp"
#include "nn/divergence.hpp"
#include "nn/training_checkpoint.hpp"
#include "nn/training_checks.hpp"
#include "nn/training_progress.hpp"
#include "tapegrad/core/error.hpp"
#include "tapegrad/nn/clipping.hpp"

namespace tapegrad {
namespace {

// Where a binary tree over parts begin, ..., end - 1 divides: its left side is as full as can be.
std::size_t middle_of(std::size_t begin, std::size_t end) {
  return begin + std::bit_floor(end - begin - 1);
}

SampleLoss plain_loss(const Training& training) {
  return [&network = training.network, loss = training.objective.loss](
             std::span<const Value> parameters, const SampleValues& sample) {
    return loss(network.forward(parameters, sample.inputs), sample.targets);
  };
}

SampleLoss training_loss(const Training& training, const TrainerOptions& options) {
  if (!options.forward) return plain_loss(training);
  return [forward = options.forward, loss = training.objective.loss](
             std::span<const Value> parameters, const SampleValues& sample) {
    return loss(forward(parameters, sample), sample.targets);
  };
}

SampleSizes checked_sizes(const Training& training, const TrainerOptions& options) {
  check_training(training, options);
  return {.parameters = training.network.parameters().size(),
          .inputs = training.train.inputs,
          .targets = training.train.targets,
          .noise = options.noise.count};
}

}  // namespace

Trainer::Trainer(Training training, TrainerOptions options)
    : training_(std::move(training)),
      options_(std::move(options)),
      sizes_(checked_sizes(training_, options_)),
      loss_(training_loss(training_, options_)),
      loss_gradient_(loss_, sizes_, options_.gradient),
      random_(options_.seed),
      progress_(std::make_unique<TrainingProgress>(options_.progress, options_.epochs,
                                                   training_.train.size())),
      gradient_(sizes_.parameters) {}

Trainer::~Trainer() = default;

// ---- Epochs ----

const TrainingHistory& Trainer::run() {
  while (!is_finished()) run_epoch();
  if (options_.early_stopping)
    std::ranges::copy(options_.early_stopping->best_parameters(),
                      training_.network.parameters().begin());
  return history_;
}

bool Trainer::is_finished() const {
  return history_.epochs.size() >= options_.epochs ||
         (options_.early_stopping && options_.early_stopping->should_stop());
}

void Trainer::run_epoch() {
  if (is_finished())
    throw UnsupportedError(fmt::format(
        "Trainer: it is finished after epoch {}; for more, make one with more epochs, and resume",
        history_.epochs.size()));
  if (!options_.checkpoint.empty() && !std::filesystem::exists(options_.checkpoint))
    checkpoint().save(options_.checkpoint);
  progress_->begin(history_.epochs.size());

  const std::vector<std::size_t> order = random_.permutation(training_.train.size());
  for (std::size_t begin = 0; begin < order.size(); begin += options_.batch) {
    const std::size_t samples = std::min(options_.batch, order.size() - begin);
    step(Batch(order).subspan(begin, samples));
    progress_->trained(samples);
  }
  finish_epoch();
}

void Trainer::finish_epoch() {
  EpochReport report{.epoch = here().epoch, .rate = training_.optimizer.rate()};
  report.train = score_of("training", training_.train);
  if (training_.validation.size() > 0)
    report.validation = score_of("validation", training_.validation);
  history_.epochs.push_back(report);
  if (options_.early_stopping)
    options_.early_stopping->report(report.validation.loss, training_.network.parameters());

  const bool is_due = report.epoch % options_.checkpoint_every == 0 || is_finished();
  if (!options_.checkpoint.empty() && is_due) checkpoint().save(options_.checkpoint);
  progress_->finished_epoch(report);
  if (options_.on_epoch) options_.on_epoch(report);
}

// ---- A step ----

void Trainer::step(Batch batch) {
  gather(batch);
  const BatchShare& share = options_.share;
  BatchSum sum{.samples = first_of(share.end, batch.size()) - first_of(share.begin, batch.size()),
               .gradient = gradient_};
  sum.loss = sum_parts(share.begin, share.end, gradient_);
  if (options_.combine) options_.combine(sum);
  if (!std::isfinite(sum.loss) || !all_finite(gradient_)) throw_not_finite(batch);

  for (double& derivative : gradient_) derivative /= static_cast<double>(sum.samples);
  decay_weights();
  const double norm = clip_norm(gradient_, options_.clip_norm);
  update();
  if (options_.on_step)
    options_.on_step({.epoch = here().epoch,
                      .step = training_.optimizer.steps(),
                      .rate = training_.optimizer.rate(),
                      .loss = sum.loss / static_cast<double>(sum.samples),
                      .gradient_norm = norm});
}

// All of the batch, whatever the share: noise is drawn for each of its samples, so that every
// process draws the same, and what is not finite is found in any of them.
void Trainer::gather(Batch batch) {
  rows_.resize(batch.size() * sizes_.row());
  auto to = rows_.begin();
  for (const std::size_t sample : batch) {
    to = std::ranges::copy(training_.train.row(sample), to).out;
    to = std::ranges::copy(training_.train.target(sample), to).out;
    if (sizes_.noise == 0) continue;
    options_.noise.draw(random_, std::span(to, to + static_cast<std::ptrdiff_t>(sizes_.noise)));
    to += static_cast<std::ptrdiff_t>(sizes_.noise);
  }
}

std::size_t Trainer::first_of(std::size_t part, std::size_t samples) const {
  return samples * part / options_.share.parts;
}

double Trainer::sum_parts(std::size_t begin, std::size_t end, std::span<double> gradient) {
  if (end - begin == 1) {
    const std::size_t row = sizes_.row(), samples = rows_.size() / row;
    const std::size_t first = first_of(begin, samples), last = first_of(end, samples);
    return loss_gradient_.run(  // forward, loss, backward
        {.parameters = training_.network.parameters(),
         .rows = std::span(rows_).subspan(first * row, (last - first) * row),
         .gradient = gradient});
  }
  const std::size_t middle = middle_of(begin, end);
  std::vector<double> of_upper(gradient.size());
  double loss = sum_parts(begin, middle, gradient);
  loss += sum_parts(middle, end, of_upper);
  for (std::size_t k = 0; k < gradient.size(); ++k) gradient[k] += of_upper[k];
  return loss;
}

ScoreSum Trainer::sum_parts(const Samples& data, std::size_t begin, std::size_t end) const {
  if (end - begin == 1)
    return sum_scores(training_.network, training_.objective, data, first_of(begin, data.size()),
                      first_of(end, data.size()));
  const std::size_t middle = middle_of(begin, end);
  const ScoreSum lower = sum_parts(data, begin, middle), upper = sum_parts(data, middle, end);
  return {.samples = lower.samples + upper.samples,
          .right = lower.right + upper.right,
          .loss = lower.loss + upper.loss};
}

void Trainer::decay_weights() {
  if (options_.weight_decay == 0) return;
  std::size_t begin = 0;
  for (const Layer& layer : training_.network.layers()) {
    const std::size_t weights = layer.inputs() * layer.neurons();
    add_weight_decay(std::span(gradient_).subspan(begin, weights),
                     training_.network.parameters().subspan(begin, weights), options_.weight_decay);
    begin += layer.parameter_count();
  }
}

void Trainer::update() {
  Optimizer& optimizer = training_.optimizer;
  const TrainingError::Place place = here();
  if (options_.schedule) optimizer.set_rate(options_.schedule(optimizer.steps()));
  try {
    optimizer.step(training_.network.parameters(), gradient_);
  } catch (const ArgumentError& error) {  // a derivative that is too large for it
    throw TrainingError(fmt::format("epoch {}, step {}: {}", place.epoch, place.step, error.what()),
                        place);
  }
  if (!all_finite(training_.network.parameters()))
    throw TrainingError(fmt::format("epoch {}, step {}: at rate {} it leads to a parameter that is "
                                    "not finite; try a smaller rate",
                                    place.epoch, place.step, optimizer.rate()),
                        place);
}

// ---- What is not finite ----

TrainingError::Place Trainer::here() const {
  return {.epoch = history_.epochs.size() + 1, .step = training_.optimizer.steps() + 1};
}

void Trainer::throw_not_finite(Batch batch) const {
  const auto found =
      DivergenceSearch{training_.network, loss_, sizes_, options_.explain}.run(rows_);
  TrainingError::Place place = here();
  if (!found)
    throw TrainingError(
        fmt::format("epoch {}, step {}: losses or gradients of a batch sum to what is not finite, "
                    "though those of each sample are; try a smaller rate, or scale the loss down",
                    place.epoch, place.step),
        place);
  place.sample = batch[found->row];
  throw TrainingError(
      fmt::format("epoch {}, step {}, training sample {}: {}; try a smaller rate, or look at the "
                  "sample{}",
                  place.epoch, place.step, place.sample, found->fault, found->explanation),
      place);
}

Score Trainer::score_of(const char* set, const Samples& data) const {
  ScoreSum sum = sum_parts(data, options_.share.begin, options_.share.end);
  if (options_.combine_scores) options_.combine_scores(sum);
  const Score score = tapegrad::score_of(training_.objective, sum);
  if (!std::isfinite(score.loss)) throw_not_finite(set, data);
  return score;
}

void Trainer::throw_not_finite(const char* set, const Samples& data) const {
  const SampleLoss loss = plain_loss(training_);
  SampleSizes sizes = sizes_;
  sizes.noise = 0;
  const DivergenceSearch search{training_.network, loss, sizes, options_.explain};
  TrainingError::Place place = here();
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::vector<double> row(data.row(i).begin(), data.row(i).end());
    row.insert(row.end(), data.target(i).begin(), data.target(i).end());
    const auto found = search.run(row);
    if (!found) continue;
    place.sample = i;
    throw TrainingError(fmt::format("end of epoch {}, {} sample {}: {}; try a smaller rate, or "
                                    "look at the sample{}",
                                    place.epoch, set, i, found->fault, found->explanation),
                        place);
  }
  throw TrainingError(fmt::format("end of epoch {}: the losses of the {} set sum to what is not "
                                  "finite; try a smaller rate",
                                  place.epoch, set),
                      place);
}

// ---- Checkpoints ----

void Trainer::resume(const std::filesystem::path& path) { checkpoint().load(path); }

TrainingCheckpoint Trainer::checkpoint() {
  return {.network = training_.network,
          .optimizer = training_.optimizer,
          .random = random_,
          .history = history_,
          .early_stopping = options_.early_stopping,
          .samples = training_.train.size(),
          .batch = options_.batch,
          .seed = options_.seed,
          .noise = sizes_.noise};
}

}  // namespace tapegrad
