// What a training shows while it runs: a table with a row for each epoch. On a terminal it is one
// row, drawn over and over, with a bar at its end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include "tapegrad/nn/training_history.hpp"

namespace tapegrad {

class TrainingProgress {
 public:
  /// @param out  null: shows nothing
  TrainingProgress(std::FILE* out, std::uint64_t epochs, std::size_t samples_per_epoch);
  ~TrainingProgress();
  TrainingProgress(const TrainingProgress&) = delete;
  TrainingProgress& operator=(const TrainingProgress&) = delete;

  /// Before an epoch; it is the first that counts.
  void begin(std::uint64_t epochs_done);
  /// So many samples more. Draws at most ten times a second.
  void trained(std::size_t samples);
  void finished_epoch(const EpochReport& report);

 private:
  using Clock = std::chrono::steady_clock;

  void draw_row();
  std::string bar() const;

  std::FILE* out_;
  bool on_terminal_;
  bool has_begun_ = false;
  std::uint64_t epochs_;
  std::size_t samples_per_epoch_;
  std::uint64_t epoch_ = 0;
  std::size_t done_ = 0;  // samples, since begin()
  std::size_t all_ = 0;   // samples that were to come then
  std::string scores_;    // of the last epoch
  bool row_is_open_ = false;
  Clock::time_point start_;
  Clock::time_point next_drawing_;
};

}  // namespace tapegrad
