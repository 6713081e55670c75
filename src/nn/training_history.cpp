#include "tapegrad/nn/training_history.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>

#include "files/whole_file.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad {
namespace {

struct Column {
  const char* name;
  double& (*number)(EpochReport& report);
};

constexpr std::array columns = {
    Column{"rate", [](EpochReport& r) -> double& { return r.rate; }},
    Column{"train_loss", [](EpochReport& r) -> double& { return r.train.loss; }},
    Column{"train_accuracy", [](EpochReport& r) -> double& { return r.train.accuracy; }},
    Column{"validation_loss", [](EpochReport& r) -> double& { return r.validation.loss; }},
    Column{"validation_accuracy", [](EpochReport& r) -> double& { return r.validation.accuracy; }},
};

}  // namespace

std::string TrainingHistory::csv() const {
  std::string text = "epoch";
  for (const Column& column : columns) text += fmt::format(",{}", column.name);
  text += "\n";
  for (EpochReport report : epochs) {
    text += fmt::format("{}", report.epoch);
    for (const Column& column : columns) {
      const double number = column.number(report);
      text += std::isnan(number) ? "," : fmt::format(",{}", number);
    }
    text += "\n";
  }
  return text;
}

void TrainingHistory::save_csv(const std::filesystem::path& path) const {
  const std::string text = csv();
  WholeFile file(path);
  file.write(std::as_bytes(std::span(text)));
  file.finish();
}

SavedState TrainingHistory::state() const {
  SavedState state;
  for (const Column& column : columns) {
    std::vector<double> numbers;
    for (EpochReport report : epochs) numbers.push_back(column.number(report));
    state.push_back({column.name, std::move(numbers)});
  }
  return state;
}

void TrainingHistory::restore(const SavedState& state) {
  constexpr const char* who = "TrainingHistory::restore";
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const Column& column : columns) names.emplace_back(column.name);
  check_names(who, state, names);

  std::vector<EpochReport> reports(doubles_of(who, state, columns[0].name).size());
  for (std::size_t i = 0; i < reports.size(); ++i) reports[i].epoch = i + 1;
  for (const Column& column : columns) {
    const std::vector<double>& numbers = doubles_of(who, state, column.name);
    if (numbers.size() != reports.size())
      throw ShapeError(fmt::format("{}: {} epochs have a '{}', {} a '{}'; nothing was changed", who,
                                   reports.size(), columns[0].name, numbers.size(), column.name));
    for (std::size_t i = 0; i < reports.size(); ++i) column.number(reports[i]) = numbers[i];
  }
  epochs = std::move(reports);
}

}  // namespace tapegrad
