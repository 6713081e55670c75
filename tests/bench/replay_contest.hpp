// A contest of values and gradients of one function at many points. Contestants take turns, so that
// whatever the machine is busy with in the meantime hits all alike, and the shortest time counts.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tapegrad::bench {

class ReplayContest {
 public:
  /// @param points  most of a turn
  /// @param inputs  of the function
  ReplayContest(std::size_t points, std::size_t inputs);

  /// Where contestants write value and gradient of a point.
  std::span<double> row(std::size_t point) {
    return std::span(outputs_).subspan(point * width_, width_);
  }
  /// All rows.
  std::span<double> outputs() { return outputs_; }

  /// @param run  writes the rows of the first `points` points, and that `turns` times
  void enter(std::string name, std::size_t points, std::function<void(std::size_t turns)> run);
  /// Of a contestant that writes values alone.
  void enter_values(std::string name, std::size_t points, std::function<void(std::size_t)> run);
  /// Of one that writes somewhere else.
  void enter(std::string name, std::size_t points, std::function<void(std::size_t)> run,
             std::span<const double> outputs);

  /// Do all agree with the contestant of this name? Those who do not are returned, with the reason.
  std::vector<std::string> disagreements(std::string_view reference);

  /// Rounds until they have taken so many seconds, three at least.
  void time(double seconds);

  /// Of a point; NaN if there is no such contestant.
  double seconds(std::string_view name) const;

 private:
  struct Contestant {
    std::string name;
    std::size_t points;
    std::function<void(std::size_t)> run;
    std::span<const double> outputs;
    std::size_t numbers;  // of a row that it writes
    std::size_t turns = 1;
    double least = std::numeric_limits<double>::infinity();  // seconds of a point
  };

  const Contestant* find(std::string_view name) const;
  void time_once(Contestant& contestant);

  std::size_t width_;
  std::vector<double> outputs_;
  std::vector<Contestant> contestants_;
};

}  // namespace tapegrad::bench
