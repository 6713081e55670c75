// When to end a training: when the loss on data that it does not learn from has stopped falling.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/saved_state.hpp"

namespace tapegrad {

/// Watches the loss of epoch after epoch, and keeps the parameters of the best one:
///   while (!stopping.should_stop()) {
///     ...                                                       // an epoch
///     stopping.report(validation_loss, network.parameters());
///   }
///   std::ranges::copy(stopping.best_parameters(), network.parameters().begin());
/// Source: Prechelt 1998, "Early Stopping - But When?"; here epochs without a new best are counted.
class TAPEGRAD_API EarlyStopping {
 public:
  /// @param patience  how many epochs in a row may go by without improvement
  /// @param least_improvement  a loss that is not lower than the best by more than this is none
  /// @throws ArgumentError unless patience > 0 and least_improvement >= 0 and finite
  explicit EarlyStopping(std::uint64_t patience, double least_improvement = 0);

  /// Takes the loss of one more epoch, and copies the parameters if it is the best so far. A loss
  /// that is NaN or ±∞ is never an improvement. To maximise a number, pass its negative.
  /// @return  is it the best so far?
  /// @throws ShapeError if there are not as many parameters as the best has; nothing is changed
  /// then
  bool report(double loss, std::span<const double> parameters);

  /// Have `patience` epochs gone by since the best one (or the beginning)?
  bool should_stop() const { return epochs_ - best_epoch_ >= patience_; }

  /// How many losses were reported.
  std::uint64_t epochs() const { return epochs_; }
  /// The best epoch, counted from 1; 0 as long as there is none.
  std::uint64_t best_epoch() const { return best_epoch_; }
  /// Its loss; ∞ as long as there is none.
  double best_loss() const { return best_loss_; }
  /// Its parameters; empty as long as there is none.
  std::span<const double> best_parameters() const { return best_parameters_; }

  /// All that it remembers: "epochs", "best_epoch", "best_loss" and "best_parameters".
  SavedState state() const;
  /// @throws ArgumentError for other names or kinds, and for numbers that contradict each other;
  ///         ShapeError for a list that should be one number. Nothing is changed then.
  void restore(const SavedState& state);

 private:
  std::uint64_t patience_;
  double least_improvement_;
  std::uint64_t epochs_ = 0;
  std::uint64_t best_epoch_ = 0;
  double best_loss_ = std::numeric_limits<double>::infinity();
  std::vector<double> best_parameters_;
};

}  // namespace tapegrad
