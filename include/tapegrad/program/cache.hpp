// A function with branches as Programs: one for each way through it, compiled when a point first
// goes that way.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "tapegrad/export.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/replay.hpp"

namespace tapegrad {

/// Programs that differ in how their guards came out. Used by one thread at a time.
class TAPEGRAD_API ProgramCache {
 public:
  /// The Program as it is recorded at x.
  using Compile = std::function<Program(std::span<const double> x)>;

  /// @param most  programs; a function that branches in more ways is better off on a tape
  explicit ProgramCache(Compile compile, Math math = Math::exact, std::size_t most = 64);

  /// Runs each point by the program of its way.
  /// @param inputs   points × n, row after row
  /// @param outputs  points × as many as a program has
  /// @throws ShapeError; UnsupportedError if there are more ways than `most`, or if a program does
  ///         not go the way that it was recorded on: the function is not the same each time;
  ///         whatever compiling throws. The outputs of points done before are written then
  /// Cost: a replay of the points that are left for each program, in the order of compiling.
  void run(std::size_t points, std::span<const double> inputs, std::span<double> outputs);

  std::size_t programs() const { return replays_.size(); }

 private:
  struct Points;
  void run_with(const Replay& replay, Points& points) const;

  Compile compile_;
  Math math_;
  std::size_t most_;
  std::vector<Replay> replays_;
};

/// Value and gradient of f at many points, whatever way it branches there:
/// auto f_and_gradient = cached_gradient(f); f_and_gradient.run(points, x, out), with out of
/// points × (1 + n).
/// @param f  from a span of Values to one; a copy is kept
template <FunctionOfSpan F> ProgramCache cached_gradient(F f, Math math = Math::exact) {
  return ProgramCache(
      [f = std::move(f)](std::span<const double> x) { return differentiate(compile(f, x)); }, math);
}

}  // namespace tapegrad
