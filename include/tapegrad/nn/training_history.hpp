// How a training went, epoch by epoch.
//
// It holds no times, so that the same training has the same history, to the last bit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/saved_state.hpp"
#include "tapegrad/nn/score.hpp"

namespace tapegrad {

/// An epoch at its end.
struct EpochReport {
  std::uint64_t epoch = 0;  // counted from 1
  double rate = 0;          // learning rate of its last step
  Score train = {};         // at its end, as is
  Score validation = {};
};

/// The epochs of a training, one after the other.
struct TAPEGRAD_API TrainingHistory {
  std::vector<EpochReport> epochs;  // 1, 2, ...

  /// A header and a line for each epoch: epoch, rate, train_loss, train_accuracy, validation_loss,
  /// validation_accuracy. What there is not is an empty field. Numbers are written so that reading
  /// them gives the same bits.
  std::string csv() const;
  /// The same to a file; an older one is replaced when the new one is on the disk.
  /// @throws FileError
  void save_csv(const std::filesystem::path& path) const;

  /// All columns but the first, by their names.
  SavedState state() const;
  /// @throws ArgumentError for other names or kinds; ShapeError for columns of several lengths.
  ///         Nothing is changed then.
  void restore(const SavedState& state);
};

}  // namespace tapegrad
