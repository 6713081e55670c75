// What `digits` shows: its progress, what the network got wrong, and the learning curves.
#pragma once

#include <fmt/format.h>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <system_error>
#include <vector>

#include "tapegrad/tapegrad.hpp"

struct Score {
  double loss = 0;      // mean over the samples
  double accuracy = 0;  // 0 to 1
};

struct History {
  std::vector<Score> train;  // after each epoch
  std::vector<Score> test;
  double seconds = 0;
};

inline std::size_t largest(const std::vector<double>& x) {
  return static_cast<std::size_t>(std::max_element(x.begin(), x.end()) - x.begin());
}

// ---- While it learns ----

inline bool stdout_is_terminal() {
#ifdef _WIN32
  return _isatty(_fileno(stdout)) != 0;
#else
  return isatty(STDOUT_FILENO) != 0;
#endif
}

/// A table with a row for each epoch. On a terminal it is one row, drawn over and over, with a bar
/// at its end.
class Progress {
 public:
  Progress(std::size_t epochs, std::size_t samples_per_epoch)
      : samples_(epochs * samples_per_epoch) {
    fmt::print("epoch      loss    train     test  samples/s     left\n");
  }
  ~Progress() {
    if (on_terminal_) fmt::print("\n");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  /// So many samples more. Draws at most ten times a second.
  void trained(std::size_t samples) {
    done_ += samples;
    if (!on_terminal_ || Clock::now() < next_drawing_) return;
    next_drawing_ = Clock::now() + std::chrono::milliseconds(100);
    draw_row();
  }

  void finished_epoch(const Score& train, const Score& test) {
    ++epoch_;
    scores_ = fmt::format("{:#8.3g}  {:5.1f} %  {:5.1f} %", train.loss, 100 * train.accuracy,
                          100 * test.accuracy);
    draw_row();
  }

 private:
  using Clock = std::chrono::steady_clock;

  void draw_row() const {
    const double rate = static_cast<double>(done_) / seconds();
    const double left = static_cast<double>(samples_ - done_) / rate;
    const std::string row =
        fmt::format("{:5}  {:26}  {:9.0f}  {:5.1f} s", epoch_, scores_, rate, left);
    if (on_terminal_)
      fmt::print("\r{}  {}", row, bar());
    else
      fmt::print("{}\n", row);
    std::fflush(stdout);
  }

  std::string bar() const {
    constexpr std::size_t width = 24;  // with the row, 79 of a terminal's 80 columns
    std::string text;
    for (std::size_t i = 0; i < width; ++i) text += i * samples_ < done_ * width ? "█" : "░";
    return text;
  }

  std::size_t samples_;   // of all epochs
  std::size_t done_ = 0;  // of these
  std::size_t epoch_ = 0;
  std::string scores_ = "       -        -        -";  // of the last epoch
  bool on_terminal_ = stdout_is_terminal();
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_drawing_ = start_;
};

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

inline void print_report(const tapegrad::MLP& net, const tapegrad::Dataset& test,
                         const History& history) {
  const std::vector<Guess> guesses = guess_all(net, test);
  std::vector<Guess> wrong;
  for (const Guess& guess : guesses)
    if (guess.digit != guess.truth) wrong.push_back(guess);
  const std::size_t right = guesses.size() - wrong.size();
  fmt::print(
      "\nAfter {:.1f} s it reads {} of {} digits that it has never seen: {:.1f} % accuracy.\n",
      history.seconds, right, guesses.size(),
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
inline void draw_curves(const History& history, const std::filesystem::path& folder) {
  const auto curve = [](const char* name, const std::vector<Score>& scores, auto&& number) {
    tapegrad::Series series{.name = name, .x = {}, .y = {}};
    for (const Score& score : scores) {
      series.x.push_back(static_cast<double>(series.x.size() + 1));
      series.y.push_back(number(score));
    }
    return series;
  };
  const auto curves = [&](auto&& number) {
    return std::vector{curve("train", history.train, number), curve("test", history.test, number)};
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
  const tapegrad::Picture picture = tapegrad::draw({loss, accuracy}, folder / "digits.svg");
  fmt::print("\nThe learning curves:\n");
  for (const std::filesystem::path& file : picture.files) fmt::print("  {}\n", file.string());
  if (!picture.hint.empty()) fmt::print("  {}\n", picture.hint);
}
