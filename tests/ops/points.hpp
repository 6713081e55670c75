// Where rules are tested at random, and the derivatives that they are tested against there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "tapegrad/ops/op.hpp"

namespace tapegrad::testing {

/// The numbers of operands with which a rule is tested: its arity; for one that takes any number,
/// few and several in the layout it wants (dot takes pairs, weighted_sum pairs and one more).
template <class Rule> std::vector<std::size_t> operand_counts() {
  if constexpr (Rule::info.arity != variadic)
    return {static_cast<std::size_t>(Rule::info.arity)};
  else if constexpr (op_of<Rule> == Op::Dot)
    return {2, 4, 10};
  else if constexpr (op_of<Rule> == Op::WeightedSum)
    return {1, 3, 5, 11};
  else
    return {1, 2, 5};
}

/// polygamma's order is an integer, and its partial NaN by definition: nothing to difference.
constexpr bool is_order(Op op, std::size_t operand) { return op == Op::Polygamma && operand == 0; }

/// A generator of its own gives the same points everywhere. Its multiplier is Knuth's (MMIX).
class Points {
 public:
  /// Uniform in [low, high), from the generator's upper bits.
  double in(Domain domain) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    const double unit = static_cast<double>(state_ >> 11) * 0x1p-53;
    return domain.low + (domain.high - domain.low) * unit;
  }

  /// Operands of a rule, each in the domain that its row states.
  std::vector<double> of(const OpInfo& info, std::size_t operands) {
    std::vector<double> x;
    for (std::size_t k = 0; k < operands; ++k)
      x.push_back(in(k == 1 && info.arity != variadic ? info.domain_b : info.domain));
    return x;
  }

 private:
  std::uint64_t state_ = 1;
};

/// ∂f / ∂x[k] by central differences of steps h, h/2 and h/4, extrapolated to order h⁶ (Richardson
/// 1911). No domain has a pole or a kink nearer than 1/20, mostly 1/4: what is left out is 1e-15 of
/// f, and the rounding of f gives 1e4 epsilon.
template <class F> long double derivative(const F& f, std::vector<long double> x, std::size_t k) {
  const auto central = [&](long double h) {
    const long double at = x[k];
    x[k] = at + h;
    const long double right = f(x);
    x[k] = at - h;
    const long double left = f(x);
    x[k] = at;
    return (right - left) / (2 * h);
  };
  constexpr long double h = 0x1p-10L;
  const long double coarse = central(h), middle = central(h / 2), fine = central(h / 4);
  const long double coarse4 = (4 * middle - coarse) / 3, fine4 = (4 * fine - middle) / 3;
  return (16 * fine4 - coarse4) / 15;
}

/// How far `derivative` may be off, relative to the larger of 1 and itself: a hundred times what
/// its rounding gives, as some f exceed their derivative. 1e-13 where long double has 64 digits.
inline constexpr long double derivative_tolerance =
    1e6L * std::numeric_limits<long double>::epsilon();

}  // namespace tapegrad::testing
