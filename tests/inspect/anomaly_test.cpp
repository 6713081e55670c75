// NaN and infinity after the fact: origins, causes, and what is masked.

#include "tapegrad/inspect/anomaly.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "tapegrad/core.hpp"
#include "tapegrad/core/error.hpp"
#include "told.hpp"

using namespace tapegrad;
using tapegrad::testing::external;
using Fate = Anomaly::Fate;
using Kind = Anomaly::Kind;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The cause of the first origin of f(a, b), or "clean".
std::string cause(double a, double b, const std::function<Value(Value, Value)>& f) {
  Tape tape;
  const Value x = tape.variable(a), y = tape.variable(b);
  const Anomalies anomalies = find_anomalies(f(x, y));
  return anomalies.is_clean() ? "clean" : anomalies.origins.front().cause;
}

std::string cause(double a, const std::function<Value(Value)>& f) {
  return cause(a, 1, [&](Value x, Value) { return f(x); });
}

}  // namespace

TEST_CASE("a recording without NaN and infinity is clean") {
  Tape tape;
  const Value x = tape.variable(2);
  const Anomalies anomalies = find_anomalies(log(x) / x);
  CHECK(anomalies.is_clean());
  CHECK(anomalies.first_value == 0);
  CHECK(anomalies.first_in_sweep == 0);
  CHECK(to_string(anomalies) == "all values, partials and adjoints are finite\n");
}

TEST_CASE("the origin is named, what it turns into, and the way to the output") {
  Tape tape;
  const Value p = tape.variable(0, "p");
  const Value log_p = log(p);
  const Value loss = -(p * log_p);
  tape.name(loss, "loss");
  CHECK(find_anomalies(loss).first_value == log_p.node());
  CHECK(find_anomalies(loss).first_in_sweep == 3);
  CHECK(to_string(find_anomalies(loss)) ==
        "log of 0: #2 = log(#1) = -inf, #1 p = 0\n"
        "  becomes nan at #3 = mul(#1, #2) = nan: 0 · -inf\n"
        "  reaches the output: #2 → #3 → #4 loss\n"
        "not finite in the gradient: #1 p\n");
}

TEST_CASE("a partial that is not finite, where all values are") {
  Tape tape;
  const Value x = tape.variable(0, "x"), y = tape.variable(0, "y");
  const Value squares = x * x + y * y;
  const Value distance = sqrt(squares);
  const Value loss = distance * 2.0;
  const Anomalies anomalies = find_anomalies(loss);
  CHECK(anomalies.first_value == 0);
  CHECK(anomalies.first_in_sweep == distance.node());
  CHECK(anomalies.origins[0].kind == Kind::derivative);
  CHECK(anomalies.origins[0].operand == squares.node());
  CHECK(to_string(anomalies) ==
        "derivative of sqrt at 0 is infinite: #6 = sqrt(#5) = 0, #5 = 0\n"
        "  adjoint(#5) += adjoint(#6) · ∂#6/∂#5 = 2 · inf, and ∂#6/∂#5 = 1 / (2 * y)\n"
        "  reaches the gradient; its way to the output: #6 → #7\n"
        "not finite in the gradient: #1 x, #2 y\n");
}

TEST_CASE("every cause has its sentence") {
  CHECK(cause(not_a_number, [](Value x) { return x; }) ==
        "a variable that is NaN (data, or uninitialised)");
  CHECK(cause(-infinity, [](Value x) { return x + 1; }) ==
        "a variable that is infinite (data, or uninitialised)");
  CHECK(cause(0, [](Value x) { return log(x); }) == "log of 0");
  CHECK(cause(-1, [](Value x) { return log(x); }) == "log of -1");
  CHECK(cause(-1, [](Value x) { return log1p(x); }) == "log1p of -1");
  CHECK(cause(-1, [](Value x) { return sqrt(x); }) == "sqrt of -1");
  CHECK(cause(800, [](Value x) { return exp(x); }) == "exp of 800 overflows");
  CHECK(cause(2, [](Value x) { return asin(x); }) == "asin of 2: it is defined from -1 to 1");
  CHECK(cause(1, [](Value x) { return atanh(x); }) == "atanh of 1");
  CHECK(cause(0.5, [](Value x) { return acosh(x); }) == "acosh of 0.5: it is defined from 1 on");
  CHECK(cause(-2, [](Value x) { return tgamma(x); }) == "tgamma of -2: a pole");
  CHECK(cause(200, [](Value x) { return tgamma(x); }) == "tgamma of 200 overflows");
  CHECK(cause(-1, [](Value x) { return pow(x, 0.5); }) ==
        "pow of negative base -1 with exponent 0.5");
  CHECK(cause(0, [](Value x) { return pow(x, -2); }) == "pow of base 0 with negative exponent -2");
  CHECK(cause(10, [](Value x) { return pow(x, 400); }) ==
        "pow of base 10 with exponent 400 overflows");
  CHECK(cause(0, 0, [](Value x, Value y) { return x / y; }) == "0 / 0");
  CHECK(cause(-0.0, [](Value x) { return 3 / x; }) == "3 / 0");
  CHECK(cause(1e-200, [](Value x) { return 1e200 / x; }) == "1e+200 / 1e-200 overflows");
  CHECK(cause(1e300, [](Value x) { return x * x; }) == "1e+300 · 1e+300 overflows");
  CHECK(cause(0, [](Value x) { return x * infinity; }) == "0 · inf");
  CHECK(cause(1, [](Value x) { return x - infinity; }) == "1 - inf");
  CHECK(cause(1, [](Value x) { return x + -infinity; }) == "1 - inf");
  CHECK(cause(1.7e308, [](Value x) { return x + x; }) == "1.7e+308 + 1.7e+308 overflows");
  CHECK(cause(1, [](Value x) { return x * not_a_number; }) == "an operand is the constant nan");
  CHECK(cause(1, [](Value x) { return fmod(x, 0.0); }) == "fmod of 1 by 0");
  CHECK(cause(1.7e308, [](Value x) { return sum(std::vector{x, x, x}); }) == "sum overflows");
  CHECK(cause(1e300, [](Value x) { return fma(x, x, Value(1)); }) ==
        "fma(1e+300, 1e+300, 1) is infinite");
  CHECK(cause(1, [](Value x) { return external(x, not_a_number, 1); }) ==
        "the operation told returned nan");
}

TEST_CASE("where an operand is 0 that nobody meant, it is said why") {
  CHECK(cause(-800, [](Value x) { return log(exp(x)); }) ==
        "log of 0 (#3: exp of -800 underflows)");
  CHECK(cause(-40, [](Value x) { return log(normal_cdf(x)); }) ==
        "log of 0 (#3: normal_cdf of -40 underflows)");
  CHECK(cause(1e-200, [](Value x) { return 1 / (x * x); }) ==
        "1 / 0 (#3: 1e-200 · 1e-200 underflows)");
  CHECK(cause(1e-200, [](Value x) { return log(x / 1e200); }) ==
        "log of 0 (#3: 1e-200 / 1e+200 underflows)");
  CHECK(cause(-800, [](Value x) { return sqrt(exp(x)); }) ==
        "derivative of sqrt at 0 is infinite (#3: exp of -800 underflows)");
  CHECK(cause(-800, [](Value x) { return pow(exp(x), 0.5); }) ==
        "derivative of pow(0, 0.5) by a is infinite (#3: exp of -800 underflows)");
  CHECK(cause(0, [](Value x) { return log(x * 3); }) == "log of 0");
  CHECK(cause(0, [](Value x) { return log(x / 3); }) == "log of 0");
  CHECK(cause(-infinity, [](Value x) { return log(exp(x)); }) !=
        "log of 0 (#3: exp of -inf underflows)");
}

TEST_CASE("every cause of a bad derivative has its sentence") {
  CHECK(cause(0, [](Value x) { return cbrt(x); }) == "derivative of cbrt at 0 is infinite");
  CHECK(cause(1, [](Value x) { return asin(x); }) == "derivative of asin at 1 is infinite");
  CHECK(cause(-2, 3, [](Value x, Value y) { return pow(x, y); }) ==
        "derivative of pow(-2, 3) by b is NaN");
  CHECK(cause(0, [](Value x) { return pow(x, 0.5); }) ==
        "derivative of pow(0, 0.5) by a is infinite");
  CHECK(cause(1, [](Value x) { return external(x, 1, infinity); }) ==
        "the pull_back of told gives an adjoint that is not finite");
  CHECK(cause(1e-300, [](Value x) { return 1e200 * (1e200 * x); }) ==
        "adjoint 1e+200 times partial 1e+200 is inf");
  CHECK(cause(0, [](Value x) {
          const Value y = x * 1e300;
          return y * 1e8 + y * 1.6e8;
        }) == "adjoint 2.6e+08 times partial 1e+300 is inf");
  CHECK(cause(0, [](Value x) { return x * 1e308 + x * 1e308; }) ==
        "the sum of what the adjoint receives overflows");
}

TEST_CASE("nodes to which it spread are no origins, and several origins are all told") {
  Tape tape;
  const Value x = tape.variable(not_a_number), y = tape.variable(-1), z = tape.variable(2);
  const Value a = x * z, b = sqrt(y) + z, c = a + b;
  const Anomalies anomalies = find_anomalies(c);
  REQUIRE(anomalies.count == 2);
  CHECK(anomalies.masked == 0);
  CHECK(anomalies.origins[0].node == x.node());
  CHECK(anomalies.origins[1].cause == "sqrt of -1");
  CHECK(anomalies.origins[1].path == std::vector<std::size_t>{b.node() - 1, b.node(), c.node()});
}

TEST_CASE("what does no harm is told apart, and comes last") {
  const auto fates = [](const Anomalies& anomalies) {
    std::vector<Fate> all;
    for (const Anomaly& origin : anomalies.origins) all.push_back(origin.fate);
    return all;
  };
  Tape tape;
  const Value x = tape.variable(0, "x");
  const auto last_line = [](const Value& y) {
    const std::string text = find_anomalies(y).origins.at(0).text;
    return text.substr(text.rfind('\n', text.size() - 2) + 1);
  };

  const Condition is_positive = is_greater(x, 0);
  const Value chosen = select(is_positive, log(x), Value(0));
  CHECK(fates(find_anomalies(chosen)) == std::vector{Fate::cut});
  CHECK(last_line(chosen) == "  masked: it ends at #4 = select(#2, #3, 0) = 0\n");
  CHECK(find_anomalies(chosen).first_value == 3);

  tape.clear();
  const Value y = tape.variable(0);
  const Value cut = max(sqrt(y) - 1, 0.5);
  CHECK(fates(find_anomalies(cut)) == std::vector{Fate::cut});
  CHECK(last_line(cut) == "  masked: it ends at #4 = max(#3, 0.5) = 0.5\n");

  tape.clear();
  const Value z = tape.variable(0);
  const Value zero = 0 * sqrt(z);
  CHECK(fates(find_anomalies(zero)) == std::vector{Fate::zero_adjoint});
  CHECK(last_line(zero) == "  masked: the adjoint of #2 is 0\n");

  tape.clear();
  const Value w = tape.variable(0);
  const Value infinite = 1 / w;
  const Value absorbed = exp(-infinite);
  CHECK(fates(find_anomalies(absorbed)) == std::vector{Fate::zero_adjoint});
  CHECK(last_line(absorbed) == "  masked: it ends at #4 = exp(#3) = 0\n");

  tape.clear();
  const Value v = tape.variable(-1);
  log(v);
  const Value good = v + 1;
  const Value bad = good / 0.0;
  CHECK(fates(find_anomalies(good)) == std::vector{Fate::unconnected, Fate::unconnected});
  CHECK(last_line(good) == "  masked: the output #3 does not depend on #2\n");
  const Anomalies both = find_anomalies(bad);
  CHECK(fates(both) == std::vector{Fate::reaches, Fate::unconnected});
  CHECK(both.masked == 1);
}

TEST_CASE("a NaN that relu lets through reaches the output, though no adjoint meets it") {
  Tape tape;
  const Value x = tape.variable(not_a_number, "x");
  const Anomalies anomalies = find_anomalies(relu(x));
  CHECK(anomalies.origins[0].fate == Fate::reaches);
  CHECK(anomalies.spoilt.empty());
  CHECK(to_string(anomalies) ==
        "a variable that is NaN (data, or uninitialised): #1 x = nan\n"
        "  reaches the output: #1 x → #2\n");
}

TEST_CASE("an infinity that makes another operand's partial NaN reaches the gradient") {
  Tape tape;
  const Value x = tape.variable(1, "x"), zero = tape.variable(0, "zero");
  const Value infinite = 1 / zero;
  CHECK(to_string(find_anomalies(atan2(infinite, x))) ==
        "1 / 0: #3 = div(1, #2) = inf, #2 zero = 0\n"
        "  reaches the gradient; its way to the output: #3 → #4\n"
        "not finite in the gradient: #1 x\n");
}

TEST_CASE("where infinity is meant, only NaN counts") {
  Tape tape;
  const Value x = tape.variable(-infinity), y = tape.variable(1);
  const Value good = log_sum_exp(std::vector{x, y});
  CHECK(find_anomalies(good).masked == find_anomalies(good).count);
  CHECK(find_anomalies(good, {.infinity = false}).is_clean());
  const Value bad = good + (x - x);
  const Anomalies anomalies = find_anomalies(bad, {.infinity = false});
  REQUIRE(anomalies.count == 1);
  CHECK(anomalies.origins[0].cause == "-inf - -inf");
}

TEST_CASE("many origins: the first five are told, the others counted") {
  Tape tape;
  std::vector<Value> x;
  for (int k = 0; k < 9; ++k) x.push_back(tape.variable(not_a_number, "x" + std::to_string(k)));
  const Anomalies anomalies = find_anomalies(sum(x));
  CHECK(anomalies.count == 9);
  CHECK(anomalies.origins.size() == 5);
  const std::string text = to_string(anomalies);
  CHECK(text.ends_with("  reaches the output: #5 x4 → #10\nand 4 more origins like these\n"));
  CHECK(anomalies.origins[0].statement == "#1 x0 = nan");
}

TEST_CASE("long ways and many operands are abbreviated") {
  Tape tape;
  Value x = log(tape.variable(0));
  for (int k = 0; k < 9; ++k) x = x + 1;
  CHECK(find_anomalies(x).origins[0].text ==
        "log of 0: #2 = log(#1) = -inf, #1 = 0\n"
        "  reaches the output: #2 → #3 → #4 → ... 5 more ... → #10 → #11\n");
  tape.clear();
  std::vector<Value> terms = tape.variables(std::vector<double>(9, 1.0));
  for (const Value term : std::vector(terms)) terms.push_back(term * 1e308);
  CHECK(find_anomalies(sum(terms)).origins[0].statement ==
        "#19 = sum(#1, #2, #3, ..., #18) = inf, #1 = 1, #2 = 1, #3 = 1, #4 = 1");
}

TEST_CASE("users' operations: values go through them, and a callback that throws ends the sweep") {
  Tape tape;
  const Value x = tape.variable(-1, "x");
  const Value y = external(log(x), not_a_number, 1);
  const Anomalies anomalies = find_anomalies(2 * y);
  REQUIRE(anomalies.count == 1);
  CHECK(anomalies.origins[0].text ==
        "log of -1: #2 = log(#1) = nan, #1 x = -1\n"
        "  reaches the output: #2 → #3 → #4 → #5\n");
  const Value z = external(x, 1, 1, true);
  CHECK(find_anomalies(z).masked == find_anomalies(z).count);
}

TEST_CASE("the search leaves the tape's adjoints alone, and needs none") {
  Tape tape;
  const Value x = tape.variable(3);
  const Value y = x * x;
  CHECK(find_anomalies(y).is_clean());
  CHECK(!tape.find_adjoint(x.node()));
  tape.backward(y, 5);
  CHECK(find_anomalies(y).is_clean());
  CHECK(x.grad() == 30);
}

TEST_CASE("a chain of a million nodes is searched without recursion") {
  Tape tape;
  Value x = log(tape.variable(0));
  for (int k = 0; k < 1'000'000; ++k) x = x + 1;
  CHECK(find_anomalies(x).origins[0].path.size() == 1'000'001);
}

TEST_CASE("a node that is gone cannot be the output") {
  Tape tape;
  const Node node = tape.variable(1);
  tape.clear();
  CHECK_THROWS_AS(find_anomalies(node), ArgumentError);
}

TEST_CASE("what stops at a floor does not reach the gradient") {
  Tape tape;
  const Value x = tape.variable(0.5);
  const Value a = floor(x);
  const Anomalies anomalies = find_anomalies(pow(a, lgamma(a)));
  CHECK(anomalies.spoilt.empty());
  CHECK(anomalies.count == 1);
  CHECK(anomalies.masked == 1);
}
