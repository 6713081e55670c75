// Where the accuracy of rules is measured: in the domain that their row states, and everywhere.
#pragma once

#include <cmath>
#include <cstddef>
#include <iterator>
#include <numbers>
#include <vector>

#include "kernels/numbers.hpp"
#include "tapegrad/ops/op.hpp"

namespace tapegrad::bench {

class AccuracyPoints {
 public:
  AccuracyPoints(Op op, std::size_t operands) : op_(op), operands_(operands) {}

  /// Uniform in the domain.
  std::vector<double> in_domain() {
    const OpInfo row = info(op_);
    std::vector<double> x;
    for (std::size_t k = 0; k < operands_; ++k) {
      const Domain domain = k == 1 && row.arity != variadic ? row.domain_b : row.domain;
      x.push_back(numbers_.between(domain.low, domain.high));
    }
    return with_one_sign(x);
  }

  /// Anywhere: of all magnitudes, of those that matter, near the places where something happens,
  /// and all operands alike or not.
  std::vector<double> anywhere() {
    std::vector<double> x;
    const double kind = numbers_();
    for (std::size_t k = 0; k < operands_; ++k) {
      const bool is_like_first = k > 0 && kind < 0.3;
      x.push_back(is_like_first ? near(x[0]) : number());
    }
    return fitted(x);
  }

 private:
  Op op_;
  std::size_t operands_;
  Numbers numbers_{11};

  double sign() { return numbers_() < 0.5 ? -1 : 1; }
  // Off by a part between 1 and 2⁻⁵³.
  double near(double x) { return x * (1 + sign() * std::exp2(-53 * numbers_())); }

  double number() {
    constexpr double pi = std::numbers::pi;
    constexpr double places[] = {0.5, 1,      1.2784645, 1.4616321449683622, 1.5, 2,
                                 3,   pi / 2, pi,        0.7517915,          10,  17.5,
                                 1e2, 700};
    const double kind = numbers_();
    if (kind < 0.2) return sign() * std::exp2(numbers_.between(-1022, 1024));
    if (kind < 0.4) return sign() * std::exp2(numbers_.between(-40, 40));
    if (kind < 0.6) return numbers_.between(-40, 40);
    if (kind < 0.7) return numbers_.between(-760, 760);
    if (kind < 0.8) return std::round(numbers_.between(-200, 200)) * pi / 2;
    const auto place = static_cast<std::size_t>(numbers_() * std::size(places));
    return sign() * near(places[place]);
  }

  // Sums of both signs cancel, and their error is relative to the terms, not to the sum.
  std::vector<double> with_one_sign(std::vector<double> x) const {
    for (const Op sum : {Op::Add, Op::Sub, Op::Fma, Op::Sum, Op::Dot, Op::WeightedSum})
      if (op_ == sum)
        for (double& one : x) one = std::abs(one);
    if (op_ == Op::Sub) x[1] = -x[1];
    return x;
  }

  // polygamma takes small whole orders, and the exact results no x far below 0.
  std::vector<double> fitted(std::vector<double> x) {
    if (op_ == Op::Polygamma) x[0] = std::floor(numbers_.between(0, 8));
    if ((op_ == Op::Polygamma || op_ == Op::Digamma) && x.back() < -900) x.back() = -x.back();
    return with_one_sign(x);
  }
};

}  // namespace tapegrad::bench
