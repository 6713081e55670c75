// The film while it is taken; its numbers as text are film_json()'s (training_json.cpp).
#include "tapegrad/draw/training_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "draw/page_parts/assets.hpp"
#include "draw/page_parts/page_source.hpp"
#include "draw/picture_file.hpp"
#include "tapegrad/core/error.hpp"
#include "watched_training.hpp"

namespace tapegrad {
namespace {

constexpr std::size_t most_reports = 2000;

void check_samples(const MLP& network, const Samples& data, const char* set) {
  require_valid(data);
  if (data.size() > 0 && data.inputs != network.inputs())
    throw ShapeError(fmt::format("TrainingFilm: {} samples have {} inputs; the network takes {}",
                                 set, data.inputs, network.inputs()));
}

void check_training(const Training& training) {
  if (!training.objective.loss) throw ArgumentError("TrainingFilm: the objective has no loss");
  check_samples(training.network, training.train, "training");
  check_samples(training.network, training.validation, "validation");
  if (training.train.size() == 0)
    throw ArgumentError("TrainingFilm: there are no samples to train with");
  if (training.validation.size() > 0 && training.validation.targets != training.train.targets)
    throw ShapeError(fmt::format(
        "TrainingFilm: samples to train with have {} targets, those to validate with {}",
        training.train.targets, training.validation.targets));
}

void check_names(const std::vector<std::string>& names, std::size_t count, const char* what) {
  if (!names.empty() && names.size() != count)
    throw ShapeError(
        fmt::format("TrainingFilm: {} {} names for {} of them; pass one for each, or "
                    "none",
                    names.size(), what, count));
}

void check_options(const TrainingFilmOptions& options, const MLP& network) {
  if (options.most_snapshots < 2)
    throw ArgumentError(
        fmt::format("TrainingFilm: most_snapshots is {}; pass at least 2, for the "
                    "first epoch and the last",
                    options.most_snapshots));
  if (options.map_points < 2)
    throw ArgumentError(
        fmt::format("TrainingFilm: map_points is {}; pass at least 2", options.map_points));
  check_names(options.class_names, network.outputs(), "class");
  check_names(options.input_names, network.inputs(), "input");
}

WatchedTraining watched(const Training& training, TrainingFilmOptions options) {
  check_training(training);
  check_options(options, training.network);
  const auto& [network, optimizer, objective, train, validation] = training;
  const Samples& judged = validation.size() > 0 ? validation : train;
  const std::size_t most_snapshots = options.most_snapshots, map_points = options.map_points;
  return {.network = network,
          .start = network,
          .objective = objective,
          .train = {evenly_chosen(train, max_gradient_samples), train.size()},
          .judged = {evenly_chosen(judged, max_confusion_samples), judged.size()},
          .has_validation = validation.size() > 0,
          .has_classes = has_classes(objective, network, train),
          .plane = plane_of(std::array{&train, &judged}, map_points),
          .options = std::move(options),
          .reports = Thinned<EpochReport>(std::max(most_reports, most_snapshots)),
          .snapshots = Thinned<TrainingSnapshot>(most_snapshots)};
}

std::string shape_of(const MLP& network) {
  std::string text = fmt::format("{}", network.inputs());
  for (const Layer& layer : network.layers())
    text += fmt::format("-{} {}", layer.neurons(), to_string(layer.activation()));
  return text;
}

void add_to(WatchedTraining& watched, const EpochReport& report) {
  const std::span<const double> parameters = std::as_const(watched.network).parameters();
  watched.snapshots.add({report.epoch, {parameters.begin(), parameters.end()}});
  watched.reports.add(report);
}

}  // namespace

TrainingFilm::TrainingFilm(const Training& training, TrainingFilmOptions options)
    : watched_(std::make_unique<WatchedTraining>(watched(training, std::move(options)))) {
  EpochReport report{.rate = training.optimizer.rate()};
  report.train = evaluate(training.network, training.objective, training.train);
  if (watched_->has_validation)
    report.validation = evaluate(training.network, training.objective, training.validation);
  add_to(*watched_, report);
}

TrainingFilm::~TrainingFilm() = default;
TrainingFilm::TrainingFilm(TrainingFilm&&) noexcept = default;
TrainingFilm& TrainingFilm::operator=(TrainingFilm&&) noexcept = default;

void TrainingFilm::add(const EpochReport& report) {
  const std::uint64_t last = watched_->reports.kept().back().epoch;
  if (report.epoch <= last)
    throw ArgumentError(fmt::format(
        "TrainingFilm::add: epoch {} after epoch {}; add each epoch once, in their order",
        report.epoch, last));
  const std::string before = shape_of(watched_->start), shape = shape_of(watched_->network);
  if (shape != before)
    throw ShapeError(fmt::format(
        "TrainingFilm::add: the network was {} and is {}; a film shows one network, make another",
        before, shape));
  add_to(*watched_, report);
}

void TrainingFilm::write(const std::filesystem::path& html) const {
  write_file(html, page_text({.html = training_page_html,
                              .style = training_page_style,
                              .script = training_page_script,
                              .title = watched_->options.title,
                              .data = film_json(*watched_)}));
}

}  // namespace tapegrad
