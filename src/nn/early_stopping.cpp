#include "tapegrad/nn/early_stopping.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "tapegrad/core/error.hpp"

namespace tapegrad {

EarlyStopping::EarlyStopping(std::uint64_t patience, double least_improvement)
    : patience_(patience), least_improvement_(least_improvement) {
  if (patience == 0) throw ArgumentError("EarlyStopping: patience is 0; pass at least one epoch");
  if (!(least_improvement >= 0) || !std::isfinite(least_improvement)) {
    throw ArgumentError(
        fmt::format("EarlyStopping: the least improvement is {}; pass a finite number, 0 or above",
                    least_improvement));
  }
}

bool EarlyStopping::report(double loss, std::span<const double> parameters) {
  if (best_epoch_ > 0 && parameters.size() != best_parameters_.size()) {
    throw ShapeError(
        fmt::format("EarlyStopping::report: {} parameters after {} in the best epoch; use one "
                    "EarlyStopping for each network",
                    parameters.size(), best_parameters_.size()));
  }
  const bool improved = std::isfinite(loss) && loss < best_loss_ - least_improvement_;
  if (improved) best_parameters_.assign(parameters.begin(), parameters.end());
  ++epochs_;
  if (improved) {
    best_epoch_ = epochs_;
    best_loss_ = loss;
  }
  return improved;
}

SavedState EarlyStopping::state() const {
  return {{"epochs", std::vector{epochs_}},
          {"best_epoch", std::vector{best_epoch_}},
          {"best_loss", std::vector{best_loss_}},
          {"best_parameters", best_parameters_}};
}

void EarlyStopping::restore(const SavedState& state) {
  constexpr const char* who = "EarlyStopping::restore";
  check_names(who, state, {"epochs", "best_epoch", "best_loss", "best_parameters"});
  const std::uint64_t epochs = word_of(who, state, "epochs");
  const std::uint64_t best_epoch = word_of(who, state, "best_epoch");
  const double best_loss = double_of(who, state, "best_loss");
  std::vector<double> best_parameters = doubles_of(who, state, "best_parameters");

  const bool has_best = best_loss < std::numeric_limits<double>::infinity();
  const bool agrees = has_best
                          ? best_epoch > 0 && best_epoch <= epochs
                          : best_epoch == 0 && best_parameters.empty() && !std::isnan(best_loss);
  if (!agrees) {
    throw ArgumentError(
        fmt::format("{}: epoch {} of {} cannot be the best, with loss {} and {} parameters; "
                    "nothing was changed",
                    who, best_epoch, epochs, best_loss, best_parameters.size()));
  }
  epochs_ = epochs;
  best_epoch_ = best_epoch;
  best_loss_ = best_loss;
  best_parameters_ = std::move(best_parameters);
}

}  // namespace tapegrad
