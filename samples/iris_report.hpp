// What `iris` shows: when it stopped, what it takes for what, and the flowers.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tapegrad/draw/plot.hpp"
#include "tapegrad/nn/dataset.hpp"
#include "tapegrad/nn/training_history.hpp"

inline void print_best(const tapegrad::TrainingHistory& history, std::size_t patience) {
  const auto best = std::min_element(
      history.epochs.begin(), history.epochs.end(),
      [](const auto& a, const auto& b) { return a.validation.loss < b.validation.loss; });
  const std::size_t last = history.epochs.size();
  const bool stopped = last - best->epoch >= patience;
  fmt::print("\nThe parameters are those of epoch {}, the best on the validation part{}.\n",
             best->epoch,
             stopped ? fmt::format("; {} epochs later it stopped", patience) : std::string());
}

/// How many flowers of each species are taken for which, and how many are right.
inline void print_confusion(const tapegrad::Dataset& flowers,
                            const std::vector<std::size_t>& answers,
                            const std::vector<std::string>& names) {
  const std::size_t n = names.size();
  std::vector<std::size_t> count(n * n);
  std::size_t right = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    ++count[flowers.labels[i] * n + answers[i]];
    right += flowers.labels[i] == answers[i];
  }
  fmt::print("\nWhat they are (rows) and what it takes them for (columns):\n\n{:12}", "");
  for (const std::string& name : names) fmt::print("{:>12}", name);
  fmt::print("\n");
  for (std::size_t truth = 0; truth < n; ++truth) {
    fmt::print("{:12}", names[truth]);
    for (std::size_t answer = 0; answer < n; ++answer)
      fmt::print("{:12}", count[truth * n + answer]);
    fmt::print("\n");
  }
  fmt::print("\n{} of {} flowers that had no part in it are right: {:.1f} % accuracy.\n", right,
             answers.size(),
             100 * static_cast<double>(right) / static_cast<double>(answers.size()));
}

inline tapegrad::Plot curves_of(const tapegrad::TrainingHistory& history) {
  tapegrad::Series train{"train", {}, {}};
  tapegrad::Series validation{"validation", {}, {}};
  for (const tapegrad::EpochReport& report : history.epochs) {
    for (auto [series, score] :
         {std::pair(&train, report.train), std::pair(&validation, report.validation)}) {
      series->x.push_back(static_cast<double>(report.epoch));
      series->y.push_back(score.loss);
    }
  }
  return {.title = "Loss",
          .x_label = "epoch",
          .y_label = "mean cross-entropy",
          .series = {train, validation},
          .y_scale = tapegrad::Scale::logarithmic};
}

/// The flowers by length and width of their petals, and rings around those that it got wrong.
inline tapegrad::Plot flowers_of(const tapegrad::Dataset& flowers,
                                 const std::vector<std::size_t>& answers,
                                 const std::vector<std::string>& names) {
  constexpr std::size_t length = 2;  // columns of the file
  constexpr std::size_t width = 3;
  std::vector<tapegrad::Series> series;
  for (const std::string& name : names) series.push_back({name, {}, {}, tapegrad::Marks::discs});
  tapegrad::Series wrong{"wrong", {}, {}, tapegrad::Marks::rings};
  const auto add = [&](tapegrad::Series& to, std::size_t i) {
    to.x.push_back(flowers.row(i)[length]);
    to.y.push_back(flowers.row(i)[width]);
  };
  for (std::size_t i = 0; i < answers.size(); ++i) {
    add(series[flowers.labels[i]], i);
    if (flowers.labels[i] != answers[i]) add(wrong, i);
  }
  if (!wrong.x.empty()) series.push_back(wrong);
  return {.title = "Petals",
          .x_label = "length, cm",
          .y_label = "width, cm",
          .series = series,
          .y_scale = tapegrad::Scale::linear};
}
