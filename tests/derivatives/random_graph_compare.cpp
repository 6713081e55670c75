// The derivatives that a tape gives, against those that the same program has without a tape.
//
// Two kinds of reference, for two kinds of mistake. Dual numbers in forward mode use the same rules
// in another order: they differ from a right sweep by rounding alone, for which there is a bound.
// Finite differences in long double know no rule's partials.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "../core/same.hpp"
#include "core/sweep.hpp"
#include "random_graph.hpp"
#include "tapegrad/core/error.hpp"

namespace tapegrad::testing {

bool agree(double a, double b, double tolerance) {
  if (same_adjoint(a, b)) return true;
  return std::isfinite(tolerance) && std::abs(a - b) <= tolerance;
}

bool is_finite(std::span<const double> x) {
  return std::ranges::all_of(x, [](double xi) { return std::isfinite(xi); });
}

double difference(const std::function<long double(long double)>& f) {
  // On machines where long double is double, the step at which both errors are alike.
  static const long double h =
      std::max(0x1p-16L, std::pow(std::numeric_limits<long double>::epsilon(), 0.25L) / 16);
  const long double coarse = (f(h) - f(-h)) / (2 * h);
  const long double fine = (f(h / 2) - f(-h / 2)) / h;
  return static_cast<double>(fine + (fine - coarse) / 3);
}

ByPlace sums_of_magnitudes(const Program& program, std::span<const double> values) {
  const std::size_t n = program.point.size();
  ByPlace sums(program.places(), std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) sums[i][i] = 1;
  for (std::size_t step = 0; step < program.instructions.size(); ++step) {
    const Instruction& instruction = program.instructions[step];
    const std::vector<double> x = operands_of<double>(instruction, values);
    const std::vector<double> partials =
        with_rule(instruction.op, [&]<class Rule>() { return evaluate<Rule, double>(x).partials; });
    for (std::size_t k = 0; k < x.size(); ++k) {
      const Source& operand = instruction.operands[k];
      if (operand.is_constant() || partials[k] == 0) continue;
      for (std::size_t i = 0; i < n; ++i)
        sums[program.place_of(step)][i] += std::abs(partials[k]) * sums[operand.place][i];
    }
  }
  return sums;
}

namespace {

// First derivatives of all places by all inputs, one direction at a time.
ByPlace tangents_by_dual(const Program& program) {
  const std::size_t n = program.point.size();
  ByPlace tangents(program.places(), std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<Dual<double>> x(program.point.begin(), program.point.end());
    x[i].tangent = 1;
    const auto y = evaluate<Dual<double>>(program, x);
    for (std::size_t place = 0; place < y.size(); ++place) tangents[place][i] = y[place].tangent;
  }
  return tangents;
}

class FirstOrder {
 public:
  FirstOrder(const Program& program, Tape& tape, std::span<const Value> y)
      : program_(program),
        tape_(tape),
        n_(program.point.size()),
        inputs_(y.first(n_)),
        results_(y.subspan(n_)),
        output_(y.back()),
        values_(evaluate<double>(program, program.point)),
        tangents_(tangents_by_dual(program)),
        magnitudes_(sums_of_magnitudes(program, values_)) {}

  std::optional<Disagreement> run(bool with_differences) {
    compare_values();
    if (!found_) compare_tangents();
    // Where a slope is infinite the two sides of x - x hand ∞ - ∞ backwards, and forwards 0.
    if (!is_finite(magnitudes_.back())) return found_;
    if (!found_) compare_gradient();
    if (!found_) compare_sweeps();
    if (!found_) compare_lanes();
    if (!found_) compare_by_result();
    if (!found_ && with_differences) compare_differences();
    return found_;
  }

 private:
  std::size_t last() const { return results_.size() - 1; }

  // The first is what counts.
  void say(std::string what, std::size_t step, std::size_t input, double found, double expected) {
    if (!found_) found_ = Disagreement{std::move(what), step, input, found, expected};
  }

  void compare_values() {
    for (std::size_t step = 0; step <= last(); ++step) {
      const double value = values_[program_.place_of(step)];
      if (!same_bits(results_[step].value(), value))
        return say("value", step, 0, results_[step].value(), value);
    }
  }

  void compare_by_dual(const char* what, std::size_t step, std::size_t i, double found) {
    const std::size_t place = program_.place_of(step);
    const double tolerance =
        roundings(program_) * std::numeric_limits<double>::epsilon() * magnitudes_[place][i];
    if (!agree(found, tangents_[place][i], tolerance))
      say(what, step, i, found, tangents_[place][i]);
  }

  // Of all instructions at once.
  void compare_tangents() {
    const std::size_t m = results_.size();
    std::vector<double> identity(n_ * n_), out(n_ * m);
    for (std::size_t i = 0; i < n_; ++i) identity[i * n_ + i] = 1;
    tape_.push_forward(inputs_, identity, results_, out);
    for (std::size_t step = 0; step < m; ++step)
      for (std::size_t i = 0; i < n_; ++i)
        compare_by_dual("tangent of push_forward, and of Dual", step, i, out[i * m + step]);
  }

  void compare_gradient_of(std::size_t step) {
    const Value y = results_[step];
    if (!y.is_constant()) tape_.backward(y);
    for (std::size_t i = 0; i < n_; ++i)
      compare_by_dual("gradient of backward, and tangent of Dual", step, i,
                      y.is_constant() ? 0 : tape_.adjoint(inputs_[i]));
  }

  // Only where the output's gradient is wrong is each instruction asked for its own.
  void compare_gradient() {
    compare_gradient_of(last());
    if (!found_) return;
    found_.reset();
    for (std::size_t step = 0; !found_; ++step)
      if (is_finite(magnitudes_[program_.place_of(step)])) compare_gradient_of(step);
  }

  void compare_sweeps() {
    if (output_.is_constant()) return;
    const std::size_t node = output_.node();
    std::vector<double> fast(tape_.size() + 1), plain(tape_.size() + 1);
    fast[node] = plain[node] = 1;
    sweep_fast(tape_.recording(), {}, fast, node);
    sweep_plain(tape_.recording(), {}, plain.data(), node);
    for (std::size_t k = 1; k <= node; ++k)
      if (!same_adjoint(fast[k], plain[k]))
        return say("adjoint of the fast sweep, and of the plain one", last(), 0, fast[k], plain[k]);
  }

  // Several outputs, and seeds of which some are 0.
  void compare_lanes() {
    const std::array<Value, 3> y{output_, results_[last() / 2], results_[last() / 3]};
    if (std::ranges::all_of(y, &Value::is_constant)) return;
    const std::size_t directions = 1 + program_.places() % 20;
    std::vector<double> seeds(directions * y.size()), out(directions * n_);
    for (std::size_t k = 0; k < seeds.size(); ++k)
      seeds[k] = static_cast<double>((k * 5 + program_.places()) % 8) * 0.375 - 0.75;
    tape_.pull_back(y, seeds, inputs_, out);
    for (std::size_t d = 0; d < directions; ++d) {
      const double* const seed = &seeds[d * y.size()];
      tape_.backward({{y[0], seed[0]}, {y[1], seed[1]}, {y[2], seed[2]}});
      for (std::size_t i = 0; i < n_; ++i) {
        const double lane = out[d * n_ + i], alone = tape_.adjoint(inputs_[i]);
        if (!same_adjoint(lane, alone))
          return say("lane of pull_back, and backward", last(), i, lane, alone);
      }
    }
  }

  // By a node in the middle, as if it were an input.
  void compare_by_result() {
    const std::size_t middle = last() / 2;
    const Value input = results_[middle];
    if (input.is_constant() || output_.is_constant() || middle == last()) return;
    const Program cut = cut_at(program_, middle);
    const ByPlace sums = sums_of_magnitudes(cut, evaluate<double>(cut, cut.point));
    if (!std::ranges::all_of(sums, is_finite)) return;  // Dual numbers know no cut: 0 · ∞ is NaN
    const double expected = tangents_by_dual(cut).back().back();
    const double tolerance =
        roundings(program_) * std::numeric_limits<double>::epsilon() * sums.back().back();
    double forward = 0;
    tape_.push_forward(std::span(&input, 1), std::array{1.0}, std::span(&output_, 1),
                       std::span(&forward, 1));
    tape_.backward(output_);
    for (const double found : {forward, tape_.adjoint(input)})
      if (!agree(found, expected, tolerance))
        return say("derivative by the result of an instruction, and Dual", middle, 0, found,
                   expected);
  }

  void compare_differences() {
    std::vector<long double> x(program_.point.begin(), program_.point.end());
    for (std::size_t i = 0; i < n_; ++i) {
      const double expected = difference([&](long double h) {
        const long double at = std::exchange(x[i], x[i] + h);
        const long double y = evaluate<long double>(program_, x).back();
        x[i] = at;
        return y;
      });
      const double tolerance = difference_tolerance * (1 + magnitudes_.back()[i]);
      if (!agree(tangents_.back()[i], expected, tolerance))
        return say("gradient, and finite differences", last(), i, tangents_.back()[i], expected);
    }
  }

  const Program& program_;
  Tape& tape_;
  const std::size_t n_;
  const std::span<const Value> inputs_;
  const std::span<const Value> results_;
  const Value output_;
  const std::vector<double> values_;
  const ByPlace tangents_;
  const ByPlace magnitudes_;
  std::optional<Disagreement> found_;
};

}  // namespace

std::optional<Disagreement> find_disagreement(const Program& program, Tape& tape,
                                              const Comparison& comparison) {
  tape.clear();
  const ActiveScope active = tape.activate();
  try {
    const std::vector<Value> y = record(program, tape, program.point, comparison.wrap);
    auto found = FirstOrder(program, tape, y).run(comparison.differences);
    if (!found && comparison.second_order) found = find_second_order_disagreement(program, tape, y);
    return found;
  } catch (const Error& error) {
    const std::size_t last = program.instructions.size() - 1;
    return Disagreement{std::string("no error, and ") + error.what(), last, 0, 0, 0};
  }
}

}  // namespace tapegrad::testing
