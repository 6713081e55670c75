#include "tapegrad/ops/dual.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "evaluate.hpp"
#include "long_double.hpp"
#include "points.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

using Second = Dual<Dual<double>>;

constexpr double inf = std::numeric_limits<double>::infinity();

/// x with tangent 1 on both levels: f(x) holds f in value.value, f' in either tangent of the
/// other's value, and f'' in tangent.tangent.
Second seeded(double x) { return {{x, 1}, {1, 0}}; }

// The partials' tangents where operand j has tangent 1, against differences of the partials.
void check_second_partials(Op op, RuleAt<Dual<double>> rule, RuleAt<long double> precise_rule,
                           const std::vector<double>& point) {
  const std::vector<long double> x(point.begin(), point.end());
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (is_order(op, j)) continue;
    std::vector<Dual<double>> seeded(point.begin(), point.end());
    seeded[j].tangent = 1;
    const std::vector<Dual<double>> partials = rule(seeded).partials;
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (is_order(op, k)) continue;
      const auto partial = [&](const std::vector<long double>& at) {
        return precise_rule(at).partials[k];
      };
      const long double difference = derivative(partial, x, j);
      const long double scale = std::max(1.0L, std::abs(difference));
      CAPTURE(info(op).name);
      CAPTURE(j);
      CAPTURE(k);
      CAPTURE(point[j]);
      CAPTURE(difference);
      CAPTURE(partials[k].tangent);
      // The second partial in double: about twice as many roundings as the first, each amplified
      // by as much as the domain's edge is near a pole.
      const long double rounding = 100 * std::numeric_limits<double>::epsilon();
      CHECK(std::abs(partials[k].tangent - difference) <=
            (derivative_tolerance + rounding) * scale);
    }
  }
}

}  // namespace

TEST_CASE("every rule's partials, sent a tangent, give its second partials") {
  if (!long_double_is_whole()) return;
  Points points;
  for_each_rule([&]<class Rule>() {
    for (std::size_t operands : operand_counts<Rule>())
      for (int i = 0; i < 100; ++i)
        check_second_partials(op_of<Rule>, evaluate<Rule, Dual<double>>,
                              evaluate<Rule, long double>, points.of(Rule::info, operands));
  });
}

TEST_CASE("a rule's tangent is the sum of its partials times the operands' tangents") {
  Points points;
  for_each_rule([&]<class Rule>() {
    for (std::size_t operands : operand_counts<Rule>()) {
      CAPTURE(Rule::info.name);
      const std::vector<double> x = points.of(Rule::info, operands);
      std::vector<Dual<double>> duals;
      for (std::size_t k = 0; k < operands; ++k)
        duals.push_back({x[k], is_order(op_of<Rule>, k) ? 0 : 1.5 - static_cast<double>(k)});

      const Evaluated<double> plain = evaluate<Rule>(x);
      double tangent = 0;
      for (std::size_t k = 0; k < operands; ++k)
        tangent += rule::Chain::value(duals[k].tangent, plain.partials[k]);

      const Dual<double> y = evaluate<Rule>(duals).value;
      CHECK(y.value == plain.value);
      CHECK(y.tangent == tangent);
    }
  });
}

TEST_CASE("a nested tangent gives every unary rule's second derivative") {
  Points points;
  for_each_rule([&]<class Rule>() {
    if constexpr (Rule::info.arity == 1) {
      CAPTURE(Rule::info.name);
      const double x = points.in(Rule::info.domain);
      const Second y = Second::apply<Rule>(seeded(x));
      const Evaluated<Dual<double>> once = evaluate<Rule>(std::vector{Dual<double>(x, 1)});
      CHECK(y.value.value == once.value.value);
      CHECK(y.value.tangent == once.value.tangent);
      CHECK(y.tangent.value == once.value.tangent);
      CHECK(y.tangent.tangent == once.partials[0].tangent);
    }
  });
}

TEST_CASE("three levels give third derivatives") {
  using Third = Dual<Second>;
  const auto third_derivative = [](auto f, double x) {
    const Third seeded({{x, 1}, {1, 0}}, {{1, 0}, {0, 0}});
    return f(seeded).tangent.tangent.tangent;
  };
  // A handful of roundings in numbers of this size.
  const auto close = [](double expected) { return doctest::Approx(expected).epsilon(1e-14); };
  CHECK(third_derivative([](Third x) { return sin(x); }, 0.5) == close(-std::cos(0.5)));
  CHECK(third_derivative([](Third x) { return 1 / x; }, 2) == close(-6.0 / 16));
  CHECK(third_derivative([](Third x) { return pow(x, Third(5)); }, -2) == close(60.0 * 4));
  CHECK(third_derivative([](Third x) { return exp(x * x); }, 1) == close(20 * std::exp(1)));
  CHECK(third_derivative([](Third x) { return log(x) * x; }, 2) == close(-1.0 / 4));
}

TEST_CASE("a derivative that is zero here still hands on its own derivative") {
  // cos'(0) = 0, so the sine gets a tangent of value 0; cos''(0) = -1 must not be lost with it.
  const Second y = sin(cos(seeded(0)));
  CHECK(y.tangent.value == 0);
  CHECK(y.tangent.tangent == -std::cos(1.0));

  const Second square_of_zero = seeded(0) * seeded(0);
  CHECK(square_of_zero.tangent.tangent == 2);
}

TEST_CASE("nested tangents come from the rules, not from the formulas of their values") {
  // log1p(exp(-|x|)) has a kink inside at 0, where softplus has none.
  const Second kink = softplus(seeded(0));
  CHECK(kink.value.tangent == 0.5);
  CHECK(kink.tangent.value == 0.5);
  CHECK(kink.tangent.tangent == 0.25);
  // 1 / (1 + exp(-x)) overflows inside at -800, where sigmoid does not.
  const Second far = sigmoid(seeded(-800));
  CHECK(far.value.tangent == 0);
  CHECK(far.tangent.tangent == 0);
  // norm's scale is the larger operand: at a tie it has a kink that the norm itself has not.
  const std::array<Second, 2> tie = {seeded(3), Second(3)};
  const Second y = Second::apply<rule::Norm>(std::span<const Second>(tie));
  CHECK(y.tangent.tangent == doctest::Approx(9 / std::pow(18, 1.5)).epsilon(1e-15));
}

TEST_CASE("the mixed second partial of pow at exponent 0 is 1 / a from either side") {
  using D = Dual<double>;
  for (double a : {0.5, 3.0}) {
    CAPTURE(a);
    const D by_exponent = evaluate<rule::Pow>(std::vector{D(a, 0), D(0, 1)}).partials[0];
    const D by_base = evaluate<rule::Pow>(std::vector{D(a, 1), D(0, 0)}).partials[1];
    CHECK(by_exponent.value == 0);
    CHECK(by_exponent.tangent == 1 / a);
    CHECK(by_base.tangent == 1 / a);
  }
  CHECK(evaluate<rule::Pow>(std::vector{D(0, 1), D(0, 0)}).partials[0].tangent == 0);
  CHECK(evaluate<rule::Pow>(std::vector{D(0, 1), D(2, 0)}).partials[0].tangent == 2);
}

TEST_CASE("a tangent of zero hands nothing on, also through an infinite partial") {
  CHECK(sqrt(Dual<double>(0, 0)).tangent == 0);
  CHECK(sqrt(Dual<double>(0, 1)).tangent == inf);
  CHECK(polygamma(Dual<double>(1, 0), Dual<double>(2, 1)).tangent == special::polygamma(2.0, 2.0));
  // A chain step of a zero adjoint: the partial's tangent is infinite, as sqrt's is at 0.
  CHECK(chain(Dual<double>(0, 0), Dual<double>(inf, -inf)).tangent == 0);
  CHECK(chain(Dual<double>(0, 2), Dual<double>(3, -inf)).tangent == 6);
  CHECK(chain(Dual<double>(2, 3), Dual<double>(5, 7)).tangent == 3 * 5 + 2 * 7);
  const std::array<Dual<double>, 2> zeros = {Dual<double>(inf, 0), Dual<double>(1, 1)};
  CHECK(Dual<double>::apply<rule::Norm>(std::span<const Dual<double>>(zeros)).tangent == 0);
}

TEST_CASE("duals compare by their values, and select takes the tangent along") {
  const Dual<double> one(1, 5), also_one(1, -5), two(2, 0);
  CHECK(one == also_one);
  CHECK(one != two);
  CHECK(one < two);
  CHECK(two >= one);
  CHECK(one <= also_one);
  CHECK(one > 0);
  CHECK(2 == two);
  CHECK(!(Dual<double>(std::nan(""), 0) < one));
  CHECK(Dual<double>(std::nan(""), 0) != Dual<double>(std::nan(""), 0));
  CHECK(select(one < two, one, two).tangent == 5);
  CHECK(select(one > two, one, two).tangent == 0);
  CHECK(select(one, also_one, two).tangent == -5);  // the rule: a number as the condition
}

TEST_CASE("numbers and constants become duals without a tangent") {
  const Dual<double> one = 1, ln_2(rule::ln_2);
  CHECK(one.value == 1);
  CHECK(one.tangent == 0);
  CHECK(ln_2.value == std::log(2.0));
  CHECK(ln_2.tangent == 0);
  const Second nested(rule::ln_2);
  CHECK(nested.value.value == std::log(2.0));
  CHECK(nested.tangent.value == 0);
  CHECK(Dual<double>().value == 0);
}
