// Identities that are exact in IEEE arithmetic. Rounding aside, what they must respect are NaN, ∞
// and the sign of 0: x·1, x/1, x - 0 and x + (-0) keep x in all of these cases, x + 0 does not.

#include <cmath>
#include <optional>
#include <vector>

#include "ops/at_operands.hpp"
#include "rewrite.hpp"
#include "symbol.hpp"
#include "tapegrad/program/passes.hpp"

namespace tapegrad {
namespace {

bool is_zero(const Symbol& x, bool negative) {
  return x.is(0) && std::signbit(x.number()) == negative;
}

// The instructions of the program that is being made, as far as they are negations.
class Negations {
 public:
  /// x of -x.
  std::optional<Symbol> inside(ProgramBuilder& builder, const Symbol& negated) const {
    if (negated.is_constant()) return std::nullopt;
    const std::size_t place = negated.ref(builder).index() - builder.input_count();
    if (negated.ref(builder).index() < builder.input_count() || place >= insides_.size() ||
        insides_[place] == none)
      return std::nullopt;
    return Symbol(builder, insides_[place]);
  }

  void note(ProgramBuilder& builder, const Symbol& negated, const Symbol& x) {
    const std::size_t place = negated.ref(builder).index() - builder.input_count();
    insides_.resize(builder.size(), none);
    insides_[place] = x.ref(builder);
  }

 private:
  static constexpr Ref none = Ref::result(Ref::most);
  std::vector<Ref> insides_;  // by instruction
};

using Operands = std::span<const Symbol>;
using Simpler = std::optional<Symbol>;

Simpler simpler_sum(const Symbol& a, const Symbol& b) {
  if (is_zero(a, true)) return b;
  if (is_zero(b, true)) return a;
  return std::nullopt;
}

Simpler simpler_product(const Symbol& a, const Symbol& b) {
  if (a.is(1)) return b;
  if (b.is(1)) return a;
  if (a.is(-1)) return -b;
  if (b.is(-1)) return -a;
  return std::nullopt;
}

Simpler simpler_quotient(const Symbol& a, const Symbol& b) {
  if (b.is(1)) return a;
  if (b.is(-1)) return -a;
  return std::nullopt;
}

// An adjoint that is known, and is not 0, hands on its product; so does one whose partial is known
// and finite, for 0 times that is 0.
Simpler simpler_chain(const Symbol& adjoint, const Symbol& partial) {
  if (adjoint.is(0)) return Symbol(0);
  const bool is_product =
      adjoint.is_constant() || (partial.is_constant() && std::isfinite(partial.number()));
  if (!is_product) return std::nullopt;
  const Simpler product = simpler_product(adjoint, partial);
  return product ? *product : adjoint * partial;
}

Simpler simpler_select(ProgramBuilder& builder, Operands x) {
  if (x[0].is_constant()) return x[0].number() != 0 ? x[1] : x[2];
  if (x[1].ref(builder) == x[2].ref(builder)) return x[1];
  return std::nullopt;
}

Simpler simpler(ProgramBuilder& builder, const Negations& negations, Op op, Operands x) {
  switch (op) {
    case Op::Add: {
      if (const Simpler sum = simpler_sum(x[0], x[1])) return sum;
      if (const Simpler b = negations.inside(builder, x[1])) return x[0] - *b;
      if (const Simpler a = negations.inside(builder, x[0])) return x[1] - *a;
      return std::nullopt;
    }
    case Op::Sub:
      if (is_zero(x[1], false)) return x[0];
      if (const Simpler b = negations.inside(builder, x[1])) return x[0] + *b;
      return std::nullopt;
    case Op::Neg:
      return negations.inside(builder, x[0]);
    case Op::Mul:
      return simpler_product(x[0], x[1]);
    case Op::Div:
      return simpler_quotient(x[0], x[1]);
    case Op::Pow:
      return x[1].is(1) ? Simpler(x[0]) : std::nullopt;
    case Op::Fma:
      if (x[0].is(1)) return x[1] + x[2];
      if (x[1].is(1)) return x[0] + x[2];
      return std::nullopt;
    case Op::Chain:
      return simpler_chain(x[0], x[1]);
    case Op::Select:
      return simpler_select(builder, x);
    default:
      return std::nullopt;
  }
}

Simpler folded(Op op, Operands x) {
  for (const Symbol& xi : x)
    if (!xi.is_constant()) return std::nullopt;
  std::vector<double> numbers;
  for (const Symbol& xi : x) numbers.push_back(xi.number());
  return with_rule(
      op, [&]<class Rule>() { return Symbol(value_at<Rule>(std::span<const double>(numbers))); });
}

}  // namespace

Program simplify(const Program& program) {
  Negations negations;
  std::vector<Symbol> x;
  return rewritten(program, [&](ProgramBuilder& builder, Op op, std::span<const Ref> operands) {
    x.clear();
    for (const Ref operand : operands) x.emplace_back(builder, operand);
    if (const Simpler constant = folded(op, x)) return constant->ref(builder);
    if (const Simpler other = simpler(builder, negations, op, x)) return other->ref(builder);
    const Ref result = builder.append(op, operands);
    if (op == Op::Neg) negations.note(builder, {builder, result}, x[0]);
    return result;
  });
}

}  // namespace tapegrad
