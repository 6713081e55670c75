// The second derivatives that a tape gives, against those of nested Dual numbers and against finite
// differences of the gradient.

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "../core/same.hpp"
#include "random_graph.hpp"
#include "tapegrad/derivatives/hessian.hpp"

namespace tapegrad::testing {
namespace {

// ∂²y/∂x[i]∂(direction) at every place, by the Dual of Duals: the inner tangent is e_i, the outer
// the direction.
std::vector<double> second_by_dual(const Program& program, std::size_t i,
                                   std::span<const double> direction) {
  std::vector<Dual<Dual<double>>> x;
  for (std::size_t j = 0; j < program.point.size(); ++j)
    x.push_back({{program.point[j], j == i ? 1.0 : 0.0}, {direction[j], 0}});
  std::vector<double> second;
  for (const Dual<Dual<double>>& y : evaluate<Dual<Dual<double>>>(program, x))
    second.push_back(y.tangent.tangent);
  return second;
}

// The second partials of an instruction, m × m.
std::vector<double> second_partials(Op op, std::span<const double> x) {
  std::vector<double> all;
  for (std::size_t l = 0; l < x.size(); ++l) {
    std::vector<Dual<double>> at(x.begin(), x.end());
    at[l].tangent = 1;
    const auto partials =
        with_rule(op, [&]<class Rule>() { return evaluate<Rule, Dual<double>>(at).partials; });
    for (const Dual<double>& partial : partials) all.push_back(partial.tangent);
  }
  return all;
}

// The chain rule of second order with the absolute value of every term, as sums_of_magnitudes():
//   B(y) = Σ_k |∂y/∂x_k|·B(x_k) + Σ_kl |∂²y/∂x_k∂x_l|·A_i(x_k)·A_d(x_l)
// with A_i the sums of first order by input i, and A_d in a direction.
ByPlace second_magnitudes(const Program& program, std::span<const double> values,
                          const ByPlace& first, std::span<const double> direction) {
  const std::size_t n = program.point.size();
  const auto along = [&](std::size_t place) {
    double sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += first[place][j] * std::abs(direction[j]);
    return sum;
  };
  ByPlace sums(program.places(), std::vector<double>(n));
  for (std::size_t step = 0; step < program.instructions.size(); ++step) {
    const Instruction& instruction = program.instructions[step];
    const auto& operands = instruction.operands;
    const std::vector<double> x = operands_of<double>(instruction, values);
    const auto partials =
        with_rule(instruction.op, [&]<class Rule>() { return evaluate<Rule, double>(x).partials; });
    const auto second = second_partials(instruction.op, x);
    std::vector<double>& to = sums[program.place_of(step)];
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (operands[k].is_constant()) continue;
      for (std::size_t i = 0; i < n && partials[k] != 0; ++i)
        to[i] += std::abs(partials[k]) * sums[operands[k].place][i];
      for (std::size_t l = 0; l < x.size(); ++l) {
        if (operands[l].is_constant()) continue;
        // Some second partials are small differences; what they are made of is as large as the
        // first ones, with operands that are neither large nor small.
        double partial = std::abs(second[l * x.size() + k]);
        if (partials[k] != 0 && partials[l] != 0)
          partial += std::abs(partials[k]) + std::abs(partials[l]);
        if (partial == 0) continue;
        const double factor = partial * along(operands[l].place);
        for (std::size_t i = 0; i < n; ++i) to[i] += factor * first[operands[k].place][i];
      }
    }
  }
  return sums;
}

class SecondOrder {
 public:
  SecondOrder(const Program& program, Tape& tape, std::span<const Value> y)
      : program_(program),
        tape_(tape),
        n_(program.point.size()),
        inputs_(y.first(n_)),
        results_(y.subspan(n_)),
        values_(evaluate<double>(program, program.point)),
        first_(sums_of_magnitudes(program, values_)) {}

  std::optional<Disagreement> run() {
    if (!is_finite(first_.back())) return found_;
    choose_directions();
    compare_products();
    if (!found_) compare_hessian();
    if (!found_) compare_by_result();
    if (!found_) compare_differences();
    return found_;
  }

 private:
  std::size_t last() const { return results_.size() - 1; }

  // The second partials are the same Dual numbers on both ways.
  double tolerance(double magnitude) const {
    return 4 * roundings(program_) * std::numeric_limits<double>::epsilon() * magnitude;
  }

  // The identity and one direction more; of many inputs the direction alone.
  void choose_directions() {
    for (std::size_t i = 0; n_ <= 5 && i < n_; ++i) {
      directions_.emplace_back(n_);
      directions_.back()[i] = 1;
    }
    directions_.emplace_back(n_);
    for (std::size_t i = 0; i < n_; ++i)
      directions_.back()[i] = static_cast<double>((i * 5 + program_.places()) % 7) * 0.25 - 0.625;
  }

  void say(std::string what, std::size_t step, std::size_t input, double found, double expected) {
    if (!found_) found_ = Disagreement{std::move(what), step, input, found, expected};
  }

  std::vector<double> products_of(std::size_t step) {
    std::vector<double> all, out(directions_.size() * n_);
    for (const auto& direction : directions_)
      all.insert(all.end(), direction.begin(), direction.end());
    if (const Value y = results_[step]; !y.is_constant())
      tape_.hessian_vector_products(std::array{Seed{y}}, inputs_, all, out);
    return out;
  }

  void compare_products() {
    for (std::size_t d = 0; d < directions_.size(); ++d) {
      magnitudes_.push_back(second_magnitudes(program_, values_, first_, directions_[d]));
      for (std::size_t i = 0; i < n_; ++i)
        expected_.push_back(second_by_dual(program_, i, directions_[d]));
    }
    compare_products_of(last());
    if (!found_) return;
    found_.reset();
    for (std::size_t step = 0; !found_; ++step)
      if (is_finite(first_[program_.place_of(step)])) compare_products_of(step);
  }

  void compare_products_of(std::size_t step) {
    const std::vector<double> out = products_of(step);
    const std::size_t place = program_.place_of(step);
    for (std::size_t d = 0; d < directions_.size(); ++d)
      for (std::size_t i = 0; i < n_; ++i) {
        const double expected = expected_[d * n_ + i][place];
        if (!agree(out[d * n_ + i], expected, tolerance(magnitudes_[d][place][i])))
          say("Hessian-vector product, and Dual of Dual", step, i, out[d * n_ + i], expected);
      }
  }

  void compare_hessian() {
    const Matrix all = hessian(results_[last()], inputs_);
    const std::vector<double> products = products_of(last());
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < n_; ++j) {
        if (!same_bits(all(i, j), all(j, i)))
          return say("Hessian, and its transpose", last(), i, all(i, j), all(j, i));
        if (n_ > 5) continue;
        const double upper = products[std::max(i, j) * n_ + std::min(i, j)];
        if (!agree(all(i, j), upper, tolerance(magnitudes_[j].back()[i])))
          return say("Hessian, and product with a unit vector", last(), i, all(i, j), upper);
      }
  }

  // Twice by a node in the middle, as if it were an input.
  void compare_by_result() {
    const std::size_t middle = last() / 2;
    const Value input = results_[middle], output = results_[last()];
    if (input.is_constant() || output.is_constant() || middle == last()) return;
    const Program cut = cut_at(program_, middle);
    std::vector<double> direction(cut.point.size());
    direction.back() = 1;
    const std::vector<double> values = evaluate<double>(cut, cut.point);
    const ByPlace sums = sums_of_magnitudes(cut, values);
    if (!std::ranges::all_of(sums, is_finite)) return;
    const double expected = second_by_dual(cut, n_, direction).back();
    const double magnitude = second_magnitudes(cut, values, sums, direction).back().back();
    const double found = hessian(output, std::span(&input, 1))(0, 0);
    if (!agree(found, expected, tolerance(magnitude)))
      say("second derivative by the result of an instruction, and Dual of Dual", middle, 0, found,
          expected);
  }

  // Of the gradient by Dual numbers, in the last direction.
  void compare_differences() {
    const auto& direction = directions_.back();
    for (std::size_t i = 0; i < n_; ++i) {
      const double by_differences = difference([&](long double h) {
        std::vector<Dual<long double>> x;
        for (std::size_t j = 0; j < n_; ++j)
          x.push_back({program_.point[j] + h * direction[j], j == i ? 1.0L : 0.0L});
        return evaluate<Dual<long double>>(program_, x).back().tangent;
      });
      const double by_dual = expected_[(directions_.size() - 1) * n_ + i].back();
      const double least = difference_tolerance * (1 + magnitudes_.back().back()[i]);
      if (!agree(by_dual, by_differences, least))
        return say("Hessian-vector product, and differences of the gradient", last(), i, by_dual,
                   by_differences);
    }
  }

  const Program& program_;
  Tape& tape_;
  const std::size_t n_;
  const std::span<const Value> inputs_;
  const std::span<const Value> results_;
  const std::vector<double> values_;
  const ByPlace first_;
  std::vector<std::vector<double>> directions_;
  std::vector<ByPlace> magnitudes_;            // by direction
  std::vector<std::vector<double>> expected_;  // by direction and input, at all places
  std::optional<Disagreement> found_;
};

}  // namespace

std::optional<Disagreement> find_second_order_disagreement(const Program& program, Tape& tape,
                                                           std::span<const Value> y) {
  return SecondOrder(program, tape, y).run();
}

}  // namespace tapegrad::testing
