#include "derivatives/dependence.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "../ops/evaluate.hpp"
#include "../ops/points.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Operands = std::vector<std::uint32_t>;
using Pairs = std::vector<OperandPair>;

RuleStructure structure_of(Op op, std::size_t operands) {
  return with_rule(op, [&]<class Rule>() { return tapegrad::structure_of<Rule>(operands); });
}

bool has(const Operands& all, std::size_t k) {
  return std::find(all.begin(), all.end(), k) != all.end();
}
bool has(const Pairs& all, std::size_t k, std::size_t l) {
  const OperandPair pair{static_cast<std::uint32_t>(std::min(k, l)),
                         static_cast<std::uint32_t>(std::max(k, l))};
  return std::find(all.begin(), all.end(), pair) != all.end();
}

}  // namespace

TEST_CASE("the structure of a rule is that of its formulas") {
  struct Row {
    Op op;
    std::size_t operands;
    Operands partials;
    Pairs pairs;
  };
  for (const Row& row : {
           Row{Op::Add, 2, {0, 1}, {}},
           Row{Op::Neg, 1, {0}, {}},
           Row{Op::Mul, 2, {0, 1}, {{0, 1}}},
           Row{Op::Div, 2, {0, 1}, {{0, 1}, {1, 1}}},
           Row{Op::Fma, 3, {0, 1, 2}, {{0, 1}}},
           Row{Op::Pow, 2, {0, 1}, {{0, 0}, {0, 1}, {1, 1}}},
           Row{Op::Sin, 1, {0}, {{0, 0}}},
           Row{Op::Sqrt, 1, {0}, {{0, 0}}},
           Row{Op::Floor, 1, {}, {}},
           Row{Op::Less, 2, {}, {}},
           Row{Op::Select, 3, {1, 2}, {}},
           Row{Op::Max, 2, {0, 1}, {}},
           Row{Op::Relu, 1, {0}, {}},
           Row{Op::LeakyRelu, 2, {0, 1}, {{0, 1}}},
           Row{Op::Elu, 2, {0, 1}, {{0, 0}, {0, 1}}},
           Row{Op::Copysign, 2, {0}, {}},
           Row{Op::Fmod, 2, {0, 1}, {}},
           Row{Op::Sum, 3, {0, 1, 2}, {}},
           Row{Op::Sum, 0, {}, {}},
           Row{Op::Dot, 4, {0, 1, 2, 3}, {{0, 2}, {1, 3}}},
           Row{Op::WeightedSum, 5, {0, 1, 2, 3, 4}, {{0, 2}, {1, 3}}},
           Row{Op::WeightedSum, 1, {0}, {}},
           Row{Op::Norm, 2, {0, 1}, {{0, 0}, {0, 1}, {1, 1}}},
           Row{Op::LogSumExp, 2, {0, 1}, {{0, 0}, {0, 1}, {1, 1}}},
       }) {
    CAPTURE(info(row.op).name);
    CAPTURE(row.operands);
    const RuleStructure structure = structure_of(row.op, row.operands);
    CHECK(structure.operands == row.partials);
    CHECK(structure.pairs == row.pairs);
  }
}

TEST_CASE("no partial and no second partial of any rule is missed by its structure") {
  Points points;
  for_each_rule([&]<class Rule>() {
    for (const std::size_t n : operand_counts<Rule>()) {
      const RuleStructure structure = tapegrad::structure_of<Rule>(n);
      CAPTURE(Rule::info.name);
      CAPTURE(n);
      for (int sample = 0; sample < 20; ++sample) {
        const std::vector<double> x = points.of(Rule::info, n);
        for (std::size_t l = 0; l < n; ++l) {
          std::vector<Dual<double>> seeded(x.begin(), x.end());
          seeded[l].tangent = 1;
          const std::vector<Dual<double>> partials = evaluate<Rule>(seeded).partials;
          for (std::size_t k = 0; k < n; ++k) {
            CAPTURE(k);
            CAPTURE(l);
            if (partials[k].value != 0) CHECK(has(structure.operands, k));
            if (partials[k].tangent != 0) CHECK(has(structure.pairs, k, l));
          }
        }
      }
    }
  });
}

TEST_CASE("what interacts also counts, and what never counts is cut off by the sweeps") {
  for_each_rule([]<class Rule>() {
    for (const std::size_t n : operand_counts<Rule>()) {
      CAPTURE(Rule::info.name);
      const RuleStructure structure = tapegrad::structure_of<Rule>(n);
      for (const OperandPair& pair : structure.pairs) {
        CHECK(has(structure.operands, pair.first));
        CHECK(has(structure.operands, pair.second));
      }
      // Else 0 times an infinite adjoint would be NaN at an input without an entry.
      if (structure.operands.size() < n) CHECK(Rule::info.cuts);
    }
  });
}

TEST_CASE("a dependence is on all operands of a formula, but not on conditions and what is flat") {
  const Dependence a = Dependence::on({0}), b = Dependence::on({1}), c = Dependence::on({2});
  CHECK((a * b + 1).operands() == Operands{0, 1});
  CHECK((c - a * exp(c)).operands() == Operands{0, 2});
  CHECK((Dependence(2) / rule::ln_2).operands().empty());
  CHECK((-b).operands() == Operands{1});
  CHECK(select(a < b, c, Dependence(0)).operands() == Operands{2});
  CHECK(select(a, b, c).operands() == Operands{1, 2});
  CHECK((floor(a) * round(b)).operands().empty());
  CHECK(copysign(b, a).operands() == Operands{1});
}

TEST_CASE("only what is 0 on every side is always 0") {
  const Presence x, zero(0), one(1.0);
  CHECK(zero.always_zero());
  CHECK((-zero).always_zero());
  CHECK(select(x < one, zero, Presence(0)).always_zero());
  CHECK(!select(x < one, zero, one).always_zero());
  CHECK(!select(x < one, one, zero).always_zero());
  CHECK(!x.always_zero());
  CHECK(!one.always_zero());
  CHECK(!(zero * x).always_zero());  // 0 · ∞ is NaN
  CHECK(!exp(zero).always_zero());
  CHECK(!Presence(rule::ln_2).always_zero());
  CHECK(!Presence(std::nan("")).always_zero());
}
