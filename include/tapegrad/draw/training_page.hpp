// How a network learnt, as a page to look at in any browser: a slider goes through the epochs.
//
//   const Training training{.network = net, .optimizer = adam, ...};
//   TrainingFilm film(training);  // before the first epoch
//   TrainerOptions options{.epochs = 40};
//   options.on_epoch = [&](const EpochReport& report) { film.add(report); };
//   Trainer(training, options).run();
//   film.write("training.html");
//
// The page is one file that needs no network. It shows loss and accuracy, the norm of the gradient
// in each layer, and at the chosen epoch all weights and their gradient as heat maps; what is taken
// for what, where the objective is a classification; and what the network makes of the plane, where
// it has two inputs.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/nn/loss_gradient.hpp"
#include "tapegrad/nn/trainer.hpp"
#include "tapegrad/nn/training_history.hpp"

namespace tapegrad {

struct WatchedTraining;

struct TrainingFilmOptions {
  std::string title = "How the network learnt";
  std::vector<std::string> class_names = {};  // one for each output; or none: 0, 1, ...
  std::vector<std::string> input_names = {};  // one for each input; or none: x1, x2, ...
  /// So many epochs at most have their weights on the page, at least 2. Of more, every second is
  /// kept, every fourth, ...; the first and the last in any case.
  std::size_t most_snapshots = 60;
  /// Points of the plane along either side, at least 2.
  std::size_t map_points = 50;
  /// What computes the gradients that are shown.
  LossGradientOptions gradient = {};
};

/// Gradients are of the mean loss over at most so many training samples, evenly chosen.
inline constexpr std::size_t max_gradient_samples = 500;
/// A confusion matrix counts at most so many samples of the validation set (or of the training set,
/// if there is no other), evenly chosen.
inline constexpr std::size_t max_confusion_samples = 10'000;
/// Of more classes there is neither a confusion matrix nor a map of the plane.
inline constexpr std::size_t max_film_classes = 30;
/// A heat map has at most so many rows, and columns. Of a larger layer each cell stands for several
/// numbers: the one of the largest size, or one that is not finite.
inline constexpr std::size_t max_heat_map_side = 64;

/// A training as it is watched, epoch by epoch.
///
/// Memory: most_snapshots + 1 copies of the parameters. All else is computed by write(): training
/// is not slowed down by being watched.
class TAPEGRAD_API TrainingFilm {
 public:
  /// Takes the first snapshot, as epoch 0. The network has to live as long as the film; samples are
  /// copied, as many as are needed.
  /// @throws ShapeError if sizes of network and samples differ, or names are not one for each;
  ///         ArgumentError if there are no samples to train with, or an option is too small;
  ///         whatever the objective throws
  explicit TrainingFilm(const Training& training, TrainingFilmOptions options = {});
  ~TrainingFilm();
  TrainingFilm(TrainingFilm&&) noexcept;
  TrainingFilm& operator=(TrainingFilm&&) noexcept;

  /// The network as it is, and how good it is: to be called from TrainerOptions::on_epoch. Losses
  /// and parameters need not be finite: the page shows them as what they are.
  /// @throws ArgumentError unless the epoch is later than the last one added;
  ///         ShapeError if the network has other layers than it had. Nothing is added then.
  void add(const EpochReport& report);

  /// Writes the page. May be called again, with more epochs.
  ///
  /// Losses and accuracies are as added (of more than 2000 epochs evenly chosen ones). Weights and
  /// gradients are rounded to 16 bits: each is off by at most 1/65530 of the largest of its matrix
  /// at that epoch. Probabilities on the plane are off by at most 1/510. The gradient is without
  /// weight decay, clipping and noise. A link may say where to start: training.html#epoch=12
  /// (epoch=end: at the last).
  /// @param html  where to; the file is replaced if there is one
  /// @throws FileError if the file cannot be written; whatever LossGradient::run() throws
  /// Cost: for each snapshot the gradient of max_gradient_samples samples, and a forward pass for
  /// each sample of the confusion matrix and each point of the plane. Size: 40 kB, about 5.4 bytes
  /// for each weight and snapshot, and 2.7 for each point of the plane and snapshot.
  void write(const std::filesystem::path& html) const;

 private:
  std::unique_ptr<WatchedTraining> watched_;
};

}  // namespace tapegrad
