// What `monte_carlo` shows: estimates with their standard errors, as they come in and at the end.
#pragma once

#include <fmt/format.h>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Means of numbers that come batch by batch, each a mean of as many paths. How much the batches
/// differ says how far the mean of all is likely to be off, its standard error.
/// Source: Welford 1962, "Note on a method for calculating corrected sums of squares and products".
class Estimates {
 public:
  explicit Estimates(std::size_t count) : means_(count), squares_(count) {}

  void add(std::span<const double> of_batch) {
    ++batches_;
    for (std::size_t k = 0; k < means_.size(); ++k) {
      const double before = of_batch[k] - means_[k];
      means_[k] += before / static_cast<double>(batches_);
      squares_[k] += before * (of_batch[k] - means_[k]);
    }
  }

  double mean(std::size_t k) const { return means_[k]; }
  /// Of two batches or more.
  double standard_error(std::size_t k) const {
    const auto batches = static_cast<double>(batches_);
    return std::sqrt(squares_[k] / (batches - 1) / batches);
  }

 private:
  std::size_t batches_ = 0;
  std::vector<double> means_;
  std::vector<double> squares_;  // of the distances from the mean, summed
};

inline bool stdout_is_terminal() {
#ifdef _WIN32
  return _isatty(_fileno(stdout)) != 0;
#else
  return isatty(STDOUT_FILENO) != 0;
#endif
}

/// A row that tells how far the simulation is. On a terminal it is drawn over and over, with a bar
/// at its end; elsewhere once, at the end.
class Progress {
 public:
  explicit Progress(std::size_t paths) : paths_(paths) {
    fmt::print("    paths      price  std. error    paths/s     left\n");
  }

  /// So many paths more. Draws at most ten times a second.
  void simulated(std::size_t paths, const Estimates& estimates) {
    done_ += paths;
    const bool is_last = done_ == paths_;
    if (!is_last && (!on_terminal_ || Clock::now() < next_drawing_)) return;
    next_drawing_ = Clock::now() + std::chrono::milliseconds(100);
    const double rate = static_cast<double>(done_) / seconds_since(start_);
    const std::string row =
        fmt::format("{:9}  {:9.4f}  {:>10}  {:9.0f}  {:5.1f} s", done_, estimates.mean(0),
                    done_ == paths ? "-" : fmt::format("{:.4f}", estimates.standard_error(0)), rate,
                    static_cast<double>(paths_ - done_) / rate);
    fmt::print("{}{}{}", on_terminal_ ? "\r" : "", row, on_terminal_ ? "  " + bar() : "");
    if (is_last) fmt::print("\n");
    std::fflush(stdout);
  }

 private:
  std::string bar() const {
    constexpr std::size_t width = 24;  // with the row, 78 of a terminal's 80 columns
    std::string text;
    for (std::size_t i = 0; i < width; ++i) text += i * paths_ < done_ * width ? "█" : "░";
    return text;
  }

  std::size_t paths_;
  std::size_t done_ = 0;
  bool on_terminal_ = stdout_is_terminal();
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_drawing_ = start_;
};

/// Numbers to hold estimates against; NaN where there is none.
struct Witness {
  const char* name;
  std::vector<double> numbers;
  double most_apart;  // in standard errors
};

/// @return true if no estimate is further off than it may be
inline bool print_estimates(const std::vector<std::string>& names, const Estimates& estimates,
                            const Witness& witness) {
  bool agree = true;
  fmt::print("\n{:17}       mean  std. error  {:>11}  std. errors apart\n", "", witness.name);
  for (std::size_t k = 0; k < names.size(); ++k) {
    const double mean = estimates.mean(k), error = estimates.standard_error(k);
    fmt::print("{:17}  {:9.4f}  {:10.4f}", names[k], mean, error);
    if (!std::isnan(witness.numbers[k])) {
      const double apart = std::abs(mean - witness.numbers[k]) / error;
      agree = agree && apart <= witness.most_apart;
      fmt::print("  {:11.4f}  {:17.2f}", witness.numbers[k], apart);
    }
    fmt::print("\n");
  }
  return agree;
}
