#include "tapegrad/derivatives/quadrature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "tapegrad/core/error.hpp"
#include "tapegrad/core/external.hpp"
#include "tapegrad/core/observer.hpp"
#include "tapegrad/core/operators.hpp"
#include "tapegrad/core/tape.hpp"
#include "tapegrad/derivatives/user_operation.hpp"
#include "values_of.hpp"

namespace tapegrad {
namespace {

using Numbers = std::span<const double>;

// ---- The formula, on [-1, 1] ----

struct Point {
  double x;
  double weight;
  double gauss;  // its weight in the formula of 7 points, which the error is estimated by
};

// Those with x >= 0, from the outermost in.
constexpr std::array<Point, 8> half_of_points{{
    {0.991455371120812639206854697526329, 0.022935322010529224963732008058970, 0},
    {0.949107912342758524526189684047851, 0.063092092629978553290700663189204,
     0.129484966168869693270611432679082},
    {0.864864423359769072789712788640926, 0.104790010322250183839876322541518, 0},
    {0.741531185599394439863864773280788, 0.140653259715525918745189590510238,
     0.279705391489276667901467771423780},
    {0.586087235467691130294144838258730, 0.169004726639267902826583426598550, 0},
    {0.405845151377397166906606412076961, 0.190350578064785409913256402421014,
     0.381830050505118944950369775488975},
    {0.207784955007898467600689403773245, 0.204432940075298892414161999234649, 0},
    {0, 0.209482141084727828012999174891714, 0.417959183673469387755102040816327},
}};

constexpr std::size_t point_count = 15;

constexpr std::array<Point, point_count> all_points() {
  std::array<Point, point_count> points{};
  for (std::size_t k = 0; k < half_of_points.size(); ++k) {
    points[point_count - 1 - k] = half_of_points[k];
    points[k] = half_of_points[k];
    points[k].x = -points[k].x;
  }
  return points;
}
constexpr std::array<Point, point_count> points = all_points();

struct Interval {
  double from, to;

  double half() const { return (to - from) / 2; }
  double x(const Point& point) const { return from + half() + half() * point.x; }
  double weight(const Point& point) const { return half() * point.weight; }
};

// ---- The integrand, always on a tape of its own, so that no captured Value is taken for a number

Value checked(Value y) {
  if (!y.is_constant()) active_recording->require(y, "integrate");
  return y;
}

std::vector<Value> constants(Numbers numbers) { return {numbers.begin(), numbers.end()}; }

double value_at(const Integrand& f, double x, std::span<const Value> parameters) {
  return checked(f(Value(x), parameters)).value();
}

/// The weighted sum over the points of an interval, recorded on the active tape.
std::vector<Seed> record_points(const Integrand& f, const Interval& interval,
                                std::span<const Value> parameters) {
  std::vector<Seed> seeds;
  for (const Point& point : points) {
    const Value y = checked(f(Value(interval.x(point)), parameters));
    if (!y.is_constant()) seeds.push_back({y, interval.weight(point)});
  }
  return seeds;
}

/// ∂f/∂x and all ∂f/∂p at one x.
struct Slopes {
  double by_x = 0;
  std::vector<double> by_parameters;
};

Slopes slopes_at(const Integrand& f, double x, Numbers parameters) {
  Slopes slopes{0, std::vector<double>(parameters.size())};
  Tape tape;
  const Value at = tape.variable(x);
  const std::vector<Value> leaves = tape.variables(parameters);
  const Value y = checked(f(at, leaves));
  if (y.is_constant()) return slopes;
  tape.backward(y);
  slopes.by_x = tape.adjoint(at);
  tape.adjoints(leaves, slopes.by_parameters);
  return slopes;
}

// ---- The value: which intervals? ----

struct Estimate {
  Interval interval;
  double sum = 0;
  double error = 0;
  double size = 0;  // ∫|f|
};

Estimate estimate(const Integrand& f, const Interval& interval, std::span<const Value> parameters) {
  Estimate found{.interval = interval};
  double gauss = 0;
  for (const Point& point : points) {
    const double y = value_at(f, interval.x(point), parameters);
    found.sum += interval.weight(point) * y;
    found.size += std::abs(interval.weight(point) * y);
    gauss += interval.half() * point.gauss * y;
  }
  found.error = std::abs(found.sum - gauss);
  return found;
}

struct Quadrature {
  double sum = 0;
  std::vector<Interval> intervals;
};

Quadrature total(const std::vector<Estimate>& parts) {
  Quadrature all;
  for (const Estimate& part : parts) {
    all.sum += part.sum;
    all.intervals.push_back(part.interval);
  }
  return all;
}

bool is_good_enough(const std::vector<Estimate>& parts, double tolerance) {
  double error = 0, size = 0;
  for (const Estimate& part : parts) {
    error += part.error;
    size += part.size;
  }
  return !(error > tolerance * size);  // NaN does not become better
}

[[noreturn]] void give_up(const Estimate& worst, std::size_t intervals, double tolerance) {
  throw NoConvergenceError(fmt::format(
      "integrate: {} intervals do not reach the tolerance {:.3g}; it is worst from x = {:.6g} to "
      "{:.6g}: is there a pole or a jump? Cut the range there, or allow more",
      intervals, tolerance, worst.interval.from, worst.interval.to));
}

Quadrature find_intervals(const Integrand& f, const Interval& range, Numbers at,
                          const QuadratureOptions& options) {
  Tape tape;
  const std::vector<Value> parameters = constants(at);
  std::vector<Estimate> parts{estimate(f, range, parameters)};
  while (!is_good_enough(parts, options.tolerance)) {
    const auto worst = std::ranges::max_element(parts, {}, &Estimate::error);
    const auto [from, to] = worst->interval;
    const double middle = from + (to - from) / 2;
    const Interval left{from, middle}, right{middle, to};
    // A point that rounding moves to an end may be where f is not finite.
    const bool is_too_narrow = left.x(points.front()) == from || right.x(points.back()) == to;
    if (is_too_narrow || parts.size() >= options.most_intervals)
      give_up(*worst, parts.size(), options.tolerance);
    *worst = estimate(f, left, parameters);
    parts.push_back(estimate(f, right, parameters));
  }
  return total(parts);
}

// ---- On the tape ----

// Behind a and b.
constexpr std::size_t first_parameter = 2;

class Integral : public External {
 public:
  /// @param operands  a, b and the parameters
  Integral(const Integrand& f, std::vector<Interval> intervals, std::span<const Value> operands)
      : f_(f),
        intervals_(std::move(intervals)),
        a_moves_(!operands[0].is_constant()),
        b_moves_(!operands[1].is_constant()),
        partials_(operands.size()) {
    const std::vector<double> at = values_of(operands);
    const Numbers parameters = Numbers(at).subspan(first_parameter);
    Tape tape;
    if (a_moves_) partials_[0] = -value_at(f_, at[0], constants(parameters));
    if (b_moves_) partials_[1] = value_at(f_, at[1], constants(parameters));
    const auto none = [](const Value& p) { return p.is_constant(); };
    if (!std::ranges::all_of(operands.subspan(first_parameter), none))
      add_gradients(tape, parameters);
  }

  std::string_view name() const override { return "integrate"; }

  void pull_back(Numbers, Numbers result_adjoints,
                 std::span<double> operand_adjoints) const override {
    for (std::size_t k = 0; k < partials_.size(); ++k)
      operand_adjoints[k] += result_adjoints[0] * partials_[k];
  }

  void push_forward(Numbers, Numbers operand_tangents,
                    std::span<double> result_tangents) const override {
    for (std::size_t k = 0; k < partials_.size(); ++k)
      if (operand_tangents[k] != 0) result_tangents[0] += partials_[k] * operand_tangents[k];
  }

  // The derivatives of f(b), of -f(a), and of ∫∂f/∂p, which the ends move as well.
  void pull_back_derivative(Numbers operands, Numbers tangents, Numbers result_adjoints,
                            std::span<double> adjoints) const override {
    if (a_moves_) add_end(0, -result_adjoints[0], operands, tangents, adjoints);
    if (b_moves_) add_end(1, result_adjoints[0], operands, tangents, adjoints);
    add_hessian_products(result_adjoints[0], operands.subspan(first_parameter),
                         tangents.subspan(first_parameter), adjoints.subspan(first_parameter));
  }

 private:
  // Records interval after interval, and has each swept; not those where f is a constant.
  template <class Sweep> void sweep_intervals(Tape& tape, Numbers parameters, Sweep&& sweep) const {
    for (const Interval& interval : intervals_) {
      tape.clear();
      const std::vector<Value> leaves = tape.variables(parameters);
      const std::vector<Seed> seeds = record_points(f_, interval, leaves);
      if (!seeds.empty()) sweep(seeds, leaves);
    }
  }

  void add_gradients(Tape& tape, Numbers parameters) {
    std::vector<double> gradient(parameters.size());
    sweep_intervals(tape, parameters,
                    [&](const std::vector<Seed>& seeds, const std::vector<Value>& leaves) {
                      tape.backward(seeds);
                      tape.adjoints(leaves, gradient);
                      for (std::size_t k = 0; k < gradient.size(); ++k)
                        partials_[first_parameter + k] += gradient[k];
                    });
  }

  void add_end(std::size_t end, double adjoint, Numbers operands, Numbers tangents,
               std::span<double> adjoints) const {
    const Slopes slopes = slopes_at(f_, operands[end], operands.subspan(first_parameter));
    if (tangents[end] != 0) {
      adjoints[end] += adjoint * slopes.by_x * tangents[end];
      for (std::size_t k = 0; k < slopes.by_parameters.size(); ++k)
        adjoints[first_parameter + k] += adjoint * slopes.by_parameters[k] * tangents[end];
    }
    for (std::size_t k = 0; k < slopes.by_parameters.size(); ++k)
      if (const double tangent = tangents[first_parameter + k]; tangent != 0)
        adjoints[end] += adjoint * slopes.by_parameters[k] * tangent;
  }

  void add_hessian_products(double adjoint, Numbers parameters, Numbers tangents,
                            std::span<double> adjoints) const {
    if (std::ranges::all_of(tangents, [](double tangent) { return tangent == 0; })) return;
    Tape tape;
    std::vector<double> h(parameters.size());
    sweep_intervals(tape, parameters,
                    [&](const std::vector<Seed>& seeds, const std::vector<Value>& leaves) {
                      tape.hessian_vector_products(seeds, leaves, tangents, h);
                      for (std::size_t k = 0; k < h.size(); ++k) adjoints[k] += adjoint * h[k];
                    });
  }

  Integrand f_;
  std::vector<Interval> intervals_;
  bool a_moves_, b_moves_;
  std::vector<double> partials_;  // of a, b and the parameters
};

void check(const Integrand& f, Value a, Value b, const QuadratureOptions& options) {
  if (!f) throw ArgumentError("integrate: no function was given");
  if (std::isinf(a.value()) || std::isinf(b.value()))
    throw ArgumentError(fmt::format(
        "integrate: from {} to {}; both ends have to be finite: substitute another variable",
        a.value(), b.value()));
  if (!(options.tolerance > 0) || options.most_intervals == 0)
    throw ArgumentError(
        fmt::format("integrate: tolerance {}, most_intervals {}; both have to be above 0",
                    options.tolerance, options.most_intervals));
}

}  // namespace

Value integrate(const Integrand& f, Value a, Value b, std::span<const Value> parameters,
                const QuadratureOptions& options) {
  const CallerScope caller(TAPEGRAD_CALLER);
  check(f, a, b, options);
  const std::vector<Value> operands = joined(std::array{a, b}, parameters);
  const bool is_recorded = are_recorded(operands, "integrate");
  Quadrature found = find_intervals(f, {a.value(), b.value()}, values_of(parameters), options);
  if (!is_recorded) return found.sum;
  return record_operation(std::make_shared<Integral>(f, std::move(found.intervals), operands),
                          operands, std::span(&found.sum, 1))[0];
}

}  // namespace tapegrad
