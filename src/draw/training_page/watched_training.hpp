// What a TrainingFilm holds, and the numbers of its page.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tapegrad/draw/training_page.hpp"
#include "thinned.hpp"
#include "training_facts.hpp"

namespace tapegrad {

/// A network at the end of an epoch.
struct TrainingSnapshot {
  std::uint64_t epoch;
  std::vector<double> parameters;
};

/// Samples that are looked at, and what they were chosen from.
struct ChosenSamples {
  Samples data;
  std::size_t of;
};

struct WatchedTraining {
  const MLP& network;  // as it is trained
  MLP start;           // as it was when the film began
  Objective objective;
  ChosenSamples train;   // for gradients
  ChosenSamples judged;  // for the confusion matrix
  bool has_validation;
  bool has_classes;
  std::optional<Plane> plane;
  TrainingFilmOptions options;
  Thinned<EpochReport> reports;
  Thinned<TrainingSnapshot> snapshots;
};

/// All that the page shows, as JSON that training_page_data.js reads.
/// @throws whatever LossGradient::run() throws
std::string film_json(const WatchedTraining& watched);

}  // namespace tapegrad
