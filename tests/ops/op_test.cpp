#include "tapegrad/ops/op.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evaluate.hpp"
#include "long_double.hpp"
#include "points.hpp"

using namespace tapegrad;
using namespace tapegrad::testing;

namespace {

constexpr int points_per_rule = 300;

void check_against_differences(Op op, RuleAt<long double> rule, const std::vector<double>& point) {
  const std::vector<long double> x(point.begin(), point.end());
  const auto value = [rule](const std::vector<long double>& at) { return rule(at).value; };
  const std::vector<long double> partials = rule(x).partials;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (is_order(op, k)) continue;
    const long double difference = derivative(value, x, k);
    const long double scale = std::max(1.0L, std::abs(difference));
    CAPTURE(info(op).name);
    CAPTURE(k);
    CAPTURE(point[k]);
    CAPTURE(difference);
    CAPTURE(partials[k]);
    CHECK(std::abs(partials[k] - difference) <= derivative_tolerance * scale);
  }
}

// What the row says of a partial that cancels near a zero or where it saturates.
bool states_absolute_error(const OpInfo& info) {
  return info.edges.find("error is absolute") != std::string_view::npos;
}

void check_precision(Op op, RuleAt<double> rule, RuleAt<long double> precise_rule,
                     const std::vector<double>& x, double bound) {
  const std::vector<double> partials = rule(x).partials;
  const std::vector<long double> precise = precise_rule({x.begin(), x.end()}).partials;
  for (std::size_t k = 0; k < x.size(); ++k) {
    if (is_order(op, k)) continue;
    long double scale = std::abs(precise[k]);
    if (states_absolute_error(info(op))) scale = std::max(1.0L, scale);
    CAPTURE(info(op).name);
    CAPTURE(k);
    CAPTURE(x[0]);
    CAPTURE(precise[k]);
    CAPTURE(partials[k]);
    CHECK(std::abs(partials[k] - precise[k]) <=
          static_cast<long double>(bound) * std::numeric_limits<double>::epsilon() * scale);
  }
}

template <class Rule, class T, class... Operands> constexpr bool returns_its_own_type() {
  if constexpr (Rule::info.arity == variadic) {
    return std::same_as<decltype(Rule::value(std::span<const T>())), T>;
  } else if constexpr (sizeof...(Operands) < static_cast<std::size_t>(Rule::info.arity)) {
    return returns_its_own_type<Rule, T, Operands..., T>();
  } else {
    return std::same_as<decltype(Rule::value(Operands{}...)), T> &&
           std::same_as<decltype(Rule::partials(Operands{}..., T{})),
                        std::array<T, sizeof...(Operands)>>;
  }
}

}  // namespace

TEST_CASE("every rule's partials agree with central differences of its value") {
  if (!long_double_is_whole()) return;
  Points points;
  for_each_rule([&]<class Rule>() {
    for (std::size_t operands : operand_counts<Rule>())
      for (int i = 0; i < points_per_rule; ++i)
        check_against_differences(op_of<Rule>, evaluate<Rule, long double>,
                                  points.of(Rule::info, operands));
  });
}

TEST_CASE("every rule's partials are as precise as their row says") {
  if (!long_double_is_whole()) return;
  // At most three roundings and two library functions, of which some are 2 ULP off, follow each
  // other; digamma is 10 epsilon off.
  Points points;
  for_each_rule([&]<class Rule>() {
    for (std::size_t operands : operand_counts<Rule>())
      for (int i = 0; i < points_per_rule; ++i)
        check_precision(op_of<Rule>, evaluate<Rule, double>, evaluate<Rule, long double>,
                        points.of(Rule::info, operands), 10);
  });
}

TEST_CASE("partials that saturate stay within the absolute error of their row") {
  if (!long_double_is_whole()) return;
  Points points;
  for_each_rule([&]<class Rule>() {
    if constexpr (Rule::info.arity == 1)
      for (int i = 0; states_absolute_error(Rule::info) && i < points_per_rule; ++i)
        check_precision(op_of<Rule>, evaluate<Rule, double>, evaluate<Rule, long double>,
                        {points.in({-40, 40})}, 20);
  });
}

TEST_CASE("every rule returns the type of its operands and a partial for each of them") {
  for_each_rule([]<class Rule>() {
    static_assert(returns_its_own_type<Rule, float>());
    static_assert(returns_its_own_type<Rule, double>());
    static_assert(returns_its_own_type<Rule, long double>());
  });
}

TEST_CASE("an opcode leads to its rule and back") {
  std::size_t rules = 0;
  std::set<std::string_view> names;
  for_each_rule([&]<class Rule>() {
    CAPTURE(Rule::info.name);
    const Op op = op_of<Rule>;
    CHECK(has_rule(op));
    CHECK(static_cast<std::size_t>(op) == static_cast<std::size_t>(first_rule) + rules);
    CHECK(info(op).name == Rule::info.name);
    CHECK(with_rule(op, []<class Back>() { return Back::info.name; }) == Rule::info.name);
    if (Rule::info.keeps) CHECK(Rule::info.arity == 1);  // a row has no room for two
    names.insert(Rule::info.name);
    ++rules;
  });
  CHECK(names.size() == rules);
  CHECK(static_cast<std::size_t>(first_rule) + rules == op_count);
  for (Op op : {Op::Leaf, Op::External, Op::Result}) CHECK(!has_rule(op));
}

TEST_CASE("constants are rounded from long double, to each type") {
  if (!long_double_is_whole()) return;
  struct Row {
    Constant constant;
    long double value;
  };
  const long double pi = std::acos(-1.0L);
  for (const Row& row : {Row{rule::ln_2, std::log(2.0L)}, Row{rule::ln_10, std::log(10.0L)},
                         Row{rule::two_over_sqrt_pi, 2 / std::sqrt(pi)},
                         Row{rule::one_over_sqrt_2, 1 / std::sqrt(2.0L)},
                         Row{rule::one_over_sqrt_2pi, 1 / std::sqrt(2 * pi)}}) {
    CAPTURE(row.constant.name);
    // The products of two constants, and the expectations here, are rounded up to three times.
    CHECK(std::abs(static_cast<long double>(row.constant) - row.value) <=
          2 * std::numeric_limits<long double>::epsilon() * row.value);
    CHECK(static_cast<double>(row.constant) == static_cast<double>(row.value));
    CHECK(static_cast<float>(row.constant) == static_cast<float>(row.value));
  }
}

TEST_CASE("the plain numbers' select, max and min choose whole numbers, NaN first") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(rule::select(true, 1.0, nan) == 1);
  CHECK(std::isnan(rule::select(false, 1.0, nan)));
  CHECK(rule::max(1.0f, 2.0f) == 2);
  CHECK(rule::min(1.0L, 2.0L) == 1);
  for (double number : {-1.0, 0.0, std::numeric_limits<double>::infinity()}) {
    CHECK(std::isnan(rule::max(nan, number)));
    CHECK(std::isnan(rule::max(number, nan)));
    CHECK(std::isnan(rule::min(nan, number)));
    CHECK(std::isnan(rule::min(number, nan)));
  }
}
