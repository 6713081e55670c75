// Does a Program still say what its function says?
//
// A Program is one way through a function. Where the function compares Values, a guard tells when a
// point goes another way. What no Value takes part in no guard can see: `if (x.value() > 0)`, a
// number taken out with value() that comes back as a constant, a table looked up by it, a random
// number, a counter. There a Program goes on as it was recorded, without a word. So hold it against
// the function, recorded anew, at points from wherever the Program is to be run:
//
//   fmt::print("{}", to_string(check_program(f, points)));
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tapegrad/core/value.hpp"
#include "tapegrad/derivatives/gradient.hpp"
#include "tapegrad/derivatives/jacobian.hpp"
#include "tapegrad/export.hpp"
#include "tapegrad/program/compile.hpp"
#include "tapegrad/program/differentiate.hpp"
#include "tapegrad/program/program.hpp"

namespace tapegrad {

/// What came of a point, from good to bad.
enum class ProgramVerdict {
  agrees,    // the same results
  branches,  // a guard came out otherwise: the program says so itself, wherever it is run
  differs,   // other results, and no guard that says so
  changes,   // other results, but the function is not the same each time either
};

/// In words: "agrees", "branches otherwise", ...
TAPEGRAD_API std::string to_string(ProgramVerdict verdict);

/// Program and function at one point.
struct PointCheck {
  static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

  ProgramVerdict verdict = ProgramVerdict::agrees;
  std::string guard;            // if it branches: what Program::run() says
  std::string output;           // else: the output that is furthest off, "y[0]" or "d/dx[2]",
  double by_program = unknown;  // and its two numbers
  double by_function = unknown;
  double disagreement = unknown;  // of these two, relative; ∞ if one is not finite
};

/// What check_program() found.
struct ProgramCheck {
  std::vector<PointCheck> points;  // as many as were given
  std::size_t outputs = 0;
  double tolerance = 0;

  TAPEGRAD_API std::size_t count(ProgramVerdict verdict) const;
  /// True if the program may be run at all of the points.
  bool agrees() const { return count(ProgramVerdict::agrees) == points.size(); }
  /// True if somewhere it gives wrong results without a word.
  bool differs() const {
    return count(ProgramVerdict::differs) + count(ProgramVerdict::changes) > 0;
  }
};

/// A line of summary, under it the five points that come off worst, and what to do about it.
TAPEGRAD_API std::string to_string(const ProgramCheck& check);

/// The results of a function, as it is recorded at x, and after them derivatives, if they are to be
/// compared as well.
using RecordedAnew = std::function<std::vector<double>(std::span<const double> x)>;

/// The check on whatever records the function.
/// @param values  so many of the outputs are results of the function, the others derivatives
TAPEGRAD_API ProgramCheck compare_with_function(const Program& program,
                                                std::span<const std::span<const double>> points,
                                                const RecordedAnew& f, std::size_t values,
                                                double tolerance);

[[noreturn]] TAPEGRAD_API TAPEGRAD_COLD void throw_no_points_to_check();

template <RowOfNumbers X>
std::vector<std::span<const double>> as_spans(const std::vector<X>& points) {
  return {points.begin(), points.end()};
}

/// Runs `program` at the points, records f there anew, and compares: values, and the gradient if
/// the program is a differentiate()d one.
///
/// Two numbers agree if they are equal, NaN and NaN too, or if they differ by at most the tolerance
/// times the larger of both; for a derivative, times the largest derivative at that point. Where
/// the compiler rounds alike on both sides they are equal to the last bit, so that 0 is a tolerance
/// as well: a function compiled with fused a*b + c rounds otherwise than its program does.
/// Where results differ, f is recorded once more, to see whether it differs from itself.
/// @param f          takes a span, a vector, or an array if the points are arrays
/// @param points     each as many numbers as the program has inputs
/// @throws ArgumentError if there are no points (nothing would be checked), or unless tolerance is
///         finite and >= 0; ShapeError if a point or the results are not as many; what f throws
/// Cost: for each point one Program::run(), and one recording and sweep of f.
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
ProgramCheck check_program(const Program& program, F&& f, const std::vector<X>& points,
                           double tolerance = 1e-9) {
  const RecordedAnew anew = [&](std::span<const double> x) {
    const GradientCall call(x);
    const Value y = std::invoke(f, shaped_inputs<X, F>(call.inputs()));
    std::vector<double> numbers{y.value()};
    if (program.output_count() == 1) return numbers;
    numbers.resize(1 + x.size());
    call.sweep(y, std::span(numbers).subspan(1));
    return numbers;
  };
  return compare_with_function(program, as_spans(points), anew, 1, tolerance);
}

/// Of a function of several results: values alone.
template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
ProgramCheck check_program(const Program& program, F&& f, const std::vector<X>& points,
                           double tolerance = 1e-9) {
  const RecordedAnew anew = [&](std::span<const double> x) {
    const GradientCall call(x);
    const auto results = std::invoke(f, shaped_inputs<X, F>(call.inputs()));
    std::vector<double> numbers;
    for (const Value& y : std::span<const Value>(results)) numbers.push_back(y.value());
    return numbers;
  };
  return compare_with_function(program, as_spans(points), anew, program.output_count(), tolerance);
}

/// Of the program as f is recorded at the first of the points; with its gradient, if it has one
/// result.
/// @throws as above; what compile() throws
template <RowOfNumbers X = std::vector<double>, FunctionAt<X> F>
ProgramCheck check_program(F&& f, const std::vector<X>& points, double tolerance = 1e-9) {
  if (points.empty()) throw_no_points_to_check();
  return check_program(differentiate(compile(f, points.front())), f, points, tolerance);
}
template <RowOfNumbers X = std::vector<double>, FunctionToValuesAt<X> F>
ProgramCheck check_program(F&& f, const std::vector<X>& points, double tolerance = 1e-9) {
  if (points.empty()) throw_no_points_to_check();
  return check_program(compile(f, points.front()), f, points, tolerance);
}

}  // namespace tapegrad
