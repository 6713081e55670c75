#include "nn/training_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "files/is_terminal.hpp"

namespace tapegrad {
namespace {

// Where there are no right answers, the loss stands in the place of the accuracy.
std::string cell(const Score& score) {
  if (!std::isnan(score.accuracy)) return fmt::format("{:5.1f} %", 100 * score.accuracy);
  return std::isnan(score.loss) ? "      -" : fmt::format("{:#7.3g}", score.loss);
}

}  // namespace

TrainingProgress::TrainingProgress(std::FILE* out, std::uint64_t epochs,
                                   std::size_t samples_per_epoch)
    : out_(out),
      on_terminal_(out != nullptr && is_terminal(out)),
      epochs_(epochs),
      samples_per_epoch_(samples_per_epoch),
      start_(Clock::now()),
      next_drawing_(start_) {}

TrainingProgress::~TrainingProgress() {
  if (row_is_open_) fmt::print(out_, "\n");
}

void TrainingProgress::begin(std::uint64_t epochs_done) {
  if (has_begun_) return;
  has_begun_ = true;
  epoch_ = epochs_done;
  all_ = epochs_ > epoch_ ? static_cast<std::size_t>(epochs_ - epoch_) * samples_per_epoch_ : 0;
  scores_ = fmt::format("{:>8}  {}  {}", "-", cell({}), cell({}));
  start_ = Clock::now();
  if (out_ != nullptr) fmt::print(out_, "epoch      loss    train   unseen  samples/s     left\n");
}

void TrainingProgress::trained(std::size_t samples) {
  done_ += samples;
  if (!on_terminal_ || Clock::now() < next_drawing_) return;
  next_drawing_ = Clock::now() + std::chrono::milliseconds(100);
  draw_row();
}

void TrainingProgress::finished_epoch(const EpochReport& report) {
  epoch_ = report.epoch;
  scores_ = fmt::format("{:#8.3g}  {}  {}", report.train.loss, cell(report.train),
                        cell(report.validation));
  if (out_ != nullptr) draw_row();
}

void TrainingProgress::draw_row() {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = static_cast<double>(done_) / seconds;
  const double left = static_cast<double>(all_ - std::min(all_, done_)) / rate;
  fmt::print(out_, "{}{:5}  {}  {:9.0f}  {:5.1f} s{}", on_terminal_ ? "\r" : "", epoch_, scores_,
             rate, left, on_terminal_ ? "  " + bar() : "\n");
  std::fflush(out_);
  row_is_open_ = on_terminal_;
}

std::string TrainingProgress::bar() const {
  constexpr std::size_t width = 24;  // with the row, 79 of a terminal's 80 columns
  std::string text;
  for (std::size_t i = 0; i < width; ++i) text += i * all_ < done_ * width ? "█" : "░";
  return text;
}

}  // namespace tapegrad
