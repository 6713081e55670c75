// What `digits` shows: what the network got wrong, the learning curves, and the page of the
// training.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "output.hpp"
#include "tapegrad/draw/training_page.hpp"
#include "tapegrad/nn/training_history.hpp"
#include "tapegrad/tapegrad.hpp"

inline std::size_t largest(const std::vector<double>& x) {
  return static_cast<std::size_t>(std::max_element(x.begin(), x.end()) - x.begin());
}

// ---- What it learnt ----

struct Guess {
  std::size_t sample;
  std::size_t truth;
  std::size_t digit;
  double confidence;  // the network's probability for `digit`
};

inline std::vector<Guess> guess_all(const tapegrad::MLP& net, const tapegrad::Dataset& data) {
  std::vector<Guess> guesses;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::vector<double> probabilities = tapegrad::softmax(net(data.row(i)));
    const std::size_t digit = largest(probabilities);
    guesses.push_back({i, data.labels[i], digit, probabilities[digit]});
  }
  return guesses;
}

inline void print_confusion(const std::vector<Guess>& guesses) {
  std::array<std::array<int, 10>, 10> count{};
  for (const Guess& guess : guesses) ++count[guess.truth][guess.digit];
  fmt::print("\nWhat is written (rows) and what it reads (columns):\n\n      ");
  for (std::size_t digit = 0; digit < 10; ++digit) fmt::print("{:4}", digit);
  fmt::print("\n");
  for (std::size_t truth = 0; truth < 10; ++truth) {
    fmt::print("{:6}", truth);
    for (int n : count[truth]) fmt::print("{:>4}", n == 0 ? "·" : fmt::format("{}", n));
    fmt::print("\n");
  }
}

/// Line `row` of the image: two characters for each of the 8 pixels.
inline std::string image_line(std::span<const double> image, std::size_t row) {
  constexpr std::array shades{"  ", "░░", "▒▒", "▓▓", "██"};
  std::string line;
  for (double grey : image.subspan(8 * row, 8))
    line += shades[static_cast<std::size_t>(std::clamp(grey, 0.0, 1.0) * 4 + 0.5)];
  return line;
}

/// The digits that it was most sure of and got wrong, side by side.
inline void print_mistakes(std::vector<Guess> wrong, const tapegrad::Dataset& data) {
  if (wrong.empty()) return;
  std::sort(wrong.begin(), wrong.end(),
            [](const Guess& a, const Guess& b) { return a.confidence > b.confidence; });
  wrong.resize(std::min<std::size_t>(wrong.size(), 3));
  const auto print_beside = [&](auto&& text_of) {
    std::string line;
    for (const Guess& guess : wrong) line += fmt::format("    {:22}", text_of(guess));
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  };
  fmt::print("\nThe mistakes that it was most sure of:\n\n");
  for (std::size_t row = 0; row < 8; ++row)
    print_beside([&](const Guess& guess) { return image_line(data.row(guess.sample), row); });
  fmt::print("\n");
  print_beside(
      [](const Guess& guess) { return fmt::format("a {}, read as {}", guess.truth, guess.digit); });
  print_beside(
      [](const Guess& guess) { return fmt::format("{:.1f} % sure", 100 * guess.confidence); });
}

inline void print_report(const tapegrad::MLP& net, const tapegrad::Dataset& test, double seconds) {
  const std::vector<Guess> guesses = guess_all(net, test);
  std::vector<Guess> wrong;
  for (const Guess& guess : guesses)
    if (guess.digit != guess.truth) wrong.push_back(guess);
  const std::size_t right = guesses.size() - wrong.size();
  fmt::print(
      "\nAfter {:.1f} s it reads {} of {} digits that it has never seen: {:.1f} % accuracy.\n",
      seconds, right, guesses.size(),
      100 * static_cast<double>(right) / static_cast<double>(guesses.size()));
  print_confusion(guesses);
  print_mistakes(wrong, test);
}

// ---- Curves ----

/// @throws tapegrad::FileError if it cannot be made, or nothing can be written there
inline void prepare_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::ofstream(folder / "digits.csv", std::ios::app))
    throw tapegrad::FileError(
        fmt::format("{}: nothing can be written there; choose another --output", folder.string()));
}

/// The numbers of all epochs as CSV, and a picture of them.
inline void draw_curves(const tapegrad::TrainingHistory& history,
                        const std::filesystem::path& folder) {
  using tapegrad::EpochReport, tapegrad::Score;
  const auto curve = [&](const char* name, Score EpochReport::*set, auto&& number) {
    tapegrad::Series series{.name = name, .x = {}, .y = {}};
    for (const EpochReport& report : history.epochs) {
      series.x.push_back(static_cast<double>(report.epoch));
      series.y.push_back(number(report.*set));
    }
    return series;
  };
  const auto curves = [&](auto&& number) {
    return std::vector{curve("train", &EpochReport::train, number),
                       curve("unseen", &EpochReport::validation, number)};
  };
  const tapegrad::Plot loss{.title = "Loss",
                            .x_label = "epoch",
                            .y_label = "mean cross-entropy",
                            .series = curves([](const Score& score) { return score.loss; })};
  const tapegrad::Plot accuracy{
      .title = "Accuracy",
      .x_label = "epoch",
      .y_label = "digits read correctly, %",
      .series = curves([](const Score& score) { return 100 * score.accuracy; })};
  print_files("The learning curves", tapegrad::draw({loss, accuracy}, folder / "digits.svg"));
}

/// Weights, gradients and answers epoch by epoch, to look at in a browser.
inline void write_page(const tapegrad::TrainingFilm& film, const std::filesystem::path& folder) {
  const std::filesystem::path page = folder / "digits.html";
  film.write(page);
  print_files("The training, in a browser", {.files = {page}, .hint = {}});
}
